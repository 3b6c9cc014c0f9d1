"""The card store: two Chroma collections, one of whole cards and one of the passages they are found by."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from vectorstore.cards import PaperCard
from vectorstore.errors import EmbedderError, StoreError
from vectorstore.tags import normalise

if TYPE_CHECKING:
    import numpy as np
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

# Raised when what is written for a card changes form: an older store is then rebuilt, not misread.
LAYOUT = 1
# SQLite binds every id of a filter as a variable, so long lists are asked for in parts.
_IDS_AT_ONCE = 400
_PAGE = 2_000


@dataclass(frozen=True)
class StoreConfig:
    """Where the store is.

    Args:
        location: `embedded`, `http(s)://host:port` of a Chroma server, or `cloud`.
        path: folder of the embedded store.
        collection: base name of the two collections.
        api_key, tenant, database: for Chroma Cloud or a server that asks for them.
    """

    location: str
    path: Path
    collection: str = "cards"
    api_key: SecretStr | None = None
    tenant: str | None = None
    database: str | None = None


@dataclass(frozen=True)
class Entry:
    """One vector to be stored: its id, the words to show for it and how it is filtered.

    Args:
        id: `<card id>|<label>`, so that a hit names its card without another look-up.
        text: the passage as it stands in the card, or the aid's words.
        metadata: flat values; lists of strings are allowed.
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


def connect(config: StoreConfig) -> "ClientAPI":
    """Open the Chroma client that `config` names, telemetry off.

    Raises:
        StoreError: the place cannot be reached, read or written; says what to check.
    """
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    place = config.location.strip()
    key = config.api_key.get_secret_value() if config.api_key else None
    try:
        if place == "embedded":
            config.path.mkdir(parents=True, exist_ok=True)
            return chromadb.PersistentClient(str(config.path), settings=settings)
        if place == "cloud":
            if key is None:
                raise StoreError("Chroma Cloud needs a key: set CHROMA_API_KEY (and CHROMA_TENANT, CHROMA_DATABASE)")
            return chromadb.CloudClient(
                tenant=config.tenant, database=config.database, api_key=key, settings=settings
            )
        url = urlsplit(place)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise StoreError(
                f"ASSISTANT_STORE is {place!r}; it must be 'embedded', 'cloud' or 'http://host:port'"
            )
        return chromadb.HttpClient(
            host=url.hostname,
            port=url.port or (443 if url.scheme == "https" else 8000),
            ssl=url.scheme == "https",
            headers={"x-chroma-token": key} if key else None,
            settings=settings,
            tenant=config.tenant or chromadb.DEFAULT_TENANT,
            database=config.database or chromadb.DEFAULT_DATABASE,
        )
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(
            f"the store folder {config.path} cannot be used ({error.strerror or error}); "
            "set ASSISTANT_HOME to a folder that can be written"
        ) from error
    except Exception as error:
        raise StoreError(_unreachable(config, error)) from error


def _unreachable(config: StoreConfig, error: Exception) -> str:
    if config.location == "embedded":
        return (
            f"the store in {config.path} cannot be opened ({type(error).__name__}); move that folder away "
            "and run `assistant ingest` again"
        )
    where = "Chroma Cloud" if config.location == "cloud" else f"the Chroma server at {config.location}"
    return (
        f"{where} could not be reached ({type(error).__name__}); check that it runs "
        "(`chroma run --port 8000`) and what ASSISTANT_STORE says"
    )


