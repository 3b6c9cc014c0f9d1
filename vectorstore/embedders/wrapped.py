"""Makes any LangChain `Embeddings` object an `Embedder`: unit vectors, checked shapes, a fingerprint."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from vectorstore.embedders.base import Embedder, Kind, Vectors, unit_rows
from vectorstore.errors import EmbedderError

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

_PROBE = "dimension"


class WrappedEmbedder(Embedder):
    """Passes texts on to a LangChain embedder.

    Args:
        inner: the embedder.
        name: its identity; None for its class and the model name it carries. Give one where two models of
            one class could be mistaken for each other.
    """

    def __init__(self, inner: Embeddings, name: str | None = None) -> None:
        self._inner = inner
        self._name = name or _described(inner)

    @cached_property
    def fingerprint(self) -> str:
        """The name and the dimension."""
        return f"{self._name}-{self.dimension}"

    @cached_property
    def dimension(self) -> int:
        """Asked of the embedder once, with a single word."""
        return int(self.embed_array([_PROBE]).shape[1])

    def embed_array(self, texts: Sequence[str], *, kind: Kind = "passage") -> Vectors:
        """See `Embedder`; half surrogate pairs, which no protocol can carry, become question marks."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        return self._checked(self._ask(clean, kind), len(clean))

    def _ask(self, texts: list[str], kind: Kind) -> list[list[float]]:
        if kind == "query":
            return [self._inner.embed_query(text) for text in texts]
        return self._inner.embed_documents(texts)

    def _checked(self, answer: list[list[float]], count: int) -> Vectors:
        try:
            vectors = np.asarray(answer, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise self._unusable("vectors of different lengths") from error
        if vectors.ndim != 2 or len(vectors) != count or not vectors.shape[1]:
            raise self._unusable(f"{len(answer)} vectors for {count} texts")
        if not np.isfinite(vectors).all():
            raise self._unusable("a vector that is not finite")
        return unit_rows(vectors)

    def _unusable(self, what: str) -> EmbedderError:
        return EmbedderError(
            f"The embedder {self._name} gave {what}. "
            "Set ASSISTANT_EMBEDDER_MODEL to another model, or ASSISTANT_EMBEDDER=e5."
        )


def _described(inner: Embeddings) -> str:
    kind = type(inner)
    for attribute in ("model", "model_name", "repo_id", "deployment"):
        model = getattr(inner, attribute, None)
        if isinstance(model, str) and model:
            return f"{kind.__module__}.{kind.__qualname__}:{model}"
    return f"{kind.__module__}.{kind.__qualname__}"
