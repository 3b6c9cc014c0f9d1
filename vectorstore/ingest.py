"""Cards into the store: incremental, resumable, one writer at a time."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from vectorstore.cards import PaperCard
from vectorstore.corpus import ShippedVectors, vector_key, with_builtin_aid
from vectorstore.lock import Progress, WriterLock
from vectorstore.memory import give_back
from vectorstore.passages import aid_passages, embedding_text, entry_id, passages_of
from vectorstore.store import CardStore, Entry, StoredCard, filter_tags

if TYPE_CHECKING:
    import numpy as np

    from vectorstore.embedders import Embedder
    from vectorstore.hybrid import WordIndex

# Cards written at once: enough for the embedder to fill its batches, little to lose at a kill.
_BATCH = 32
# Vectors kept for texts that come again: 25 MB at 384 dimensions.
_REMEMBERED = 16_384


class IngestReport(BaseModel):
    """What an ingest did, in cards."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    seconds: float = 0.0
    warnings: list[str] = Field(default_factory=list)


@dataclass(frozen=True)
class Source:
    """One entry before its vector is known.

    Args:
        entry: what the store will hold.
        embedded: the words that are embedded (context included).
        kind: the embedder's prefix; questions are embedded as queries, since queries are what meets them.
    """

    entry: Entry
    embedded: str
    kind: Literal["passage", "query"]


def entries_of(card: PaperCard) -> list[Source]:
    """Everything a card is found by: its own passages, its other wording, its questions.

    Labels begin with `t` (own text), `w` (other wording) or `q` (question).
    """
    common = {"card_id": card.id, "category": card.category, "tags": filter_tags(card)}
    sources = [
        Source(
            Entry(
                entry_id(passage),
                passage.text,
                common
                | {
                    "kind": "text",
                    "field": passage.field,
                    "language": passage.language,
                    "start": passage.start,
                    "end": passage.end,
                },
            ),
            embedding_text(passage.text, card.title),
            "passage",
        )
        for passage in passages_of(card)
    ]
    for aid in aid_passages(card):
        question = aid.kind == "question"
        sources.append(
            Source(
                Entry(
                    f"{card.id}|{'q' if question else 'w'}/{aid.label}",
                    aid.text,
                    common | {"kind": aid.kind, "language": aid.language},
                ),
                aid.text if question else embedding_text(aid.text, card.title),
                "query" if question else "passage",
            )
        )
    return sources


def ingest(
    cards: Sequence[PaperCard],
    store: CardStore,
    keywords: "WordIndex",
    embedder: "Embedder",
    lock: WriterLock,
    *,
    prune: bool = False,
    progress: Progress | None = None,
) -> IngestReport:
    """Bring the store up to `cards`, and finish or undo what an earlier ingest was killed in.

    Args:
        cards: the cards as read, gone through more than once; known ids gain the built-in corpus's title and aids.
        store, keywords, embedder: where they go and who makes the vectors.
        lock: what one ingest holds at a time.
        prune: also remove the stored cards that are not among `cards`.
        progress: called with (cards done, cards to do, what).

    Returns:
        Counts by what happened; a second run over the same cards reports them all unchanged.

    Raises:
        StoreError: another ingest holds the lock for over ten minutes, or the store fails.
    """
    report = progress or (lambda done, total, what: None)
    began = time.monotonic()
    with lock.held(report):
        result = _stored(cards, store, embedder, lock, prune, report)
        if not keywords.in_step_with(store):
            report(0, 1, "indexing keywords")
            give_back()
            keywords.sync(store)
            give_back()
            report(1, 1, "indexing keywords")
    result.seconds = round(time.monotonic() - began, 2)
    return result


