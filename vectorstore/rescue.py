"""What can still be read of an embedded store that Chroma refuses: its cards, straight from the SQLite file."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from vectorstore.cards import PaperCard

DATABASE = "chroma.sqlite3"
_INDEX_FOLDER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CARDS = "-cards"


@dataclass
class Rescued:
    """The cards that were read.

    Args:
        cards: by collection, then in the order they were stored.
        complete: nothing was met that could not be read.
    """

    cards: dict[str, list[PaperCard]] = field(default_factory=dict)
    complete: bool = True


def is_headless(folder: Path) -> bool:
    """Whether a store has vector indexes but no database: Chroma would begin an empty one without a word."""
    database = folder / DATABASE
    if not folder.is_dir() or (database.exists() and database.stat().st_size > 0):
        return False
    return any(_INDEX_FOLDER.fullmatch(each.name) for each in folder.iterdir())


def rescued(folder: Path, collection: str) -> Rescued:
    """Read every card that can be read, whichever version of this program wrote it.

    Each record is asked for by itself, so that a damaged page costs the cards that lie on it and no others.

    Args:
        folder: of the embedded store.
        collection: whose cards those are that cannot be told any more.
    """
    found = Rescued()
    try:
        # As large as the damage may be, nothing is written.
        database = sqlite3.connect(f"{(folder / DATABASE).resolve().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error:
        return Rescued(complete=False)
    with closing(database):
        database.text_factory = lambda raw: raw.decode("utf-8", "replace")
        owners = _owners(database, found)
        for number in _numbers(database, found):
            owner = _one(database, "SELECT segment_id FROM embeddings WHERE id = ?", number, found)
            name = owners.get(owner or "", collection + _CARDS)
            if not name.endswith(_CARDS):
                continue
            query = "SELECT string_value FROM embedding_metadata WHERE id = ? AND key = 'chroma:document'"
            document = _one(database, query, number, found)
            if document is not None and document.startswith("{"):
                try:
                    card = PaperCard.model_validate_json(document)
                except ValidationError:
                    found.complete = False
                else:
                    found.cards.setdefault(name.removesuffix(_CARDS), []).append(card)
    found.complete = found.complete and bool(found.cards)
    return found


def set_aside(folder: Path) -> Path:
    """Move a store's folder to a name of its own beside it, and give that name.

    Raises:
        OSError: it cannot be moved.
    """
    place = folder.with_name(f"{folder.name}.damaged-{datetime.now():%Y%m%d-%H%M%S}")
    folder.rename(place)
    return place


def _owners(database: sqlite3.Connection, found: Rescued) -> dict[str, str]:
    """The name of the Chroma collection that a segment belongs to."""
    try:
        rows = database.execute("SELECT s.id, c.name FROM segments s JOIN collections c ON s.collection = c.id")
        return {str(segment): str(name) for segment, name in rows}
    except sqlite3.Error:
        found.complete = False
        return {}


def _numbers(database: sqlite3.Connection, found: Rescued) -> Iterator[int]:
    last = 0
    for query in ("SELECT max(id) FROM embeddings", "SELECT max(id) FROM embedding_metadata"):
        with suppress(sqlite3.Error, TypeError):
            last = max(last, int(database.execute(query).fetchone()[0]))
    if not last:
        found.complete = False
    yield from range(1, last + 1)


def _one(database: sqlite3.Connection, query: str, number: int, found: Rescued) -> str | None:
    try:
        row = database.execute(query, (number,)).fetchone()
    except sqlite3.Error:
        found.complete = False
        return None
    return row[0] if row else None
