"""Runs the network: loads itself at first use, and reads claims beside passages."""

import threading
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from assistant.crossencoder.inputs import Pair, pair
from vectorstore.embedders.e5_tokenizer import Tokenizer
from vectorstore.embedders.e5_weights import WeightsFile, find_weights

MODEL = Path(__file__).with_name("model.npz")
# Tokens of a claim, and of a claim and its passages together, as in training.
LONGEST_CLAIM, LONGEST = 72, 176
_REMEMBERED = 512


class CrossEncoder:
    """Reads claims beside passages, and remembers the last ones; safe to use from several threads.

    Args:
        cache_dir: folder for the graph (24 MB), built at first use.
        precision: the arithmetic that the embedder found faithful on this processor, `int8` or `int4`.
        tokenizer: the embedder's, which takes memory and time to load; None loads one.
        model: the model file, of `python -m evals.train export`.
    """

    def __init__(
        self, cache_dir: Path, precision: str = "int8", tokenizer: Tokenizer | None = None, model: Path = MODEL
    ) -> None:
        self._cache_dir, self._model = cache_dir, model
        self._precision, self._given_tokenizer = precision, tokenizer
        self._opening = threading.Lock()
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._read)

    def read(self, claim: str, passages: Sequence[str]) -> float:
        """Log odds that passages say what a claim says.

        Args:
            claim: one sentence, readable.
            passages: what it is to be judged by, best first, readable; as many are read as there is room for.

        Raises:
            StoreError: the graph is not there yet and cannot be written.
        """
        return self._remembered(claim, tuple(passages))

    def _read(self, claim: str, passages: tuple[str, ...]) -> float:
        encode = self._engine.tokenizer.encode
        return self._engine.run(pair(encode(claim), [encode(each) for each in passages], LONGEST_CLAIM, LONGEST))

    @cached_property
    def _engine(self) -> "_Engine":
        with self._opening:
            return self.__dict__.get("_engine") or _Engine(
                self._model, self._cache_dir, self._precision, self._given_tokenizer
            )


class _Engine:
    """The graph, the word table and the tokenizer."""

    def __init__(self, model: Path, cache_dir: Path, precision: str, tokenizer: Tokenizer | None) -> None:
        from assistant.crossencoder.cache import graph
        from vectorstore.embedders.e5_encoder import WordTable, session

        weights = WeightsFile(find_weights())
        built = graph(weights, model, "int8" if precision == "int8" else "int4", cache_dir)
        self.tokenizer = tokenizer or Tokenizer(weights.vocabulary(), weights.shape.positions)
        self._words, self._session = WordTable(weights), session(built, None, ready=True)

    def run(self, read: Pair) -> float:
        """The log odds of one pair."""
        told = np.arange(len(read.ids)) < read.told
        inputs = {"embeddings": self._words.embeddings(np.array([read.ids])), "told": told[None].astype(np.float32)}
        (odds,) = self._session.run(["supported"], inputs)
        return float(odds[0])
