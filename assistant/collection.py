"""One collection opened for use: store, keyword index, embedder and names, kept in step with each other."""

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from assistant.expansion import with_kept_aids
from assistant.retrieval import Retriever
from assistant.settings import Settings
from assistant.types import Filters
from vectorstore.atlas import LARGEST_MAP, Atlas
from vectorstore.cards import PaperCard
from vectorstore.chroma_import import import_chroma
from vectorstore.disagreements import quotable_passages
from vectorstore.errors import UserError
from vectorstore.hybrid import WordIndex, word_index
from vectorstore.ingest import IngestReport, ingest
from vectorstore.lock import Progress, WriterLock
from vectorstore.passages import Passage
from vectorstore.spool import CardSpool
from vectorstore.store import CardStore, StoreConfig

if TYPE_CHECKING:
    import numpy as np
    from langchain_core.embeddings import Embeddings

    from assistant.catalog.ledger import Ledger
    from assistant.crossencoder import CrossEncoder
    from assistant.names import NameIndex
    from vectorstore.embedders import Embedder

__all__ = ["Collection", "IngestReport", "Progress"]

_Kept = TypeVar("_Kept")
Similarity = Callable[[str, Sequence[str]], Sequence[float]]

# The cosine of texts that have nothing to do with each other, for what has no stored vector.
_FAR = 0.75
_KEPT_CARDS = 1024
_KEPT_CLAIMS = 512

# Raised when names are found in another way: those kept beside the store are then found anew.
_NAMES = 2

# The mark in the store that says its built-in cards are not all there yet.
_BUILTIN = "builtin"