class CardStore:
    """Cards and their passages in Chroma.

    Args:
        config: where the store is.
        fingerprint: identity of the embedder whose vectors it holds.

    Raises:
        StoreError: it cannot be opened.
        EmbedderError: another embedder made what it holds.
    """

    def __init__(self, config: StoreConfig, fingerprint: str) -> None:
        self.config = config
        self._client = connect(config)
        try:
            self._passages = self._collection("passages", fingerprint)
            self._cards = self._collection("cards", fingerprint)
        except (StoreError, EmbedderError):
            raise
        except Exception as error:
            raise StoreError(_unreachable(config, error)) from error

    def _collection(self, part: str, fingerprint: str) -> "Collection":
        name = f"{self.config.collection}-{part}"
        collection = self._client.get_or_create_collection(
            name,
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "ef_search": 200, "ef_construction": 128}},
            metadata={"embedder": fingerprint, "layout": LAYOUT, "revision": "empty"},
        )
        made = collection.metadata or {}
        rebuild = f"set another ASSISTANT_COLLECTION (or ASSISTANT_HOME) and run `assistant ingest PATH...` to build anew"
        if made.get("embedder") != fingerprint:
            raise EmbedderError(
                f"the store's vectors were made by {made.get('embedder')!r}, not by the configured "
                f"{fingerprint!r}; set the embedder it was made with, or {rebuild}"
            )
        if made.get("layout") != LAYOUT:
            raise StoreError(f"the store was written by another version of this program; {rebuild}")
        return collection

    def revision(self) -> str:
        """A token that changes with every write; equal tokens mean equal contents."""
        collection = self._client.get_collection(self._cards.name, embedding_function=None)
        return str((collection.metadata or {}).get("revision", ""))

    def mark(self) -> str:
        """The note that `set_mark` left, empty where there is none."""
        return str((self._cards.metadata or {}).get("mark", ""))

    def set_mark(self, text: str) -> None:
        """Leave a note in the store that outlives this process, such as which long work is under way."""
        self._annotate(mark=text)

    def _touch(self) -> None:
        self._annotate(revision=uuid.uuid4().hex)

    def _annotate(self, **values: str) -> None:
        self._cards.modify(metadata={**(self._cards.metadata or {}), **values})

    def count(self) -> int:
        """Number of cards."""
        return self._cards.count()

    def count_passages(self) -> int:
        """Number of vectors that cards are found by."""
        return self._passages.count()

    def put(self, batch: Sequence[StoredCard]) -> None:
        """Add or replace cards.

        A card's record is written after its passages and before its old passages go, so that a kill
        between any two steps leaves every recorded card complete.
        """
        if not batch:
            return
        self._touch()
        written: set[str] = set()
        for part in self._parts(batch):
            self._passages.upsert(
                ids=[entry.id for entry, _ in part],
                embeddings=[vector for _, vector in part],
                documents=[entry.text for entry, _ in part],
                metadatas=[dict(entry.metadata) for entry, _ in part],
            )
            written.update(entry.id for entry, _ in part)
        self._cards.upsert(
            ids=[stored.card.id for stored in batch],
            embeddings=[_centroid(stored.vectors) for stored in batch],
            documents=[stored.card.model_dump_json() for stored in batch],
            metadatas=[_card_metadata(stored.card) for stored in batch],
        )
        stale = [
            found
            for ids in _chunks([stored.card.id for stored in batch], _IDS_AT_ONCE)
            for found in self._passages.get(where={"card_id": {"$in": ids}}, include=[])["ids"]
            if found not in written
        ]
        self._delete_passages(stale)

    def _parts(self, batch: Sequence[StoredCard]) -> Iterator[list[tuple[Entry, Any]]]:
        rows = [
            (entry, vector)
            for stored in batch
            for entry, vector in zip(stored.entries, stored.vectors, strict=True)
        ]
        yield from _chunks(rows, min(_PAGE, self._client.get_max_batch_size()))

    def remove(self, card_ids: Sequence[str]) -> None:
        """Remove cards and their passages; the record goes first, so none is left half there."""
        if not card_ids:
            return
        self._touch()
        for ids in _chunks(list(card_ids), _IDS_AT_ONCE):
            self._cards.delete(ids=ids)
            self._passages.delete(where={"card_id": {"$in": ids}})

    def _delete_passages(self, ids: Sequence[str]) -> None:
        for part in _chunks(list(ids), _IDS_AT_ONCE):
            self._passages.delete(ids=part)

    def hashes(self) -> dict[str, str]:
        """Card id to content hash, for every card."""
        return {
            card_id: str(metadata["hash"])
            for page in self._pages(include=["metadatas"])
            for card_id, metadata in zip(page["ids"], page["metadatas"], strict=True)
        }

    def cards(self, where: Mapping[str, Any] | None = None) -> Iterator[PaperCard]:
        """Every card, or those whose metadata match Chroma's `where` filter, in order of their ids' storage."""
        for page in self._pages(where=where, include=["documents"]):
            for document in page["documents"]:
                yield PaperCard.model_validate_json(document)

    def card_ids(self, where: Mapping[str, Any] | None = None) -> list[str]:
        """Ids of every card that matches."""
        return [card_id for page in self._pages(where=where, include=[]) for card_id in page["ids"]]

    def _pages(self, where: Mapping[str, Any] | None = None, *, include: list[str]) -> Iterator[Any]:
        offset = 0
        while True:
            page: Any = self._cards.get(
                where=dict(where) if where else None, include=include, limit=_PAGE, offset=offset  # type: ignore[arg-type]
            )
            if page["ids"]:
                yield page
            if len(page["ids"]) < _PAGE:
                return
            offset += _PAGE

    def get(self, card_ids: Iterable[str]) -> dict[str, PaperCard]:
        """The cards of these ids that exist."""
        found: dict[str, PaperCard] = {}
        for ids in _chunks(list(dict.fromkeys(card_ids)), _IDS_AT_ONCE):
            page: Any = self._cards.get(ids=ids, include=["documents"])
            for card_id, document in zip(page["ids"], page["documents"], strict=True):
                found[card_id] = PaperCard.model_validate_json(document)
        return found

    def vectors(self, card_ids: Sequence[str]) -> "dict[str, np.ndarray]":
        """The vectors of some cards' own passages, by the passage's words."""
        where = {"$and": [{"card_id": {"$in": list(card_ids)}}, {"kind": "text"}]}
        page: Any = self._passages.get(where=where, include=["documents", "embeddings"]) if card_ids else None  # type: ignore[arg-type]
        return dict(zip(page["documents"], page["embeddings"], strict=True)) if page else {}

    def nearest(
        self, vector: "np.ndarray", k: int, where: Mapping[str, Any] | None = None
    ) -> list[tuple[str, float]]:
        """The `k` entries nearest to a query vector: (entry id, cosine similarity), best first."""
        wanted = min(k, max(1, self._passages.count()))
        page: Any = self._passages.query(
            query_embeddings=[vector],
            n_results=wanted,
            where=dict(where) if where else None,
            include=["distances"],
        )
        return [(entry, 1.0 - distance) for entry, distance in zip(page["ids"][0], page["distances"][0], strict=True)]


def _card_metadata(card: PaperCard) -> dict[str, Any]:
    metadata: dict[str, Any] = {"hash": card.content_hash(), "category": card.category, "title": card.title}
    tags = sorted({normalise(tag) for tag in card.tags} - {""})
    if tags:
        metadata["tags"] = tags
    return metadata


def _centroid(vectors: "np.ndarray") -> Any:
    """The card's own vector: the normalised mean of its passages' vectors."""
    import numpy as np

    mean = vectors.mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-9)


def _chunks(items: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
