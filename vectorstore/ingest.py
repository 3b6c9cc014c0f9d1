"""Cards into the store: incremental, resumable, one writer at a time."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from vectorstore.cards import PaperCard
from vectorstore.corpus import ShippedVectors, with_builtin_aid
from vectorstore.keywords import KeywordIndex
from vectorstore.passages import aid_passages, embedding_text, passages_of
from vectorstore.store import CardStore, Entry, StoredCard
from vectorstore.tags import normalise

if TYPE_CHECKING:
    import numpy as np

    from vectorstore.embedders import Embedder

Progress = Callable[[int, int, str], None]

# Cards written at once: enough for the embedder to fill its batches, little to lose at a kill.
_BATCH = 32
_LOCK_SECONDS = 600.0


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
    common = {"card_id": card.id, "category": card.category}
    tags = sorted({normalise(tag) for tag in card.tags} - {""})
    if tags:
        common["tags"] = tags  # type: ignore[assignment]
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
    keywords: KeywordIndex,
    embedder: "Embedder",
    lock: Path,
    *,
    prune: bool = False,
    progress: Progress | None = None,
) -> IngestReport:
    """Bring the store up to `cards`.

    Args:
        cards: the cards as read; known ids gain the built-in corpus's title and aids.
        store, keywords, embedder: where they go and who makes the vectors.
        lock: file that one ingest holds at a time.
        prune: also remove the stored cards that are not among `cards`.
        progress: called with (cards done, cards to do, what).

    Returns:
        Counts by what happened; a second run over the same cards reports them all unchanged.

    Raises:
        StoreError: another ingest holds the lock for over ten minutes.
    """
    report = progress or (lambda done, total, what: None)
    began = time.monotonic()
    complete = [with_builtin_aid(card) for card in cards]
    with exclusive(lock, report):
        stored = store.hashes()
        todo = [card for card in complete if stored.get(card.id) != card.content_hash()]
        gone = sorted(stored.keys() - {card.id for card in complete}) if prune else []
        shipped = ShippedVectors(embedder.fingerprint)
        report(0, len(todo), "embedding and storing cards")
        for start in range(0, len(todo), _BATCH):
            batch = todo[start : start + _BATCH]
            store.put(_with_vectors(batch, embedder, shipped))
            report(start + len(batch), len(todo), "embedding and storing cards")
        store.remove(gone)
        if not keywords.in_step_with(store):
            report(0, 1, "indexing keywords")
            keywords.sync(store)
            report(1, 1, "indexing keywords")
    updated = sum(card.id in stored for card in todo)
    return IngestReport(
        added=len(todo) - updated,
        updated=updated,
        unchanged=len(complete) - len(todo),
        removed=len(gone),
        seconds=round(time.monotonic() - began, 2),
    )


def _with_vectors(
    batch: Iterable[PaperCard], embedder: "Embedder", shipped: ShippedVectors
) -> list[StoredCard]:
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


@contextmanager
def exclusive(lock: Path, report: Progress) -> Iterator[None]:
    """Hold the writer's lock; while another holds it, say who and wait.

    Raises:
        StoreError: it was not free within ten minutes.
    """
    from filelock import FileLock, Timeout

    from vectorstore.errors import StoreError

    lock.parent.mkdir(parents=True, exist_ok=True)
    owner = lock.with_suffix(".owner")
    guard = FileLock(lock)
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            guard.acquire(timeout=1.0)
            break
        except Timeout:
            holder = _owner(owner)
            if time.monotonic() > deadline:
                raise StoreError(f"{holder} has been ingesting for ten minutes; stop it or wait, then try again") from None
            report(0, 0, f"waiting for {holder} to finish its ingest")
    try:
        owner.write_text(str(os.getpid()), "utf-8")
        yield
    finally:
        guard.release()


def _owner(path: Path) -> str:
    try:
        return f"process {path.read_text('utf-8').strip()}"
    except OSError:
        return "another process"
