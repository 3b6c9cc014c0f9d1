"""Runs the encoder graph over token ids, in batches of similar length."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from vectorstore.embedders.base import Vectors, unit_rows
from vectorstore.embedders.e5_weights import WeightsFile, unpack_nibbles

_BATCH_TOKENS = 4096
_PADDING = 1.1  # a batch's longest text over its shortest, beyond which a new batch begins
_SLACK = 4  # tokens of padding that never matter


class Encoder:
    """Token ids in, unit vectors out.

    Args:
        weights: the opened weights file; its word table is read as needed, never loaded whole.
        model: the serialised graph of `e5_graph`.
        threads: processor cores to use; None for all that this process may use.
    """

    def __init__(self, weights: WeightsFile, model: bytes, threads: int | None = None) -> None:
        import onnxruntime

        shape = weights.shape
        self._hidden = shape.hidden
        self._words = weights.blocks("emb.word", shape.hidden)
        self._places = (weights.floats("emb.pos").reshape(-1, shape.hidden)
                        + weights.floats("emb.type")[: shape.hidden])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or usable_cores()
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def encode(self, texts: Sequence[Sequence[int]]) -> Vectors:
        """Mean vector of each text, scaled to length 1.

        Args:
            texts: token ids of each text, none empty, none longer than the model's positions.
        """
        vectors = np.zeros((len(texts), self._hidden), dtype=np.float32)
        for batch in _batches([len(ids) for ids in texts]):
            vectors[batch] = self._run([texts[index] for index in batch])
        return unit_rows(vectors)

    def _run(self, texts: list[Sequence[int]]) -> Vectors:
        lengths = np.fromiter(map(len, texts), dtype=np.int32, count=len(texts))
        inside = np.arange(lengths.max()) < lengths[:, None]
        ids = np.zeros(inside.shape, dtype=np.int64)
        ids[inside] = np.concatenate(texts)
        share = inside / lengths[:, None].astype(np.float32)
        (means,) = self._session.run(["means"], {
            "embeddings": self._embeddings(ids), "lengths": lengths,
            "share": share[:, None, :].astype(np.float32)})
        return np.asarray(means[:, 0], dtype=np.float32)

    def _embeddings(self, ids: NDArray[np.int64]) -> Vectors:
        integers, scales = unpack_nibbles(self._words[ids])
        vectors: Vectors = np.multiply(integers, scales[..., None], dtype=np.float32)
        vectors = vectors.reshape(*ids.shape, self._hidden)
        vectors += self._places[: ids.shape[1]]
        return vectors


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Indices in batches: longest first, so that memory is at its peak at once and a shortage shows early."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        if batch:
            longest = lengths[batch[0]]
            full = longest * (len(batch) + 1) > _BATCH_TOKENS
            if full or longest > lengths[index] * _PADDING + _SLACK:
                yield batch
                batch = []
        batch.append(index)
    if batch:
        yield batch


def usable_cores() -> int:
    """Cores this process may use, which in a container or under taskset are fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
