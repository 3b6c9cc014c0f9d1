"""What every embedder offers: LangChain's `Embeddings`, an identity, and vectors as one array."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings as _Base
else:
    # LangChain's class is an interface alone, and importing it takes a tenth of a second: see `known_to_langchain`.
    _Base = ABC

Kind = Literal["passage", "query"]
Vectors = NDArray[np.float32]
Progress = Callable[[int, int, str], None]
"""Called with (steps done, steps in all, what is being done)."""


class Embedder(_Base):
    """A LangChain embedder that knows who it is.

    Vectors of two embedders may be compared only where their fingerprints are equal.
    """

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """The model's identity: equal exactly where vectors may be compared, on any machine."""

    @property
    @abstractmethod
    def dimension(self) -> int:
        """The length of a vector."""

    @abstractmethod
    def embed_array(self, texts: Sequence[str], *, kind: Kind = "passage") -> Vectors:
        """Embed texts.

        Args:
            texts: any strings, empty ones included.
            kind: whether they are stored passages or search queries; some models tell them apart.

        Returns:
            float32 of shape (texts, dimension), every row of length 1.

        Raises:
            EmbedderError: the model cannot be reached or its answer cannot be used.
        """

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's door for passages."""
        return cast(list[list[float]], self.embed_array(texts).tolist())

    def embed_query(self, text: str) -> list[float]:
        """LangChain's door for a search query."""
        return cast(list[float], self.embed_array([text], kind="query")[0].tolist())

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """`embed_documents` without blocking the event loop."""
        return await asyncio.to_thread(self.embed_documents, texts)

    async def aembed_query(self, text: str) -> list[float]:
        """`embed_query` without blocking the event loop."""
        return await asyncio.to_thread(self.embed_query, text)


def known_to_langchain() -> None:
    """Have LangChain take every `Embedder`, those made already included, for one of its own."""
    from langchain_core.embeddings import Embeddings

    Embeddings.register(Embedder)  # type: ignore[type-abstract]


def unit_rows(vectors: Vectors) -> Vectors:
    """Scale each row to length 1; a row of zeros stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)
