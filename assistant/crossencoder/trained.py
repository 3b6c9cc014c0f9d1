"""Reads a model file: 8-bit matrices with one scale per output, and the rest."""

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vectorstore.embedders.e5_weights import Shape, WeightsFile


class TrainedWeights:
    """The embedder's weights, and beside them the trained ones under names that begin with `t`.

    Args:
        base: the embedder's weights file.
        path: the model file.
    """

    def __init__(self, base: WeightsFile, path: Path) -> None:
        self._base = base
        with np.load(path) as stored:
            self._arrays = {name: stored[name] for name in stored.files}

    @property
    def shape(self) -> Shape:
        """The embedder's sizes, which the trained layers share."""
        return self._base.shape

    @cached_property
    def layers(self) -> int:
        """How many layers were trained: the upper ones."""
        return len({name.partition(".")[0] for name in self._arrays if name[0] == "t" and name[1].isdigit()})

    def floats(self, name: str) -> NDArray[np.float32]:
        """A tensor in single precision, flat."""
        found = self._arrays.get(name)
        return self._base.floats(name) if found is None else np.asarray(found, dtype=np.float32).ravel()

    def head(self, name: str) -> NDArray[np.float32]:
        """A matrix or vector of the head, in its shape."""
        return np.asarray(self._arrays[name], dtype=np.float32)

    def blocks(self, name: str, width: int) -> NDArray[np.uint8]:
        """A matrix of the embedder's."""
        return self._base.blocks(name, width)

    def rounded(self, name: str) -> tuple[NDArray[np.int8], NDArray[np.float32]] | None:
        """A trained matrix (inputs, outputs) in whole numbers, and what each output is multiplied by."""
        found = self._arrays.get(f"{name}.w8")
        return None if found is None else (found.T, np.asarray(self._arrays[f"{name}.scale"], dtype=np.float32))