def _stored(
    cards: Sequence[PaperCard], store: CardStore, embedder: "Embedder", lock: WriterLock, prune: bool, report: Progress
) -> IngestReport:
    # Of a card that comes twice the last one counts.
    wanted = {card.id: (place, with_builtin_aid(card).content_hash()) for place, card in enumerate(cards)}
    store.make_sound()
    stored = store.hashes()
    changed = [place for card_id, (place, digest) in wanted.items() if stored.get(card_id) != digest]
    added = len(wanted.keys() - stored.keys())
    gone = sorted(stored.keys() - wanted.keys()) if prune else []
    cut_off = {card_id for card_id, digest in stored.items() if not digest}
    interrupted = store.interrupted()
    if changed or gone or cut_off or interrupted:
        with store.writing():
            unfinished = sorted(cut_off - wanted.keys() - set(gone))
            todo = chain(
                (with_builtin_aid(cards[place]) for place in changed), (store.get([one])[one] for one in unfinished)
            )
            _put_all(todo, len(changed) + len(unfinished), store, embedder, lock, report)
            store.remove(gone)
            if interrupted:
                store.remove_orphans()
    return IngestReport(
        added=added, updated=len(changed) - added, unchanged=len(wanted) - len(changed), removed=len(gone)
    )


def _put_all(
    cards: Iterable[PaperCard],
    count: int,
    store: CardStore,
    embedder: "Embedder",
    lock: WriterLock,
    report: Progress,
) -> None:
    if not count:
        return
    vectors = _Vectors(embedder)
    done = 0
    report(done, count, "embedding and storing cards")
    for batch in _batches(cards, _BATCH):
        store.put(_with_vectors(batch, vectors))
        lock.beat()
        done += len(batch)
        report(done, count, "embedding and storing cards")


def _batches(cards: Iterable[PaperCard], size: int) -> Iterator[list[PaperCard]]:
    rest = iter(cards)
    while batch := list(islice(rest, size)):
        yield batch


def _with_vectors(batch: Iterable[PaperCard], vectors: "_Vectors") -> list[StoredCard]:
    per_card = [(card, entries_of(card)) for card in batch]
    rows = vectors.of([source for _, sources in per_card for source in sources])
    stored, start = [], 0
    for card, sources in per_card:
        end = start + len(sources)
        stored.append(StoredCard(card, [source.entry for source in sources], rows[start:end]))
        start = end
    return stored


class _Vectors:
    """Vectors of entries; a text that comes again within the last tens of thousands is embedded once.

    Args:
        embedder: who makes those that the package does not ship.
    """

    def __init__(self, embedder: "Embedder") -> None:
        self._embedder = embedder
        self._shipped = ShippedVectors(embedder.fingerprint)
        self._known: dict[int, np.ndarray] = {}

    def of(self, sources: Sequence[Source]) -> "np.ndarray":
        """The vectors of some entries, one row each."""
        import numpy as np

        vectors = np.empty((len(sources), self._embedder.dimension), np.float32)
        for kind in ("passage", "query"):
            rows = np.array([row for row, source in enumerate(sources) if source.kind == kind], int)
            known, found = self._shipped.find(kind, [sources[row].embedded for row in rows])
            if known.any():
                vectors[rows[known]] = found
            self._embed(kind, [(row, sources[row].embedded) for row in rows[~known]], vectors)
        return vectors

    def _embed(self, kind: Literal["passage", "query"], wanted: Sequence[tuple[int, str]], into: "np.ndarray") -> None:
        keys = [vector_key(kind, text) for _, text in wanted]
        # Taken out and put back in, so that what is not asked for is what goes first.
        again = {key: self._known.pop(key) for key in dict.fromkeys(keys) if key in self._known}
        missing = {key: text for key, (_, text) in zip(keys, wanted, strict=True) if key not in again}
        if missing:
            made = self._embedder.embed_array(list(missing.values()), kind=kind)
            again |= dict(zip(missing, made.copy(), strict=True))
        self._known |= again
        for key, (row, _) in zip(keys, wanted, strict=True):
            into[row] = again[key]
        for key in list(islice(self._known, max(0, len(self._known) - _REMEMBERED))):
            del self._known[key]
