"""Writes the trained layers into a model file: matrices in 8 bits with one scale per output, the head in 16."""

from pathlib import Path

import numpy as np
import torch  # type: ignore[import-not-found, unused-ignore]
from numpy.typing import NDArray

_PARTS = {"out": "ao", "up": "fi", "down": "fo", "attention_norm": "aln", "norm": "oln"}


def export(checkpoint: Path, target: Path, frozen: int) -> Path:
    """Write the model file.

    Args:
        checkpoint: of `loop.train`.
        target: where to.
        frozen: so many lower layers were not trained, and are not written.
    """
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, tensor in torch.load(checkpoint, weights_only=True)["network"].items():
        values = tensor.float().numpy()
        kind, *rest = name.split(".")
        if kind == "head":
            place, part = rest
            # The second linear layer of the sequence is its fourth part.
            arrays[f"head.{0 if place == '0' else 1}.{part[0]}"] = values.astype(np.float16)
        elif kind == "layers" and int(rest[0]) >= frozen:
            number, part, which = rest
            trained = f"t{int(number) - frozen}"
            if part == "qkv":
                for letter, third in zip("qkv", np.split(values, 3), strict=True):
                    arrays |= _stored(f"{trained}.{letter}", which, third)
            else:
                arrays |= _stored(f"{trained}.{_PARTS[part]}", which, values)
    np.savez(target, **arrays)  # type: ignore[arg-type]
    return target


def _stored(name: str, which: str, values: NDArray[np.float32]) -> dict[str, NDArray[np.generic]]:
    if values.ndim == 1:
        return {f"{name}.{which[0]}": values}
    scale = np.maximum(np.abs(values).max(axis=1) / 127, 1e-12).astype(np.float32)
    return {f"{name}.w8": np.rint(values / scale[:, None]).astype(np.int8), f"{name}.scale": scale}
