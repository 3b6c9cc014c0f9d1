"""The ledger: what lists, counts and names need of every card, worked out once for each and kept on disk."""

import json
import re
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from assistant.catalog.abbreviations import defined_on
from assistant.catalog.browsing import heading_of
from assistant.catalog.tested import Named, Sentence, tested_on_card
from assistant.names import CardNames
from vectorstore.cards import FIELDS, PaperCard
from vectorstore.errors import StoreError
from vectorstore.mentions import folded_card

if TYPE_CHECKING:
    from vectorstore.store import CardStore

# Raised when something is worked out in another way: the ledger is then made anew.
_FORM = "2"
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*[A-Za-z0-9+]", re.ASCII)
_AT_ONCE = 400
# Another process may be writing the same; it takes as long as its cards need.
_PATIENCE = 600.0
_TABLES = """
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS card (
    place INTEGER PRIMARY KEY, id TEXT UNIQUE, hash TEXT, category TEXT, tags TEXT,
    folded BLOB, names TEXT, spelt TEXT, defined TEXT, tested TEXT
);
CREATE TABLE IF NOT EXISTS heading (id TEXT PRIMARY KEY, words BLOB) WITHOUT ROWID;
"""


class Held(NamedTuple):
    """As much of a card as is held in memory of every one."""

    id: str
    category: str
    tags: tuple[str, ...]


class Ledger:
    """Cards in the collection's order, with their texts ready to look for mentions in.

    It is derived from the store and brought into step with it card by card. Where its file cannot be used it is kept
    in memory alone.

    Args:
        path: the file; None keeps it in memory.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._using = threading.RLock()
        self._database: sqlite3.Connection | None = None

    @classmethod
    def of(cls, cards: Iterable[PaperCard]) -> "Ledger":
        """A ledger of some cards, in memory."""
        ledger = cls(None)
        _insert(ledger._opened(), cards)
        return ledger

    @classmethod
    def beside(cls, folder: Path, collection: str) -> "Ledger":
        """The ledger of a collection in the folder of what is derived from it."""
        return cls(folder / f"{collection}-ledger{_FORM}.sqlite3")

    def follow(self, store: "CardStore", revision: str) -> None:
        """Bring the ledger into step with a store.

        Args:
            store: the cards.
            revision: its present revision; where the ledger is at this one nothing is done.
        """
        with self._using:
            try:
                self._follow(store, revision)
            except sqlite3.Error:
                self._throw_away()
                try:
                    self._follow(store, revision)
                except sqlite3.Error:
                    # A disk or a folder that cannot be written.
                    self.close()
                    self._path = None
                    self._follow(store, revision)

    def _follow(self, store: "CardStore", revision: str) -> None:
        database = self._opened()
        if self.revision() == revision:
            return
        with _change(database):
            database.execute("DELETE FROM about")
        wanted, present = store.hashes(), dict(self._rows("SELECT id, hash FROM card"))
        # A card whose replacing was cut off has no hash, so it is read again each time.
        stale = [card_id for card_id, digest in wanted.items() if not digest or present.get(card_id) != digest]
        for start in range(0, len(stale), _AT_ONCE):
            with _change(database):
                _insert(database, store.get(stale[start : start + _AT_ONCE]).values())
        with _change(database):
            gone = [(card_id,) for card_id in present if card_id not in wanted]
            database.executemany("DELETE FROM card WHERE id = ?", gone)
            database.executemany("DELETE FROM heading WHERE id = ?", gone)
            _put_in_order(database, list(wanted))
            database.execute("INSERT INTO about VALUES ('revision', ?)", (revision,))

    def revision(self) -> str:
        """The store's revision that the ledger is in step with; empty where it is with none."""
        with suppress(sqlite3.Error):
            for (revision,) in self._rows("SELECT value FROM about WHERE key = 'revision'"):
                return str(revision)
        return ""

    def _throw_away(self) -> None:
        """Delete the file, which may be damaged: what it holds is in the store as well."""
        self.close()
        for ending in ("", "-wal", "-shm"):
            if self._path is not None:
                with suppress(OSError):
                    self._path.with_name(self._path.name + ending).unlink()

    def close(self) -> None:
        """Let go of the file; it is opened again when it is next used."""
        with self._using:
            if self._database is not None:
                self._database.close()
            self._database = None

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            if self._path is not None:
                with suppress(OSError):
                    self._path.parent.mkdir(parents=True, exist_ok=True)
            place = ":memory:" if self._path is None else str(self._path)
            database = sqlite3.connect(place, timeout=_PATIENCE, check_same_thread=False, isolation_level=None)
            try:
                database.execute("PRAGMA journal_mode = WAL")
                database.execute("PRAGMA journal_size_limit = 16000000")
                # All of it can be made anew, so it need not outlive a power cut.
                database.execute("PRAGMA synchronous = OFF")
                database.executescript(_TABLES)
            except sqlite3.Error:
                database.close()
                raise
            self._database = database
        return self._database

    def _rows(self, question: str, *values: Any) -> list[Any]:
        with self._using:
            return self._opened().execute(question, values).fetchall()

    # What it holds

    def held(self) -> list[Held]:
        """Every card, in the collection's order."""
        same: dict[str, str] = {}
        return [
            Held(
                card_id,
                same.setdefault(category, category),
                tuple(same.setdefault(tag, tag) for tag in json.loads(tags)),
            )
            for card_id, category, tags in self._rows("SELECT id, category, tags FROM card ORDER BY place")
        ]

    def texts_with(self, part: str) -> Iterator[tuple[str, str]]:
        """The cards whose folded text (see `mentions.folded_card`) holds some characters: ids and texts, in order."""
        found = self._each("SELECT place, id, folded FROM card WHERE instr(folded, ?) AND place > ?", _bytes(part))
        return ((card_id, bytes(text).decode("utf-8", "surrogatepass")) for card_id, text in found)

    def headed(self, words: Sequence[str]) -> frozenset[str]:
        """The ids of the cards in whose heading (see `browsing.heading_of`) each of some words stands."""
        found = [self._rows("SELECT id FROM heading WHERE instr(words, ?)", _bytes(word)) for word in words]
        return frozenset.intersection(*(frozenset(card_id for (card_id,) in rows) for rows in found))

    def names(self) -> Iterator[tuple[str, CardNames]]:
        """What the names of the collection are collected from, by card."""
        for card_id, text in self._each("SELECT place, id, names FROM card WHERE place > ?"):
            own, words = json.loads(text)
            yield card_id, CardNames(own, words)

    def spelt(self) -> Counter[str]:
        """How often cards use each word as it is spelt, once a field."""
        words: Counter[str] = Counter()
        for _, text in self._each("SELECT place, id, spelt FROM card WHERE place > ?"):
            words.update(json.loads(text))
        return words

    def definitions(self) -> Iterator[list[tuple[str, str]]]:
        """The abbreviations that each card defines, for cards that define any."""
        for _, text in self._each("SELECT place, id, defined FROM card WHERE defined != '[]' AND place > ?"):
            yield [(short, long) for short, long in json.loads(text)]

    def experiments(self) -> Iterator[tuple[str, list[Sentence]]]:
        """The sentences of each card that have names in them."""
        for card_id, text in self._each("SELECT place, id, tested FROM card WHERE place > ?"):
            yield (
                card_id,
                [
                    Sentence((place[0], place[1], place[2]), experiment, [Named(*name) for name in names])
                    for place, experiment, names in json.loads(text)
                ],
            )

    def _each(self, question: str, *values: Any) -> Iterator[tuple[str, Any]]:
        """Ids and one column, in order, some hundred at a time so that memory stays as it is."""
        place = -1
        while True:
            try:
                rows = self._rows(f"{question} ORDER BY place LIMIT {_AT_ONCE}", *values, place)
            except sqlite3.DatabaseError as error:
                self._throw_away()
                raise StoreError(
                    f"what is noted of the cards in {self._path} was damaged ({error}) and is made anew; ask again"
                ) from error
            yield from ((card_id, value) for _, card_id, value in rows)
            if len(rows) < _AT_ONCE:
                return
            place = rows[-1][0]


