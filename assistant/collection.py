"""One collection opened for use: store, keyword index, embedder and names, kept in step with each other."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.retrieval import Retriever
from assistant.settings import Settings
from vectorstore.cards import PaperCard
from vectorstore.ingest import IngestReport, Progress, exclusive, ingest
from vectorstore.keywords import KeywordIndex
from vectorstore.passages import Passage
from vectorstore.store import CardStore, StoreConfig

if TYPE_CHECKING:
    import numpy as np
    from langchain_core.embeddings import Embeddings

    from assistant.names import NameIndex
    from vectorstore.embedders import Embedder

__all__ = ["Collection", "IngestReport", "Progress"]

Similarity = Callable[[str, Sequence[str]], Sequence[float]]

# The cosine of texts that have nothing to do with each other, for what has no stored vector.
_FAR = 0.75
_KEPT_CARDS = 256

# The mark in the store that says its built-in cards are not all there yet.
_BUILTIN = "builtin"


@dataclass(frozen=True)
class _View:
    """What is derived from the store as it was at one revision."""

    revision: str
    names: "NameIndex"


class Collection:
    """The parts of one collection, opened at first use.

    Args:
        settings: where things are.
        embeddings: a LangChain embedder instead of the configured one.
        progress: called with (done, total, what) during long work.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        embeddings: "Embeddings | None" = None,
        progress: Progress | None = None,
    ) -> None:
        self._settings, self._embeddings = settings, embeddings
        self._progress: Progress = progress or (lambda done, total, what: None)
        self._lock = threading.RLock()
        self._view: _View | None = None
        self._kept_vectors: dict[tuple[str, str], Mapping[str, np.ndarray]] = {}

    @cached_property
    def embedder(self) -> "Embedder":
        """The embedder that made the store's vectors."""
        from vectorstore.embedders import get_embedder, wrap

        settings = self._settings
        if self._embeddings is not None:
            return wrap(self._embeddings)
        key = settings.openai_api_key
        return get_embedder(
            settings.embedder,
            cache_dir=settings.home / "embedders",
            model=settings.embedder_model,
            base_url=settings.embedder_base_url or settings.openai_base_url,
            api_key=key.get_secret_value() if key else None,
            progress=self._progress,
        )

    @cached_property
    def store(self) -> CardStore:
        """The card store, its built-in cards in place."""
        settings = self._settings
        config = StoreConfig(
            location=settings.store,
            path=settings.home / "store",
            collection=settings.collection,
            api_key=settings.chroma_api_key,
            tenant=settings.chroma_tenant,
            database=settings.chroma_database,
        )
        # The embedder loads while Chroma is being imported: each takes about half a second.
        with ThreadPoolExecutor(1) as pool:
            embedder = pool.submit(lambda: self.embedder)
            import chromadb  # noqa: F401

            return CardStore(config, embedder.result().fingerprint)

    @cached_property
    def keywords(self) -> KeywordIndex:
        """The keyword index beside the store."""
        return KeywordIndex(self._settings.home / "keywords" / self._settings.collection)

    def ready(self) -> None:
        """Open everything; put the built-in corpus into an empty store; bring derived indexes into step.

        Raises:
            UserError: a part cannot be used as configured.
        """
        with self._lock:
            if self._builtin_due():
                self.ingest([])
            revision = self.store.revision()
            if self._view is not None and self._view.revision == revision:
                return
            if not self.keywords.in_step_with(self.store):
                with exclusive(self._lock_file, self._progress):
                    self.keywords.sync(self.store)
            self._view = _View(revision, self._load_names(revision))

    @property
    def _lock_file(self) -> Path:
        return self._settings.home / f"{self._settings.collection}.lock"

    def _builtin_due(self) -> bool:
        return self._settings.builtin_corpus and (self.store.count() == 0 or self.store.mark() == _BUILTIN)

    def ingest(
        self, cards: Sequence[PaperCard], *, prune: bool = False, progress: Progress | None = None
    ) -> IngestReport:
        """Bring the collection up to `cards`; the built-in corpus goes in with them where it is due.

        Args:
            cards: the cards as read.
            prune: remove every stored card that is not among them, the built-in ones included.
            progress: as for the collection.
        """
        report = progress or self._progress
        with self._lock:
            builtin = not prune and self._builtin_due()
            wanted = list(cards)
            if builtin:
                from vectorstore.corpus import builtin_cards

                self.store.set_mark(_BUILTIN)
                present = {card.id for card in wanted} | self.store.hashes().keys()
                wanted += [card for card in builtin_cards() if card.id not in present]
            result = ingest(
                wanted, self.store, self.keywords, self.embedder, self._lock_file, prune=prune, progress=report
            )
            if builtin or prune:
                self.store.set_mark("")
            return result

    def retriever(self) -> Retriever:
        """Retrieval over the collection as it is now."""
        self.ready()
        return Retriever(self.store, self.keywords, self.embedder, self.names().cards_named)

    def names(self) -> "NameIndex":
        """The names that the collection's cards use."""
        self.ready()
        assert self._view is not None
        return self._view.names

    def _load_names(self, revision: str) -> "NameIndex":
        from assistant.names import NameIndex

        kept = self._settings.home / "keywords" / f"{self._settings.collection}-names-{revision}.json"
        try:
            return NameIndex.from_json(kept.read_text("utf-8"))
        except (OSError, ValueError, KeyError, TypeError):
            names = NameIndex.build(self.store.cards())
        kept.parent.mkdir(parents=True, exist_ok=True)
        for old in kept.parent.glob(f"{self._settings.collection}-names-*.json"):
            old.unlink(missing_ok=True)
        temporary = kept.with_suffix(".new")
        temporary.write_text(names.to_json(), "utf-8")
        temporary.replace(kept)
        return names

    def similarity(self, vector: "np.ndarray", card_ids: Sequence[str]) -> Similarity:
        """Cosine of the question to passages, from the stored vectors of some cards.

        Args:
            vector: the question's vector.
            card_ids: the cards whose passages will be asked about.

        Returns:
            A function of (question, texts); a text that the store does not hold counts as far away.
        """
        known = {text: row for card_id in card_ids for text, row in self._vectors(card_id).items()}

        def cosine(question: str, texts: Sequence[str]) -> list[float]:
            return [float(vector @ known[text]) if text in known else _FAR for text in texts]

        return cosine

    def closeness(self, claim: str, passages: Sequence[Passage]) -> list[float]:
        """Cosine of a claim to stored passages."""
        vector = self.embedder.embed_array([claim])[0]
        rows = [self._vectors(passage.card_id).get(passage.text) for passage in passages]
        return [float(vector @ row) if row is not None else _FAR for row in rows]

    def rarity(self, terms: Iterable[str]) -> dict[str, float]:
        """Inverse document frequency of terms in this collection."""
        return self.keywords.inverse_frequencies(terms)

    def _vectors(self, card_id: str) -> Mapping[str, "np.ndarray"]:
        """A card's passage vectors by their words; the last few hundred cards are kept."""
        key = (self.store.revision(), card_id)
        kept = self._kept_vectors.get(key)
        if kept is None:
            kept = self.store.vectors([card_id])
            if len(self._kept_vectors) >= _KEPT_CARDS:
                self._kept_vectors.clear()
            self._kept_vectors[key] = kept
        return kept
