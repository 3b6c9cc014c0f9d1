"""One writer at a time: a file lock among the processes of a state folder, a lease among those of a server."""

import hashlib
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vectorstore.connection import StoreConfig, plain_errors
from vectorstore.errors import StoreError

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

Progress = Callable[[int, int, str], None]

_PATIENCE = 600.0
# A writer tells that it is alive with every batch of cards; after so long without a word it was killed.
_DEAD_AFTER = 120.0
# A request of a process that was killed is carried out by then: the longest writes one batch of cards.
_LATE_REQUESTS = 2.0
_POLL = 1.0


class Lease:
    """The right to write to a Chroma that several machines share.

    Creating a collection is the one thing that Chroma does for one caller only, so who creates it holds the lease.

    Args:
        client: the connection to it.
        config: where it is, and whose collection is written.
        home: the state folder, within which a file lock sees to it that only one process asks.
    """

    def __init__(self, client: "ClientAPI", config: StoreConfig, home: Path) -> None:
        host = socket.gethostname()
        self._client, self._config, self._name = client, config, f"{config.collection}-writer"
        self._home = hashlib.sha256(f"{host}:{home.resolve()}".encode()).hexdigest()[:16]
        self._who = {"home": self._home, "holder": f"process {os.getpid()} on {host}"}
        self._held: Collection | None = None
        self._beats = 0
        self._seen: tuple[object, float] = (None, 0.0)

    def take(self) -> str | None:
        """Try to get the lease; gives None when it is ours, otherwise who holds it.

        Raises:
            StoreError: the store cannot be reached.
        """
        with plain_errors(self._config):
            return self._take()

    def _take(self) -> str | None:
        from chromadb.errors import ChromaError, NotFoundError

        now = time.monotonic()
        try:
            self._held = self._client.create_collection(
                self._name, embedding_function=None, metadata=self._who | {"beat": 0}
            )
            return None
        except ChromaError:
            pass  # somebody has it, or the next request says what is wrong
        try:
            other = self._client.get_collection(self._name, embedding_function=None)
        except NotFoundError:
            return "another process"
        told = other.metadata or {}
        if told.get("home") == self._home:
            # We hold this folder's lock, so whoever took the lease from here is no more; but what it last asked for
            # may still be on its way, and must not come after what we write.
            other.modify(metadata=self._who | {"beat": 0})
            time.sleep(_LATE_REQUESTS)
            self._held = other
            return None
        if self._seen[0] != (other.id, told.get("beat")):
            self._seen = ((other.id, told.get("beat")), now)
        elif now - self._seen[1] > _DEAD_AFTER:
            self._client.delete_collection(self._name)
        return str(told.get("holder", "another process"))

    def beat(self) -> None:
        """Say that we are alive.

        Raises:
            StoreError: others took the lease for abandoned.
        """
        if self._held is None:
            return
        from chromadb.errors import NotFoundError

        self._beats += 1
        with plain_errors(self._config):
            try:
                self._held.modify(metadata=self._who | {"beat": self._beats})
            except NotFoundError:
                raise StoreError(
                    "this ingest stood still for so long that another took its place; run it again"
                ) from None

    def release(self) -> None:
        """Let the next one write."""
        from chromadb.errors import NotFoundError

        held, self._held = self._held, None
        if held is None:
            return
        with plain_errors(self._config), suppress(NotFoundError):
            if self._client.get_collection(self._name, embedding_function=None).id == held.id:
                self._client.delete_collection(self._name)


class WriterLock:
    """What a process holds while it writes to the store or to what is derived from it; reentrant per thread.

    Args:
        path: the lock file.
        lease: also to be held where the store is shared beyond this folder.
    """

    def __init__(self, path: Path, lease: Lease | None = None) -> None:
        from filelock import FileLock

        self._path, self._lease = path, lease
        self._owner = path.with_suffix(".owner")
        self._guard = FileLock(path)

    @contextmanager
    def held(self, report: Progress) -> Iterator[None]:
        """Hold the lock; while another holds it, say who and wait.

        Raises:
            StoreError: it was not free within ten minutes, or the folder cannot be written.
        """
        deadline = time.monotonic() + _PATIENCE
        while (holder := self._take(_POLL)) is not None:
            if time.monotonic() > deadline:
                raise StoreError(f"{holder} has been ingesting for ten minutes; stop it or wait, then try again")
            report(0, 0, f"waiting for {holder} to finish its ingest")
        try:
            yield
        finally:
            self._release()

    @contextmanager
    def held_if_free(self) -> Iterator[bool]:
        """Hold the lock where nobody else does; gives whether it is held."""
        mine = self._take(0.0) is None
        try:
            yield mine
        finally:
            if mine:
                self._release()

    def beat(self) -> None:
        """Say that long work goes on."""
        if self._lease is not None:
            self._lease.beat()

    def _take(self, timeout: float) -> str | None:
        """None when the lock is held, otherwise who holds it."""
        from filelock import Timeout

        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            nested = self._guard.is_locked
            self._guard.acquire(timeout=timeout)
            if nested:
                return None
            self._owner.write_text(f"process {os.getpid()}", "utf-8")
        except Timeout:
            return self._other()
        except OSError as error:
            raise StoreError(
                f"the folder {self._path.parent} cannot be written ({error.strerror or error}); "
                "set ASSISTANT_HOME to one that can be"
            ) from error
        holder = self._lease.take() if self._lease is not None else None
        if holder is not None:
            self._guard.release()
            time.sleep(timeout)
        return holder

    def _release(self) -> None:
        try:
            if self._lease is not None and self._guard.lock_counter == 1:
                self._lease.release()
        finally:
            self._guard.release()

    def _other(self) -> str:
        try:
            return self._owner.read_text("utf-8").strip() or "another process"
        except OSError:
            return "another process"
