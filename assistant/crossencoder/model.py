"""Runs the network: loads itself at first use, and reads texts beside passages."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.crossencoder.inputs import Pair, pair
from vectorstore.embedders.e5_tokenizer import Tokenizer
from vectorstore.embedders.e5_weights import WeightsFile, find_weights

# Tokens of a text, and of a text and its passages together, as in training.
LONGEST_TEXT, LONGEST = 72, 128


@dataclass(frozen=True)
class Reading:
    """What the network makes of a text beside passages, as log odds: above 0 is yes.

    Args:
        supported: the passages say what the text says.
        answered: the passages answer what the text asks.
    """

    supported: float
    answered: float


class CrossEncoder:
    """Reads statements and questions beside passages; safe to use from several threads.

    Args:
        model: the model file, of `python -m evals.train export`.
        cache_dir: folder for the graph (22 MB), built at first use.
        precision: the arithmetic that the embedder found faithful on this processor, `int8` or `int4`.
        tokenizer: the embedder's, which takes memory and time to load; None loads one.
        threads: processor cores to use; None for all that this process may use.
    """

    def __init__(
        self,
        model: Path,
        cache_dir: Path,
        precision: str = "int8",
        tokenizer: Tokenizer | None = None,
        threads: int | None = None,
    ) -> None:
        self._model, self._cache_dir = Path(model), Path(cache_dir)
        self._precision, self._threads, self._given_tokenizer = precision, threads, tokenizer
        self._lock = threading.Lock()

    def read(self, texts: Sequence[tuple[str, Sequence[str]]], longest: int = LONGEST) -> list[Reading]:
        """Read texts beside passages.

        Args:
            texts: statements or questions, each with what it is to be judged by, best first, all readable.
            longest: tokens that a text and its passages may take together; fewer are faster.
        """
        pairs = [self._pair(text, passages, longest) for text, passages in texts]
        found: dict[int, Reading] = {}
        for members in _same_length(pairs):
            supported, answered = self._engine.run([pairs[number] for number in members])
            for number, one, other in zip(members, supported, answered, strict=True):
                found[number] = Reading(float(one), float(other))
        return [found[number] for number in range(len(pairs))]

    def _pair(self, text: str, passages: Sequence[str], longest: int) -> Pair:
        encode = self._engine.tokenizer.encode
        ids = encode(text)
        cut = [*ids[: LONGEST_TEXT - 1], ids[-1]] if len(ids) > LONGEST_TEXT else ids
        return pair(cut, [encode(passage) for passage in passages], longest)

    @cached_property
    def _engine(self) -> "_Engine":
        with self._lock:
            return _Engine(self._model, self._cache_dir, self._precision, self._given_tokenizer, self._threads)


class _Engine:
    """The graph, the word table and the tokenizer."""

    def __init__(
        self, model: Path, cache_dir: Path, precision: str, tokenizer: Tokenizer | None, threads: int | None
    ) -> None:
        from assistant.crossencoder.cache import graph
        from vectorstore.embedders.e5_encoder import WordTable, session

        weights = WeightsFile(find_weights())
        path = graph(weights, model, "int8" if precision == "int8" else "int4", cache_dir)
        self.tokenizer = tokenizer or Tokenizer(weights.vocabulary(), weights.shape.positions)
        self._words, self._session = WordTable(weights), session(str(path), threads)

    def run(self, pairs: Sequence[Pair]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Both logits of pairs of one length."""
        ids = np.array([each.ids for each in pairs])
        inputs = {
            "embeddings": self._words.embeddings(ids),
            "marks": np.array([each.marks for each in pairs], dtype=np.int64),
            "told": (np.arange(ids.shape[1]) < np.array([[each.told] for each in pairs])).astype(np.float32),
        }
        supported, answered = self._session.run(["supported", "answered"], inputs)
        return supported, answered


def _same_length(pairs: Sequence[Pair]) -> list[list[int]]:
    """Places of the pairs by length: nothing is padded."""
    found: dict[int, list[int]] = {}
    for number, each in enumerate(pairs):
        found.setdefault(len(each.ids), []).append(number)
    return list(found.values())
