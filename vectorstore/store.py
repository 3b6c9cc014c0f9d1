"""The card store: two Chroma collections, one of whole cards and one of the passages they are found by."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vectorstore.cards import PaperCard
from vectorstore.connection import Part, StoreConfig, connect, opening, plain_errors
from vectorstore.errors import EmbedderError, StoreError
from vectorstore.known_hashes import KnownHashes
from vectorstore.lock import Lease
from vectorstore.passages import Passage, entry_id
from vectorstore.salvage import drop_index, is_half_saved, is_index_damage
from vectorstore.sparse import indexed, words_of
from vectorstore.tags import normalise

if TYPE_CHECKING:
    import numpy as np
    from chromadb import Search

__all__ = ["CardStore", "Entry", "StoreConfig", "StoredCard"]

# Raised when what is written for a card changes form: an older store is then refused, not misread.
LAYOUT = 2
# SQLite binds every id of a filter as a variable, so long lists are asked for in parts.
_IDS_AT_ONCE = 400
# Chroma wants a vector with every record, but cards are found by their passages.
_NO_VECTOR = [1.0]
# Chroma reads again, at every start, what was written since it last saved a vector index. That of the cards holds
# nothing to search for, so it is as thin as can be and saved often.
_INDEX: Mapping[str, Any] = {
    "passages": {"space": "cosine", "ef_search": 200, "ef_construction": 128},
    "cards": {"space": "l2", "ef_construction": 8, "max_neighbors": 4, "batch_size": 100, "sync_threshold": 200},
}
# Ids alone are so light that a home store gives many at once: each page has to count its way past those before it.
_LIGHT_PAGE = 20_000
# Begins the revision of a store that is being written, or whose writer was killed.
_WRITING = "writing-"


@dataclass(frozen=True)
class Entry:
    """One vector to be stored: its id, the words to show for it and how it is filtered.

    Args:
        id: `<card id>|<label>`, so that a hit names its card without another look-up.
        text: the passage as it stands in the card, or the aid's words.
        metadata: flat values; lists of strings are allowed, and None takes away what an older entry of that id had.
    """

    id: str
    text: str
    metadata: Mapping[str, Any]


@dataclass(frozen=True)
class StoredCard:
    """A card with its entries and their vectors (float32, shape (len(entries), dimension))."""

    card: PaperCard
    entries: Sequence[Entry]
    vectors: "np.ndarray"


class CardStore:
    """Cards and their passages in Chroma.

    Args:
        config: where the store is.
        fingerprint: identity of the embedder whose vectors it holds.

    Raises:
        StoreError: it cannot be opened, here or at any later request.
        EmbedderError: another embedder made what it holds.
    """

    def __init__(self, config: StoreConfig, fingerprint: str) -> None:
        self.config, self._fingerprint = config, fingerprint
        self._nested = 0
        self._known = KnownHashes()
        self._open()

    def _open(self) -> None:
        with opening(self.config):
            self._client = connect(self.config)
            self._passages = self._part("passages")
            self._cards = self._part("cards")
        self._seen = str((self._cards.metadata or {}).get("revision", ""))

    def _part(self, part: str) -> Part:
        with plain_errors(self.config):
            collection = self._client.get_or_create_collection(
                f"{self.config.collection}-{part}",
                embedding_function=None,
                **self._indexing(part),
                metadata={"embedder": self._fingerprint, "layout": self._layout, "revision": "empty"},
            )
        made = collection.metadata or {}
        rebuild = (
            "set another ASSISTANT_COLLECTION (or ASSISTANT_HOME) and run `assistant ingest PATH...` to build anew"
            + (", or `assistant doctor --repair` to keep its cards" if self.config.kind == "embedded" else "")
        )
        if made.get("embedder") != self._fingerprint:
            raise EmbedderError(
                f"the store's vectors were made by {made.get('embedder')!r}, not by the configured "
                f"{self._fingerprint!r}; set the embedder it was made with, or {rebuild}"
            )
        if made.get("layout") != self._layout:
            raise StoreError(f"the store was written by another version of this program; {rebuild}")
        return Part(collection, self.config)

    def _indexing(self, part: str) -> dict[str, Any]:
        if self.config.kind == "cloud":
            # Chroma Cloud tunes its own vector index, and needs none to give a card by its id.
            return {"schema": indexed()} if part == "passages" else {}
        return {"configuration": {"hnsw": _INDEX[part]}}

    def lease(self, home: Path) -> Lease | None:
        """What one writer holds at a time where the store is shared beyond one state folder.

        Args:
            home: the state folder of this process.
        """
        return None if self.config.kind == "embedded" else Lease(self._client, self.config, home)

    # What is in the store, and since when

    def _notes(self) -> dict[str, Any]:
        with plain_errors(self.config):
            return dict(self._client.get_collection(self._cards.name, embedding_function=None).metadata or {})

    def _note(self, **values: str) -> None:
        self._cards.modify(metadata=self._notes() | values)

    def revision(self) -> str:
        """A token that changes with every write; equal tokens mean equal contents."""
        return str(self._notes().get("revision", ""))

    def refresh(self) -> str:
        """See what other processes wrote since this store was opened; gives the revision."""
        revision = self.revision()
        if revision != self._seen:
            if self.config.kind == "embedded":
                # An open embedded Chroma keeps its vector index in memory: it would miss what others wrote
                # when it searches, and overwrite it when it writes.
                self._reopen()
            else:
                self._seen = revision
        return revision

    def _reopen(self) -> None:
        before = self._client
        self._open()
        before.close()  # type: ignore[attr-defined]

    def sound(self) -> bool:
        """Whether cards and passages can be read and found; a kill may have left a vector index that cannot.

        Raises:
            StoreError: the store fails in another way.
        """
        if self._is_half_saved(self._cards) or self._is_half_saved(self._passages):
            return False
        try:
            cards = self.count()
            page = self._passages.get(limit=1, include=["embeddings"])
            return bool(self.nearest(page["embeddings"][0], 1)) if page["ids"] else cards == 0
        except StoreError as error:
            if not is_index_damage(error):
                raise
            return False

    def make_sound(self) -> None:
        """See what others wrote, and throw away a vector index that cannot be read.

        Where passages went with it, every card counts as unfinished, and the next ingest writes it again.
        """
        self.refresh()
        if self._is_half_saved(self._cards):
            self._drop_index_of_cards()
        if not self.sound():
            self._start_passages_anew()

    def _is_half_saved(self, part: Part) -> bool:
        if self.config.kind != "embedded" or not self.interrupted():
            return False
        with plain_errors(self.config):
            return is_half_saved(self.config.path, str(part.id))

    def _drop_index_of_cards(self) -> None:
        """Cards are not found by their vectors, so they are as good without."""
        with plain_errors(self.config):
            drop_index(self.config.path, str(self._cards.id))
        self._reopen()

    def _start_passages_anew(self) -> None:
        if self.config.kind == "embedded":
            self._drop_index_of_cards()
        with self.writing():
            self._known.forget()
            for ids in _chunks(self.card_ids(), self._ids_at_once):
                self._cards.update(ids=ids, metadatas=[{"hash": ""}] * len(ids))
            with plain_errors(self.config):
                self._client.delete_collection(self._passages.name)
            self._passages = self._part("passages")

    def interrupted(self) -> bool:
        """Whether a write is under way; where nobody holds the writer's lock, it was killed half-way."""
        return self.revision().startswith(_WRITING)

    def mark(self) -> str:
        """The note that `set_mark` left, empty where there is none."""
        return str(self._notes().get("mark", ""))

    def set_mark(self, text: str) -> None:
        """Leave a note in the store that outlives this process, such as which long work is under way."""
        self._note(mark=text)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Make several writes one change of revision; each write by itself is in one, too."""
        if not self._nested:
            before = self.refresh()
            self._seen = f"{_WRITING}{uuid.uuid4().hex}"
            self._note(revision=self._seen)
            self._known.moved(before, self._seen)
        self._nested += 1
        try:
            yield
        except BaseException:
            self._known.forget()
            raise
        finally:
            self._nested -= 1
        # Not reached when a write failed: the store then says that it was interrupted.
        if not self._nested:
            written, self._seen = self._seen, uuid.uuid4().hex
            self._note(revision=self._seen)
            self._known.moved(written, self._seen)

    def count(self) -> int:
        """Number of cards."""
        return int(self._cards.count())

    def count_passages(self) -> int:
        """Number of vectors that cards are found by."""
        return int(self._passages.count())

    # Writing

    def put(self, batch: Sequence[StoredCard]) -> None:
        """Add or replace cards.

        A new card's record is written after its passages, and old passages go last; a card that is being
        replaced keeps its old record, with an empty hash, until then. So a kill between any two steps leaves
        every recorded card whole or known as unfinished.
        """
        if not batch:
            return
        with self.writing():
            for part in _chunks(list(batch), self._ids_at_once):
                self._put(part)
                self._known.put((stored.card.id, stored.card.content_hash()) for stored in part)

    def _put(self, batch: Sequence[StoredCard]) -> None:
        ids = [stored.card.id for stored in batch]
        replaced = self._cards.get(ids=ids, include=[])["ids"]
        if replaced:
            self._cards.update(ids=replaced, metadatas=[{"hash": ""}] * len(replaced))
        rows = [
            (self._with_words(stored.card, entry), vector)
            for stored in batch
            for entry, vector in zip(stored.entries, stored.vectors, strict=True)
        ]
        for part in _chunks(rows, self._writable):
            self._passages.upsert(
                ids=[entry.id for entry, _ in part],
                embeddings=[vector for _, vector in part],
                documents=[entry.text for entry, _ in part],
                metadatas=[dict(entry.metadata) for entry, _ in part],
            )
        for cards in _chunks(list(batch), self._writable):
            self._cards.upsert(
                ids=[stored.card.id for stored in cards],
                embeddings=[_NO_VECTOR] * len(cards),
                documents=[stored.card.model_dump_json() for stored in cards],
                metadatas=[_card_metadata(stored.card) for stored in cards],
            )
        if replaced:
            written = {entry.id for entry, _ in rows}
            where = {"card_id": {"$in": replaced}}
            self._delete_passages([one for one in self._passage_ids(where) if one not in written])

    def _with_words(self, card: PaperCard, entry: Entry) -> Entry:
        """An entry as it is stored: where Chroma searches for words itself, they stand beside its text."""
        return replace(entry, metadata={**entry.metadata, **words_of(card, entry)}) if self.is_hybrid else entry

    @property
    def _layout(self) -> int:
        # A store in Chroma Cloud has one more thing written for a card: its words.
        return LAYOUT + self.is_hybrid

    @property
    def is_hybrid(self) -> bool:
        """Whether `search` can be used: Chroma Cloud alone has it."""
        return self.config.kind == "cloud"

    @property
    def _ids_at_once(self) -> int:
        return min(_IDS_AT_ONCE, self.config.page)

    @property
    def _writable(self) -> int:
        with plain_errors(self.config):
            return min(self.config.page, self._client.get_max_batch_size())

    def remove(self, card_ids: Sequence[str]) -> None:
        """Remove cards and their passages; the record goes first, so none is left half there."""
        if not card_ids:
            return
        with self.writing():
            for ids in _chunks(list(card_ids), self._ids_at_once):
                self._cards.delete(ids=ids)
                self._known.remove(ids)
                self._delete_passages(list(self._passage_ids({"card_id": {"$in": ids}})))

    def remove_orphans(self) -> int:
        """Remove the passages that a killed write left without a card.

        Returns:
            How many there were.
        """
        known = set(self.card_ids())
        orphans = [entry for entry in self._passage_ids() if entry.partition("|")[0] not in known]
        self._delete_passages(orphans)
        return len(orphans)

    def _passage_ids(self, where: Mapping[str, Any] | None = None) -> Iterator[str]:
        return (entry for page in self._pages(self._passages, where, include=[]) for entry in page["ids"])

    def _delete_passages(self, ids: Sequence[str]) -> None:
        for part in _chunks(list(ids), self._ids_at_once):
            self._passages.delete(ids=part)

    # Reading

    def hashes(self) -> dict[str, str]:
        """Card id to content hash, for every card; the hash of one whose replacing was cut off is empty."""
        revision = self.revision()
        known = self._known.at(revision)
        if known is not None:
            return dict(known)
        read = {
            card_id: str(metadata["hash"])
            for page in self._pages(self._cards, include=["metadatas"])
            for card_id, metadata in zip(page["ids"], page["metadatas"], strict=True)
        }
        self._known.read(revision, read)
        return dict(read)

    def cards(self, where: Mapping[str, Any] | None = None) -> Iterator[PaperCard]:
        """Every card, or those whose metadata match Chroma's `where` filter, in order of their ids' storage."""
        for page in self._pages(self._cards, where, include=["documents"]):
            for document in page["documents"]:
                yield PaperCard.model_validate_json(document)

    def card_ids(self, where: Mapping[str, Any] | None = None) -> list[str]:
        """Ids of every card that matches."""
        return [card_id for page in self._pages(self._cards, where, include=[]) for card_id in page["ids"]]

    def _pages(self, part: Part, where: Mapping[str, Any] | None = None, *, include: list[str]) -> Iterator[Any]:
        size, offset = self.config.page, 0
        if not include and self.config.kind != "cloud":
            size = max(size, _LIGHT_PAGE)
        while True:
            page = part.get(where=dict(where) if where else None, include=include, limit=size, offset=offset)
            if page["ids"]:
                yield page
            if len(page["ids"]) < size:
                return
            offset += size

    def get(self, card_ids: Iterable[str]) -> dict[str, PaperCard]:
        """The cards of these ids that exist."""
        found: dict[str, PaperCard] = {}
        for ids in _chunks(list(dict.fromkeys(card_ids)), self._ids_at_once):
            page = self._cards.get(ids=ids, include=["documents"])
            for card_id, document in zip(page["ids"], page["documents"], strict=True):
                found[card_id] = PaperCard.model_validate_json(document)
        return found

    def vectors(self, card_ids: Sequence[str]) -> "dict[str, dict[str, np.ndarray]]":
        """The vectors of some cards' own passages: by card id, then by the passage's words."""
        found: dict[str, dict[str, np.ndarray]] = {card_id: {} for card_id in card_ids}
        for ids in _chunks(list(found), self._ids_at_once):
            where = {"$and": [{"card_id": {"$in": ids}}, {"kind": "text"}]}
            for page in self._pages(self._passages, where, include=["documents", "embeddings"]):
                for entry, text, row in zip(page["ids"], page["documents"], page["embeddings"], strict=True):
                    found[entry.partition("|")[0]][text] = row
        return found

    def vectors_of(self, passages: Iterable[Passage]) -> "dict[str, dict[str, np.ndarray]]":
        """As `vectors`, of passages that are at hand: asking for them by name takes a fifth of the time."""
        found: dict[str, dict[str, np.ndarray]] = {}
        for ids in _chunks([entry_id(passage) for passage in passages], self._ids_at_once):
            page = self._passages.get(ids=ids, include=["documents", "embeddings"])
            for entry, text, row in zip(page["ids"], page["documents"], page["embeddings"], strict=True):
                found.setdefault(entry.partition("|")[0], {})[text] = row
        return found

    def nearest(self, vector: "np.ndarray", k: int, where: Mapping[str, Any] | None = None) -> list[tuple[str, float]]:
        """The `k` entries nearest to a query vector: (entry id, cosine similarity), best first."""
        page = self._passages.query(
            query_embeddings=[vector],
            n_results=min(k, self.config.page),
            where=dict(where) if where else None,
            include=["distances"],
        )
        return [(entry, 1.0 - distance) for entry, distance in zip(page["ids"][0], page["distances"][0], strict=True)]

    def search(self, searches: "Sequence[Search]") -> list[list[tuple[str, float]]]:
        """What some searches of Chroma's own kind find: for each (entry id, score), best (lowest score) first.

        Raises:
            StoreError: it fails, or this Chroma has no such search.
        """
        found = self._passages.search(list(searches))
        return [list(zip(ids, scores, strict=True)) for ids, scores in zip(found["ids"], found["scores"], strict=True)]


def _card_metadata(card: PaperCard) -> dict[str, Any]:
    return {
        "hash": card.content_hash(),
        "category": card.category,
        "title": card.title,
        "tags": filter_tags(card),
    }


def filter_tags(card: PaperCard) -> list[str] | None:
    """A card's tags as they are filtered by; None (which takes away what was there) where it has none."""
    return sorted({normalise(tag) for tag in card.tags} - {""}) or None


def _chunks(items: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
