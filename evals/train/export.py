"""Writes the trained layers into a model file: matrices in 8 bits with one scale per output, heads in 16."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch  # type: ignore[import-not-found, unused-ignore]
from numpy.typing import NDArray

from evals.train.loop import FROZEN

_PARTS = {"out": "ao", "up": "fi", "down": "fo", "attention_norm": "aln", "norm": "oln"}


def export(checkpoint: Path, target: Path) -> Path:
    """Write the model file.

    Args:
        checkpoint: of `loop.train`.
        target: where to.
    """
    state: Mapping[str, torch.Tensor] = torch.load(checkpoint, weights_only=True)["network"]
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, tensor in state.items():
        values = tensor.float().numpy()
        first, _, rest = name.partition(".")
        if first == "embedding_norm":
            continue
        if first != "layers":
            arrays.update(_head(name, values))
            continue
        number, part, kind = rest.split(".")
        trained = int(number) - FROZEN
        if trained < 0:
            continue
        if part == "qkv":
            for letter, third in zip("qkv", np.split(values, 3), strict=True):
                arrays.update(_stored(f"t{trained}.{letter}", kind, third))
        else:
            arrays.update(_stored(f"t{trained}.{_PARTS[part]}", kind, values))
    np.savez(target, **arrays)  # type: ignore[arg-type]
    return target


def _stored(name: str, kind: str, values: NDArray[np.float32]) -> dict[str, NDArray[np.generic]]:
    if values.ndim == 1:
        return {f"{name}.{kind[0]}": values}
    scale = np.maximum(np.abs(values).max(axis=1) / 127, 1e-12).astype(np.float32)
    return {f"{name}.w8": np.rint(values / scale[:, None]).astype(np.int8), f"{name}.scale": scale}


def _head(name: str, values: NDArray[np.float32]) -> dict[str, NDArray[np.generic]]:
    """Heads keep half precision; `supported.3` of a sequence is its second linear layer."""
    if name == "worst":
        return {"worst.w": values}
    if name == "marks.weight":
        return {"marks.w": values.astype(np.float16)}
    block, place, kind = name.split(".")
    return {f"{block}.{0 if place == '0' else 1}.{kind[0]}": values.astype(np.float16)}
