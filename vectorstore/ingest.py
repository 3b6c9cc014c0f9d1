"""Cards into the store: incremental, resumable, one writer at a time."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from vectorstore.cards import PaperCard
from vectorstore.corpus import ShippedVectors, with_builtin_aid
from vectorstore.lock import Progress, WriterLock
from vectorstore.passages import aid_passages, embedding_text, passages_of
from vectorstore.store import CardStore, Entry, StoredCard, filter_tags

if TYPE_CHECKING:
    from vectorstore.embedders import Embedder
    from vectorstore.hybrid import WordIndex

# Cards written at once: enough for the embedder to fill its batches, little to lose at a kill.
_BATCH = 32


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
                f"{card.id}|t/{passage.field}/{passage.start}-{passage.end}",
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
        cards: the cards as read; known ids gain the built-in corpus's title and aids.
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
    wanted = {card.id: with_builtin_aid(card) for card in cards}
    with lock.held(report):
        store.make_sound()
        stored = store.hashes()
        changed = [card for card in wanted.values() if stored.get(card.id) != card.content_hash()]
        gone = sorted(stored.keys() - wanted.keys()) if prune else []
        cut_off = {card_id for card_id, digest in stored.items() if not digest}
        interrupted = store.interrupted()
        if changed or gone or cut_off or interrupted:
            with store.writing():
                todo = [*changed, *store.get(cut_off - wanted.keys() - set(gone)).values()]
                _put_all(todo, store, embedder, lock, report)
                store.remove(gone)
                if interrupted:
                    store.remove_orphans()
        if not keywords.in_step_with(store):
            report(0, 1, "indexing keywords")
            keywords.sync(store)
            report(1, 1, "indexing keywords")
    updated = sum(card.id in stored for card in changed)
    return IngestReport(
        added=len(changed) - updated,
        updated=updated,
        unchanged=len(wanted) - len(changed),
        removed=len(gone),
        seconds=round(time.monotonic() - began, 2),
    )


def _put_all(
    cards: Sequence[PaperCard], store: CardStore, embedder: "Embedder", lock: WriterLock, report: Progress
) -> None:
    if not cards:
        return
    shipped = ShippedVectors(embedder.fingerprint)
    report(0, len(cards), "embedding and storing cards")
    for start in range(0, len(cards), _BATCH):
        batch = cards[start : start + _BATCH]
        store.put(_with_vectors(batch, embedder, shipped))
        lock.beat()
        report(start + len(batch), len(cards), "embedding and storing cards")


def _with_vectors(batch: Iterable[PaperCard], embedder: "Embedder", shipped: ShippedVectors) -> list[StoredCard]:
    import numpy as np

    per_card = [(card, entries_of(card)) for card in batch]
    flat = [source for _, sources in per_card for source in sources]
    vectors = np.empty((len(flat), embedder.dimension), np.float32)
    for kind in ("passage", "query"):
        rows = np.array([row for row, source in enumerate(flat) if source.kind == kind], int)
        texts = [flat[row].embedded for row in rows]
        known, found = shipped.find(kind, texts)
        if known.any():
            vectors[rows[known]] = found
        missing = rows[~known]
        if len(missing):
            vectors[missing] = embedder.embed_array([flat[row].embedded for row in missing], kind=kind)
    stored, start = [], 0
    for card, sources in per_card:
        end = start + len(sources)
        stored.append(StoredCard(card, [source.entry for source in sources], vectors[start:end]))
        start = end
    return stored
