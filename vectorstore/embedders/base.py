"""What every embedder offers: LangChain's `Embeddings`, an identity, and vectors as one array."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Literal, cast

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

Kind = Literal["passage", "query"]
Vectors = NDArray[np.float32]
Progress = Callable[[int, int, str], None]
"""Called with (steps done, steps in all, what is being done)."""


class Embedder(Embeddings):
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


def unit_rows(vectors: Vectors) -> Vectors:
    """Scale each row to length 1; a row of zeros stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)
