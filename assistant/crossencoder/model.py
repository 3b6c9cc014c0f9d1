"""Runs the network: loads itself at first use, and reads claims beside passages."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.crossencoder.inputs import Pair, pair
from vectorstore.embedders.e5_tokenizer import Tokenizer
from vectorstore.embedders.e5_weights import WeightsFile, find_weights

MODEL = Path(__file__).with_name("model.npz")
# Tokens of a claim, and of a claim and its passages together, as in training.
LONGEST_CLAIM, LONGEST = 72, 176
# More pairs at once gain nothing, and cost memory.
_TOKENS_AT_ONCE = 528
_REMEMBERED = 2_000


class CrossEncoder:
    """Reads claims beside passages, and remembers the last ones; safe to use from several threads.

    Args:
        cache_dir: folder for the graph (24 MB), built at first use.
        precision: the arithmetic that the embedder found faithful on this processor, `int8` or `int4`.
        tokenizer: the embedder's, which takes memory and time to load; None loads one.
        threads: processor cores to use; None for all that this process may use.
        model: the model file, of `python -m evals.train export`.
    """

    def __init__(
        self,
        cache_dir: Path,
        precision: str = "int8",
        tokenizer: Tokenizer | None = None,
        threads: int | None = None,
        model: Path = MODEL,
    ) -> None:
        self._cache_dir, self._model = cache_dir, model
        self._precision, self._threads, self._given_tokenizer = precision, threads, tokenizer
        self._opening, self._remembering = threading.Lock(), threading.Lock()
        self._read: OrderedDict[tuple[int, ...], float] = OrderedDict()

    def read(self, claims: Sequence[tuple[str, Sequence[str]]], longest: int = LONGEST) -> list[float]:
        """Read claims beside passages.

        Args:
            claims: each with what it is to be judged by, best first, all readable.
            longest: tokens that a claim and its passages may take together; fewer are faster.

        Returns:
            For each the log odds that the passages say so.
        """
        encode = self._engine.tokenizer.encode
        pairs = [pair(encode(text), [encode(each) for each in read], LONGEST_CLAIM, longest) for text, read in claims]
        keys = [(each.told, *each.ids) for each in pairs]
        with self._remembering:
            found = {key: self._read[key] for key in keys if key in self._read}
        fresh: dict[tuple[int, ...], float] = {}
        for members in _batches({key: each for key, each in zip(keys, pairs, strict=True) if key not in found}):
            odds = self._engine.run([each for _, each in members])
            fresh |= {key: float(one) for (key, _), one in zip(members, odds, strict=True)}
        with self._remembering:
            self._read.update(fresh)
            while len(self._read) > _REMEMBERED:
                self._read.popitem(last=False)
        found |= fresh
        return [found[key] for key in keys]

    @cached_property
    def _engine(self) -> "_Engine":
        with self._opening:
            return self.__dict__.get("_engine") or _Engine(
                self._model, self._cache_dir, self._precision, self._given_tokenizer, self._threads
            )


class _Engine:
    """The graph, the word table and the tokenizer."""

    def __init__(
        self, model: Path, cache_dir: Path, precision: str, tokenizer: Tokenizer | None, threads: int | None
    ) -> None:
        from assistant.crossencoder.cache import graph
        from vectorstore.embedders.e5_encoder import WordTable, session

        weights = WeightsFile(find_weights())
        built = graph(weights, model, "int8" if precision == "int8" else "int4", cache_dir)
        self.tokenizer = tokenizer or Tokenizer(weights.vocabulary(), weights.shape.positions)
        self._words, self._session = WordTable(weights), session(built, threads, ready=True)

    def run(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """The log odds of pairs of one length."""
        ids = np.array([each.ids for each in pairs])
        told = np.arange(ids.shape[1]) < np.array([[each.told] for each in pairs])
        inputs = {"embeddings": self._words.embeddings(ids), "told": told.astype(np.float32)}
        (odds,) = self._session.run(["supported"], inputs)
        return np.asarray(odds, np.float32)


def _batches(pairs: dict[tuple[int, ...], Pair]) -> list[list[tuple[tuple[int, ...], Pair]]]:
    """Pairs of one length together: nothing is padded."""
    same: dict[int, list[tuple[tuple[int, ...], Pair]]] = {}
    for key, each in pairs.items():
        same.setdefault(len(each.ids), []).append((key, each))
    batches = []
    for length, members in same.items():
        size = max(1, _TOKENS_AT_ONCE // length)
        batches += [members[start : start + size] for start in range(0, len(members), size)]
    return batches
