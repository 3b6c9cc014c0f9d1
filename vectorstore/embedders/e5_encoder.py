"""Runs the encoder graph over token ids, in batches of one length."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vectorstore.embedders.base import Vectors, unit_rows
from vectorstore.embedders.e5_weights import WeightsFile, unpack_nibbles

if TYPE_CHECKING:
    import onnxruntime

# Beyond this a larger batch is no faster: what lies between two operators no longer fits the caches.
_BATCH_TOKENS = 1024


class WordTable:
    """What goes into the graph: a vector for each token and each place.

    Args:
        weights: the opened weights file; its word table is read as needed, never loaded whole.
    """

    def __init__(self, weights: WeightsFile) -> None:
        self._hidden = weights.shape.hidden
        self._words = weights.blocks("emb.word", self._hidden)
        self._places = weights.floats("emb.pos").reshape(-1, self._hidden) + weights.floats("emb.type")[: self._hidden]

    def embeddings(self, ids: NDArray[np.int64]) -> Vectors:
        """Token ids (texts, tokens) to (texts, tokens, hidden)."""
        integers, scales = unpack_nibbles(self._words[ids])
        vectors: Vectors = np.multiply(integers, scales[..., None], dtype=np.float32)
        vectors = vectors.reshape(*ids.shape, self._hidden)
        vectors += self._places[: ids.shape[1]]
        return vectors


def session(model: bytes | str, threads: int | None, *, ready: bool = False) -> onnxruntime.InferenceSession:
    """Open a graph.

    Args:
        model: serialised, or its file.
        threads: processor cores to use; None for all that this process may use.
        ready: whether `optimised` wrote it.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or usable_cores()
    options.log_severity_level = 3
    # Waiting threads spin while a text is in work, which a short query gains by, and not a moment longer.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    if ready:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def optimised(model: bytes, path: Path) -> None:
    """Write a graph as onnxruntime has optimised it, which need not be done again at every start."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = str(path)
    onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class Encoder:
    """Token ids in, unit vectors out.

    Args:
        weights: the opened weights file; its word table is read as needed, never loaded whole.
        model: the serialised graph of `e5_graph`.
        threads: processor cores to use; None for all that this process may use.
        ready: whether `optimised` wrote the graph.
    """

    def __init__(self, weights: WeightsFile, model: bytes, threads: int | None = None, *, ready: bool = False) -> None:
        self._hidden = weights.shape.hidden
        self._words, self._session = WordTable(weights), session(model, threads, ready=ready)

    def encode(self, texts: Sequence[Sequence[int]]) -> Vectors:
        """Mean vector of each text, scaled to length 1.

        Args:
            texts: token ids of each text, none empty, none longer than the model's positions.
        """
        vectors = np.zeros((len(texts), self._hidden), dtype=np.float32)
        for batch in _batches([len(ids) for ids in texts]):
            vectors[batch] = self._run(np.array([texts[index] for index in batch]))
        return unit_rows(vectors)

    def _run(self, ids: NDArray[np.int64]) -> Vectors:
        (means,) = self._session.run(["means"], {"embeddings": self._words.embeddings(ids)})
        return np.asarray(means, dtype=np.float32)


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Indices in batches of one length: padding would cost time, and a mask the fastest attention."""
    same_length: dict[int, list[int]] = {}
    for index, length in enumerate(lengths):
        same_length.setdefault(length, []).append(index)
    for length, indices in same_length.items():
        size = max(1, _BATCH_TOKENS // length)
        for start in range(0, len(indices), size):
            yield indices[start : start + size]


def usable_cores() -> int:
    """Cores this process may use, which in a container or under taskset are fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