def _insert(database: sqlite3.Connection, cards: Iterable[PaperCard]) -> None:
    cards = list(cards)
    database.executemany(
        "INSERT OR REPLACE INTO heading VALUES (?, ?)", [(card.id, _bytes(heading_of(card))) for card in cards]
    )
    database.executemany(
        "INSERT INTO card (id, hash, category, tags, folded, names, spelt, defined, tested) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, "
        "category = excluded.category, tags = excluded.tags, folded = excluded.folded, names = excluded.names, "
        "spelt = excluded.spelt, defined = excluded.defined, tested = excluded.tested",
        map(_row, cards),
    )


def _row(card: PaperCard) -> tuple[str | bytes, ...]:
    names = CardNames.on(card)
    spelt = Counter(chain.from_iterable(set(_WORD.findall(card.text(field))) for field in FIELDS))
    return (
        card.id,
        card.content_hash(),
        card.category,
        _json(card.tags),
        _bytes(folded_card(card)),
        _json([names.own, sorted(names.words)]),
        _json(spelt),
        _json(defined_on(card)),
        _json(tested_on_card(card)),
    )


def _put_in_order(database: sqlite3.Connection, wanted: Sequence[str]) -> None:
    """Number the cards as the collection orders them, where new ones at the end do not do that by themselves."""
    if [card_id for (card_id,) in database.execute("SELECT id FROM card ORDER BY place")] != list(wanted):
        database.executemany(
            "UPDATE card SET place = ? WHERE id = ?", [(-place, each) for place, each in enumerate(wanted, 2)]
        )
        database.execute("UPDATE card SET place = -place WHERE place < 0")


@contextmanager
def _change(database: sqlite3.Connection) -> Iterator[None]:
    database.execute("BEGIN IMMEDIATE")
    with database:
        yield


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
