"""Runs the network: loads itself at first use, and remembers what the last passages gave to be read."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vectorstore.embedders.e5_tokenizer import Tokenizer
from vectorstore.embedders.e5_weights import WeightsFile, find_weights, unpack_nibbles

# As in training.
_LONGEST = 160
# A passage of 60 tokens is remembered in half precision: 550 kB.
_REMEMBERED = 96


@dataclass(frozen=True)
class Reading:
    """What the network makes of a text beside passages, as log odds: above 0 is yes.

    Args:
        supported: the passages say what the text says.
        answered: the passages answer what the text asks.
    """

    supported: float
    answered: float


@dataclass(frozen=True)
class _Given:
    """What a passage gives to be read: keys and values of every trained layer, and its tokens."""

    keys: NDArray[np.float16]
    values: NDArray[np.float16]
    tokens: frozenset[int]


class CrossEncoder:
    """Reads statements and questions beside passages; safe to use from several threads.

    Args:
        model: the model file, of `python -m evals.train export`.
        cache_dir: folder for the graphs (33 MB), built at first use.
        precision: the arithmetic that the embedder found faithful on this processor, `int8` or `int4`.
        threads: processor cores to use; None for all that this process may use.
    """

    def __init__(self, model: Path, cache_dir: Path, precision: str = "int8", threads: int | None = None) -> None:
        self._model, self._cache_dir = Path(model), Path(cache_dir)
        self._precision, self._threads = precision, threads
        self._kept: OrderedDict[str, _Given] = OrderedDict()
        self._lock = threading.RLock()

    def supports(self, claim: str, titles: Sequence[str], passages: Sequence[str]) -> float:
        """Log odds that passages support a claim; see `read`."""
        return self.read(claim, titles, passages).supported

    def read(self, text: str, titles: Sequence[str], passages: Sequence[str]) -> Reading:
        """Read a text beside passages.

        Args:
            text: a statement or a question, readable.
            titles: of the passages' cards, which name their methods.
            passages: what it is to be judged by, readable; six are enough.
        """
        given = self._given(list(dict.fromkeys(one for one in (*titles, *passages) if one.strip())))
        ids = self._engine.tokenizer.encode(text, "query: ")
        known = frozenset().union(*(one.tokens for one in given))
        return self._engine.read(
            ids,
            [int(token in known) for token in ids],
            np.concatenate([one.keys for one in given]).astype(np.float32),
            np.concatenate([one.values for one in given]).astype(np.float32),
        )

    def _given(self, texts: Sequence[str]) -> list[_Given]:
        with self._lock:
            found = {text: self._kept[text] for text in texts if text in self._kept}
        missing = {text: self._engine.tokenizer.encode(text, "passage: ") for text in texts if text not in found}
        found |= self._engine.encode(missing)
        with self._lock:
            for text in texts:
                self._kept[text] = found[text]
                self._kept.move_to_end(text)
            while len(self._kept) > _REMEMBERED:
                self._kept.popitem(last=False)
        return [found[text] for text in texts]

    @cached_property
    def _engine(self) -> "_Engine":
        with self._lock:
            return _Engine(self._model, self._cache_dir, self._precision, self._threads)


class _Engine:
    """The graphs, the word table and the tokenizer."""

    def __init__(self, model: Path, cache_dir: Path, precision: str, threads: int | None) -> None:
        from assistant.crossencoder.cache import graphs

        weights = WeightsFile(find_weights())
        shape = weights.shape
        passages, statements = graphs(weights, model, "int8" if precision == "int8" else "int4", cache_dir)
        self.tokenizer = Tokenizer(weights.vocabulary(), _LONGEST)
        self._words = weights.blocks("emb.word", shape.hidden)
        self._places = weights.floats("emb.pos").reshape(-1, shape.hidden) + weights.floats("emb.type")[: shape.hidden]
        self._passages, self._statements = _session(passages, threads), _session(statements, threads)

    def encode(self, texts: dict[str, list[int]]) -> dict[str, _Given]:
        """What passages give to be read; those of one length go together, for nothing is padded."""
        same_length: dict[int, list[str]] = {}
        for text, ids in texts.items():
            same_length.setdefault(len(ids), []).append(text)
        found = {}
        for alike in same_length.values():
            embeddings = self._embeddings(np.array([texts[text] for text in alike]))
            keys, values = self._passages.run(["keys", "values"], {"embeddings": embeddings})
            for text, key, value in zip(alike, keys, values, strict=True):
                found[text] = _Given(key.astype(np.float16), value.astype(np.float16), frozenset(texts[text]))
        return found

    def read(
        self, ids: Sequence[int], found: Sequence[int], keys: NDArray[np.float32], values: NDArray[np.float32]
    ) -> Reading:
        """One text beside what passages give."""
        inputs = {
            "embeddings": self._embeddings(np.array([ids])),
            "found": np.array([found], dtype=np.int64),
            "keys": keys[None],
            "values": values[None],
        }
        supported, answered = self._statements.run(["supported", "answered"], inputs)
        return Reading(float(supported[0]), float(answered[0]))

    def _embeddings(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        integers, scales = unpack_nibbles(self._words[ids])
        vectors = np.multiply(integers, scales[..., None], dtype=np.float32).reshape(*ids.shape, -1)
        return np.asarray(vectors + self._places[: ids.shape[1]], dtype=np.float32)


def _session(path: Path, threads: int | None) -> Any:
    import onnxruntime

    from vectorstore.embedders.e5_encoder import usable_cores

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or usable_cores()
    options.log_severity_level = 3
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
