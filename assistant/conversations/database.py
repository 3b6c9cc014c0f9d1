"""The SQLite file behind the log: opened for each piece of work, its owner's alone, errors in plain words."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from vectorstore.errors import UserError

# Tells our files from other programs' SQLite files.
_APPLICATION = 0x50434C47
_VERSION = 1
_PATIENCE = 20.0
_SCHEMA = """
CREATE TABLE conversation (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    started TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE turn (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    conversation TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    asked_at TEXT NOT NULL,
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    filters TEXT NOT NULL,
    rating TEXT CHECK (rating IN ('up', 'down')),
    comment TEXT NOT NULL DEFAULT ''
);
CREATE INDEX conversation_of_owner ON conversation (owner);
CREATE INDEX turn_of_conversation ON turn (conversation, number);
CREATE INDEX rated_turn ON turn (rating) WHERE rating IS NOT NULL;
"""


class Database:
    """A file of conversations; safe to use from many threads and several processes.

    Args:
        path: the file, made at first use; None keeps everything in memory, until the object is gone.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._memory: sqlite3.Connection | None = None
        self._lock = threading.RLock()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read with.

        Raises:
            UserError: the file is damaged, another program's, from a later version, or cannot be opened.
        """
        with self._connected() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection within a transaction of its own: all of what is done is kept, or none.

        Raises:
            UserError: as `reading`; or the file cannot be written.
        """
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def forget(self) -> None:
        """Empty the write-ahead log too: what was deleted is then in no file any more.

        Raises:
            UserError: another program has been reading the file for long, so the words are still there.
        """
        with self._connected() as connection:
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy and self.path is not None:
            raise UserError(
                f"it is deleted, but another program is reading {self.path}, and some of its words are still in "
                f"{self.path.name}-wal; they go when that program ends"
            )

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            if self.path is None:
                with self._lock:
                    if self._memory is None:
                        self._memory = self._open(":memory:")
                    yield self._memory
                return
            self._make(self.path)
            # A connection for each piece of work shares nothing between threads, and costs under a millisecond.
            with closing(self._open(str(self.path))) as connection:
                yield connection
        except sqlite3.OperationalError as error:
            raise self._unusable(error) from error
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.DataError):
                raise
            raise self.damaged(str(error)) from error
        except OSError as error:
            raise self._unusable(error) from error

    @staticmethod
    def _make(path: Path) -> None:
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        # SQLite gives the files beside it (-wal, -shm) the same mode.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    def _open(self, name: str) -> sqlite3.Connection:
        connection = sqlite3.connect(name, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA foreign_keys = ON")
            self._brought_up(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _brought_up(self, connection: sqlite3.Connection) -> None:
        if self._version(connection) == _VERSION:
            return
        if self._holds_something(connection) and self._version(connection) == 0:
            raise self.damaged("it is another program's file")
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have been quicker.
            if self._version(connection) == 0:
                for statement in _SCHEMA.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                connection.execute(f"PRAGMA user_version = {_VERSION}")
            connection.commit()
        except BaseException:
            connection.rollback()
            raise

    @staticmethod
    def _holds_something(connection: sqlite3.Connection) -> bool:
        return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])

    def _version(self, connection: sqlite3.Connection) -> int:
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        application: int = connection.execute("PRAGMA application_id").fetchone()[0]
        if version and application != _APPLICATION:
            raise self.damaged("it is another program's file")
        if version > _VERSION:
            raise UserError(f"the conversations in {self.path} were written by a later version; update this program")
        return version

    def damaged(self, why: str) -> UserError:
        """What is said of a file that cannot be read as ours."""
        return UserError(
            f"the conversations in {self.path} cannot be read ({why}); move that file away to begin a new one, "
            "or set ASSISTANT_KEEP_CONVERSATIONS=false to keep none"
        )

    def _unusable(self, error: Exception) -> UserError:
        return UserError(
            f"the conversations in {self.path} cannot be used ({getattr(error, 'strerror', None) or error}); "
            "mend that, or set ASSISTANT_KEEP_CONVERSATIONS=false to keep none"
        )