@dataclass(frozen=True)
class _View:
    """What is derived from the store as it was at one revision.

    Args:
        revision: which; empty where the store was being written meanwhile.
        names: the names that its cards use.
        vectors: of the last thousand cards asked about, by card id and passage words.
        cards: the last thousand that were read, by id.
    """

    revision: str
    names: "NameIndex"
    vectors: "dict[str, Mapping[str, np.ndarray]]" = field(default_factory=dict)
    cards: dict[str, PaperCard] = field(default_factory=dict)


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
        self._meaning = lru_cache(maxsize=_KEPT_CLAIMS)(lambda claim: self.embedder.embed_array([claim])[0])

    @cached_property
    def embedder(self) -> "Embedder":
        """The embedder that made the store's vectors."""
        from vectorstore.embedders import open_embedder, wrap

        settings = self._settings
        if self._embeddings is not None:
            return wrap(self._embeddings)
        key = settings.openai_api_key
        return open_embedder(
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
        from vectorstore.embedders import import_embedder

        if self._embeddings is None:
            import_embedder(settings.embedder)
        # The embedder's weights are read while Chroma is being imported.
        with ThreadPoolExecutor(1) as pool:
            embedder = pool.submit(lambda: self.embedder)
            import_chroma()
            return CardStore(config, embedder.result().fingerprint)

    @cached_property
    def keywords(self) -> WordIndex:
        """The index of words beside the store."""
        return word_index(self._settings.home / "keywords" / self._settings.collection, self.store)

    @cached_property
    def _writer(self) -> WriterLock:
        home = self._settings.home
        return WriterLock(home / f"{self._settings.collection}.lock", self.store.lease(home))

    def ready(self) -> None:
        """Open everything; put the built-in corpus into an empty store; bring derived indexes into step.

        Raises:
            UserError: a part cannot be used as configured.
        """
        self._current()

    def _current(self) -> _View:
        """What is derived from the store as it is now, or as it was before the ingest that is under way."""
        view = self._view
        if view is None or view.revision != self.store.revision():
            with self._lock:
                view = self._view = self._brought_up(self._view)
        return view

    def _brought_up(self, view: _View | None) -> _View:
        if view is None and self._in_order():
            return self._view_of(self.store.refresh())
        with self._writer.held_if_free() as free:
            if free:
                self._put_in_order()
                return self._view_of(self.store.refresh())
        if view is not None:
            return replace(view, revision="")
        if self.store.sound() and not self._builtin_due() and self.keywords.count():
            return self._view_of("")
        with self._writer.held(self._progress):
            self._put_in_order()
            return self._view_of(self.store.refresh())

    def _in_order(self) -> bool:
        return self.store.sound() and not self._builtin_due() and self.keywords.in_step_with(self.store)

    def _put_in_order(self) -> None:
        """Finish what a kill cut off, and make the keyword index anew where it does not match."""
        if not self.store.sound() or self.store.interrupted() or self._builtin_due():
            self.ingest([])
        elif not self.keywords.in_step_with(self.store):
            self.keywords.sync(self.store)

    def _view_of(self, revision: str) -> _View:
        return _View(revision, self._names_at(revision))

    def _builtin_due(self) -> bool:
        return self._settings.builtin_corpus and (self.store.count() == 0 or self.store.mark() == _BUILTIN)

    def ingest(
        self, cards: Sequence[PaperCard], *, prune: bool = False, progress: Progress | None = None
    ) -> IngestReport:
        """Bring the collection up to `cards`; the built-in corpus goes in with them where it is due.

        Args:
            cards: the cards as read; those for which aids were written once get them again.
            prune: remove every stored card that is not among them, the built-in ones included.
            progress: as for the collection.
        """
        report = progress or self._progress
        wanted = CardSpool(with_kept_aids(cards, self.aids))
        with self._writer.held(report):
            self.store.make_sound()
            builtin = not prune and self._builtin_due()
            if builtin:
                from vectorstore.corpus import builtin_cards

                self.store.set_mark(_BUILTIN)
                present = {card.id for card in wanted} | self.store.hashes().keys()
                wanted.extend(card for card in builtin_cards() if card.id not in present)
            result = ingest(
                wanted, self.store, self.keywords, self.embedder, self._writer, prune=prune, progress=report
            )
            if self.store.mark() and (builtin or prune):
                self.store.set_mark("")
            report(0, 1, "noting what cards mention")
            self.ledger_at(self.store.revision())
            report(1, 1, "noting what cards mention")
            self._points(report)
            return result

    def points(self) -> dict[str, tuple[float, float]]:
        """Where every card lies on the map of the collection, x and y from 0 to 1.

        Raises:
            UserError: there are too many cards for a map.
        """
        self.ready()
        cards = self.store.count()
        if cards > LARGEST_MAP:
            raise UserError(f"the map shows up to {LARGEST_MAP:,} cards, and this collection has {cards:,}")
        return self._points(self._progress)

    def like(self, card_id: str, k: int) -> list[tuple[str, float]]:
        """The cards most like a card: (card id, cosine), best first."""
        self.ready()
        return self._atlas.like(card_id, k, self.store, self.keywords)

    def _points(self, report: Progress) -> dict[str, tuple[float, float]]:
        return self._atlas.points(self.store, self.keywords, report)

    @property
    def _atlas(self) -> Atlas:
        return Atlas(self._settings.home / "keywords" / f"{self._settings.collection}-map.npz")

    @property
    def aids(self) -> Path:
        """The folder of aids that a model wrote."""
        return self._settings.home / "aids"

    def retriever(self) -> Retriever:
        """Retrieval over the collection as it is now."""
        view = self._current()
        return Retriever(
            self.store,
            self.keywords,
            self.embedder,
            view.names.cards_named,
            read=lambda card_ids: self._read(view, card_ids),
            within=self._within,
        )

    def cards(self, card_ids: Iterable[str]) -> dict[str, PaperCard]:
        """The cards of some ids that exist; those of the last questions are at hand."""
        return self._read(self._view or self._current(), card_ids)

    def _read(self, view: _View, card_ids: Iterable[str]) -> dict[str, PaperCard]:
        wanted = list(card_ids)
        if not view.revision:
            # The store is being written: what is read now may be another card in a moment.
            return self.store.get(wanted)
        known = view.cards
        found = {card_id: known[card_id] for card_id in wanted if card_id in known}
        missing = [card_id for card_id in wanted if card_id not in found]
        if missing:
            fresh = self.store.get(missing)
            _keep(known, fresh)
            found |= fresh
        return found

    def _within(self, filters: Filters) -> list[str]:
        from assistant.catalog.holdings import holdings_of

        return [card.id for card in holdings_of(self).within(filters)]

    def names(self) -> "NameIndex":
        """The names that the collection's cards use."""
        return self._current().names

    @cached_property
    def _ledger(self) -> "Ledger":
        from assistant.catalog.ledger import Ledger

        return Ledger.beside(self._settings.home / "keywords", self._settings.collection)

    def ledger_at(self, revision: str) -> "Ledger":
        """What lists, counts and names need of every card, in step with a revision of the store.

        While an ingest is under way it stays as it was before, as the keyword index does.
        """
        if not (self.store.interrupted() and self._ledger.revision()):
            self._ledger.follow(self.store, revision)
        return self._ledger

    def _names_at(self, revision: str) -> "NameIndex":
        """The names at a revision, kept beside the keyword index; an empty revision's are not kept."""
        from assistant.names import NameIndex

        folder, prefix = self._settings.home / "keywords", f"{self._settings.collection}-names{_NAMES}-"
        kept = folder / f"{prefix}{revision}.json"
        try:
            return NameIndex.from_json(kept.read_text("utf-8"))
        except (OSError, ValueError, KeyError, TypeError):
            names = NameIndex.of(self.ledger_at(revision or self.store.revision()).names())
        if revision:
            # Only there to start sooner: where it cannot be written, or another process is quicker, go on.
            with suppress(OSError):
                temporary = folder / f"{kept.name}.{os.getpid()}.new"
                temporary.write_text(names.to_json(), "utf-8")
                for old in folder.glob(f"{self._settings.collection}-names*.json"):
                    old.unlink(missing_ok=True)
                temporary.replace(kept)
        return names

    def similarity(self, vector: "np.ndarray", cards: Iterable[PaperCard]) -> Similarity:
        """Cosine of the question to passages, from the stored vectors of some cards.

        Args:
            vector: the question's vector.
            cards: those whose passages will be asked about.

        Returns:
            A function of (question, texts); a text that the store does not hold counts as far away.
        """
        vectors = self.fetch_vectors(cards)
        known = {text: row for rows in vectors.values() for text, row in rows.items()}

        def cosine(question: str, texts: Sequence[str]) -> list[float]:
            return [float(vector @ known[text]) if text in known else _FAR for text in texts]

        return cosine

    def fetch_vectors(self, cards: Iterable[PaperCard]) -> "Mapping[str, Mapping[str, np.ndarray]]":
        """Have the vectors of some cards' passages at hand: all at once they take a fraction of the time.

        Returns:
            Them, by card id and by the passage's words.
        """
        return self._vectors([passage for card in cards for passage in quotable_passages(card)])

    def meaning(self, claim: str) -> "np.ndarray":
        """The vector of a claim; one that is checked against several cards is embedded once."""
        vector: np.ndarray = self._meaning(claim)
        return vector

    def closeness(self, claim: str, passages: Sequence[Passage]) -> list[float]:
        """Cosine of a claim to stored passages."""
        vector = self.meaning(claim)
        known = self._vectors(passages)
        rows = [known[passage.card_id].get(passage.text) for passage in passages]
        return [float(vector @ row) if row is not None else _FAR for row in rows]

    def supports(self, claim: str, passages: Sequence[str]) -> float:
        """Log odds that passages support a claim, as a small network reads them; see `verification.reading`."""
        return self.crossencoder.read(claim, passages)

    @cached_property
    def crossencoder(self) -> "CrossEncoder":
        """The network that reads claims beside passages."""
        from assistant.crossencoder import CrossEncoder
        from vectorstore.embedders.e5 import E5Embeddings

        folder = self._settings.home / "embedders"
        if isinstance(self.embedder, E5Embeddings):
            return CrossEncoder(folder, self.embedder.precision, self.embedder.tokenizer)
        return CrossEncoder(folder, "int4")

    def rarity(self, terms: Iterable[str]) -> dict[str, float]:
        """Inverse document frequency of terms in this collection."""
        return self.keywords.inverse_frequencies(terms)

    def _vectors(self, passages: Sequence[Passage]) -> "Mapping[str, Mapping[str, np.ndarray]]":
        """The vectors of passages and of others of their cards, by card id and by their words."""
        kept = (self._view or self._current()).vectors
        found = {passage.card_id: kept.get(passage.card_id, {}) for passage in passages}
        missing = [passage for passage in passages if passage.text not in found[passage.card_id]]
        if missing:
            asked = self.store.vectors_of(missing)
            fresh = {card_id: {**found[card_id], **rows} for card_id, rows in asked.items()}
            _keep(kept, fresh)
            found |= fresh
        return found


def _keep(kept: dict[str, _Kept], fresh: Mapping[str, _Kept]) -> None:
    """Keep what was read, and forget all that was before where it grows too much."""
    if len(kept) + len(fresh) > _KEPT_CARDS:
        kept.clear()
    kept.update(fresh)
