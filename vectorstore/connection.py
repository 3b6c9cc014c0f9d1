"""The connection to Chroma: embedded, a server or Chroma Cloud, telemetry off, every error a plain one."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from vectorstore.chroma_import import import_chroma
from vectorstore.cloud import failure, is_cloud, open_cloud
from vectorstore.errors import StoreError, UserError
from vectorstore.rescue import DATABASE, is_headless

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.config import Settings

# Longer names get a part's name behind them, and Chroma takes names of at most 512 characters.
_COLLECTION = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{1,198}[a-zA-Z0-9]")
_SERVER_SECONDS = 5.0
_OPENING_SECONDS = 60.0
_SHOWN = 160
# Records that one request may ask for: SQLite's patience at home, the documented quota in the cloud.
_PAGE, _CLOUD_PAGE = 2_000, 300


@dataclass(frozen=True)
class StoreConfig:
    """Where the store is.

    Args:
        location: `embedded`, `http(s)://host:port` of a Chroma server, or `cloud` (`cloud:HOST` for another region).
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

    @property
    def kind(self) -> str:
        """`embedded`, `cloud` or `server`."""
        place = self.location.strip().lower()
        if is_cloud(place):
            return "cloud"
        return "embedded" if place == "embedded" else "server"

    @property
    def page(self) -> int:
        """How many records one request may ask for or write."""
        return _CLOUD_PAGE if self.kind == "cloud" else _PAGE


@contextmanager
def opening(config: StoreConfig) -> Iterator[None]:
    """Let one process at a time open an embedded store: two that make its tables at once both fail."""
    if config.kind != "embedded":
        yield
        return
    from filelock import FileLock

    lock = config.path.with_name(f"{config.path.name}.opening")
    with plain_errors(config):
        lock.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, timeout=_OPENING_SECONDS):
            yield


def connect(config: StoreConfig) -> "ClientAPI":
    """Open a Chroma client that shares nothing with any other of this process.

    Raises:
        StoreError: the place cannot be reached, read or written; says what to check.
    """
    if not _COLLECTION.fullmatch(config.collection) or ".." in config.collection:
        raise StoreError(
            f"ASSISTANT_COLLECTION is {config.collection!r}; it must be 3 to 200 letters, digits, '.', '_' or '-', "
            "with a letter or digit at both ends"
        )
    import_chroma()
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    with plain_errors(config):
        return _OPENERS[config.kind](config, settings)


def _embedded(config: StoreConfig, settings: "Settings") -> "ClientAPI":
    from chromadb.api import ServerAPI
    from chromadb.api.client import Client
    from chromadb.config import System

    config.path.mkdir(parents=True, exist_ok=True)
    if is_headless(config.path):
        raise StoreError(
            f"the store in {config.path} has lost its database ({DATABASE}); put it back, or run "
            "`assistant doctor --repair` to begin anew"
        )
    settings.is_persistent, settings.persist_directory = True, str(config.path)
    # `PersistentClient` hands out one cached system per folder, whose vector index never sees what other
    # processes write and overwrites it at its next write: each connection needs a system of its own.
    system = System(settings)
    system.instance(ServerAPI)  # type: ignore[type-abstract]
    system.start()
    return Client.from_system(system)


def _server(config: StoreConfig, settings: "Settings") -> "ClientAPI":
    import chromadb
    import httpx
    from chromadb.config import DEFAULT_DATABASE, DEFAULT_TENANT

    place = config.location.strip()
    try:
        url = urlsplit(place)
        port = url.port or (443 if url.scheme == "https" else 8000)
    except ValueError:
        url, port = urlsplit(""), 0
    if url.scheme not in ("http", "https") or not url.hostname:
        raise StoreError(f"ASSISTANT_STORE is {place!r}; it must be 'embedded', 'cloud' or 'http://host:port'")
    headers = {"x-chroma-token": config.api_key.get_secret_value()} if config.api_key else {}
    # Chroma's own client waits without limit, so ask first whether anyone is there.
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    alive = httpx.get(f"{url.scheme}://{host}:{port}/api/v2/heartbeat", headers=headers, timeout=_SERVER_SECONDS)
    if alive.status_code in (401, 403):
        raise StoreError(f"the Chroma server at {place} did not accept the key; set CHROMA_API_KEY")
    if alive.status_code != 200 or "heartbeat" not in alive.text:
        raise StoreError(f"what answers at {place} is not a Chroma server; check ASSISTANT_STORE")
    return chromadb.HttpClient(
        host=host,
        port=port,
        ssl=url.scheme == "https",
        headers=headers or None,
        settings=settings,
        tenant=config.tenant or DEFAULT_TENANT,
        database=config.database or DEFAULT_DATABASE,
    )


_OPENERS: dict[str, Callable[[StoreConfig, "Settings"], "ClientAPI"]] = {
    "embedded": _embedded,
    "server": _server,
    "cloud": open_cloud,
}


@contextmanager
def plain_errors(config: StoreConfig) -> Iterator[None]:
    """Turn whatever Chroma raises into a `StoreError` that says what to do."""
    try:
        yield
    except UserError:
        raise
    except OSError as error:
        raise StoreError(
            f"the store folder {config.path} cannot be used ({error.strerror or error}); "
            "set ASSISTANT_HOME to a folder that can be written"
        ) from error
    except Exception as error:
        raise StoreError(_failure(config, error)) from error
    except BaseException as error:
        # A panic of Chroma's Rust part, as on a damaged page, is no Exception to Python.
        if type(error).__name__ != "PanicException":
            raise
        raise StoreError(_failure(config, error)) from error


def _failure(config: StoreConfig, error: BaseException) -> str:
    said = " ".join(str(error).split())
    if config.api_key:
        said = said.replace(config.api_key.get_secret_value(), "***")
    why = f"{type(error).__name__}: {said[:_SHOWN]}" if said else type(error).__name__
    if config.kind == "embedded":
        return (
            f"the store in {config.path} cannot be used ({why}); if it stays so, `assistant doctor --repair` sets that "
            "folder aside and builds a new one from what can still be read"
        )
    if config.kind == "cloud":
        return failure(config, error, why)
    return (
        f"the Chroma server at {config.location.strip()} could not be used ({why}); check that it runs "
        "(`chroma run --port 8000`) and what ASSISTANT_STORE says"
    )


class Part:
    """One Chroma collection whose errors are plain: `plain_errors` around each of its methods."""

    def __init__(self, collection: Any, config: StoreConfig) -> None:
        self._collection, self._config = collection, config

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._collection, name)
        if not callable(member):
            return member

        @wraps(member)
        def call(*args: Any, **kwargs: Any) -> Any:
            with plain_errors(self._config):
                return member(*args, **kwargs)

        return call
