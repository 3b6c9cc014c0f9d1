"""A card store whose passages were embedded alone, without the title of their card in front of them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evals.systems import Bench
from evals.systems.vectors import KeptEmbeddings
from vectorstore.ingest import entries_of
from vectorstore.latex import readable

if TYPE_CHECKING:
    import numpy as np


class ContextFree:
    """Stands in front of a store and finds passages by vectors of their own words alone.

    Args:
        inner: the store; questions that cards answer are found as there, since they never had a title.
        bench: whose cards and embedder they are; what is embedded is kept for the next run.
    """

    def __init__(self, inner: Any, bench: Bench) -> None:
        self._inner = inner
        sources = [source for card in bench.cards.values() for source in entries_of(card) if source.kind == "passage"]
        embeddings = KeptEmbeddings(bench.embedder, bench.cache, bench.progress, "embedding passages without titles")
        self._entries = [source.entry.id for source in sources]
        self._vectors = embeddings.embed_array([readable(source.entry.text) for source in sources])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def nearest(self, vector: "np.ndarray", k: int, where: Mapping[str, Any] | None = None) -> list[tuple[str, float]]:
        """The nearest entries over the whole collection; nothing that is evaluated is filtered."""
        import numpy as np

        if where is not None:
            raise ValueError("only the whole collection is searched")
        cosines = self._vectors @ vector
        rows = np.argsort(-cosines, kind="stable")[:k]
        found = [(self._entries[row], float(cosines[row])) for row in rows]
        found += self._inner.nearest(vector, k, {"kind": "question"})
        return sorted(found, key=lambda one: -one[1])[:k]
