"""Chroma Cloud: where it is, opening it, and what it refuses in plain words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vectorstore.errors import StoreError

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.config import Settings

    from vectorstore.connection import StoreConfig

_HOST = "api.trychroma.com"
_OPENING_SECONDS, _SECONDS = 15.0, 60.0
# What Chroma says where there is no hybrid search, as on a server of one's own.
_NO_HYBRID = ("unimplemented", "sparse vector indexing is not enabled", "sparse vector is not supported")


@dataclass(frozen=True)
class Place:
    """Where Chroma Cloud answers."""

    host: str = _HOST
    port: int = 443
    encrypted: bool = True

    @property
    def url(self) -> str:
        """Its address."""
        return f"{'https' if self.encrypted else 'http'}://{self.host}:{self.port}"


def is_cloud(location: str) -> bool:
    """Whether a location means Chroma Cloud: `cloud`, or `cloud:HOST` for another region than the first."""
    return location == "cloud" or location.startswith("cloud:")


def place_of(location: str) -> Place:
    """Where a location that `is_cloud` is.

    Raises:
        StoreError: what stands behind the colon is no host.
    """
    host = location.partition(":")[2].strip()
    if not host:
        return Place()
    try:
        url = urlsplit(host if "://" in host else f"https://{host}")
        port = url.port or (443 if url.scheme == "https" else 80)
    except ValueError:
        url, port = urlsplit(""), 0
    if url.scheme not in ("http", "https") or not url.hostname or url.path.strip("/"):
        raise StoreError(
            f"ASSISTANT_STORE is {location!r}; it must be 'cloud', or 'cloud:' and the host of a region, "
            "such as cloud:europe-west1.gcp.trychroma.com"
        )
    return Place(url.hostname, port, url.scheme == "https")


def open_cloud(config: "StoreConfig", settings: "Settings") -> "ClientAPI":
    """A client of Chroma Cloud that waits for no answer for ever.

    Raises:
        StoreError: there is no key, or it is not accepted, or something else answers.
        Exception: whatever Chroma and httpx raise.
    """
    import chromadb
    import httpx

    if config.api_key is None:
        raise StoreError("Chroma Cloud needs a key: set CHROMA_API_KEY (and CHROMA_TENANT, CHROMA_DATABASE)")
    place, key = place_of(config.location.strip()), config.api_key.get_secret_value()
    # Chroma's own client waits without limit, so ask first whether anyone is there.
    who = httpx.get(f"{place.url}/api/v2/auth/identity", headers={"x-chroma-token": key}, timeout=_OPENING_SECONDS)
    if who.status_code in (401, 403):
        raise StoreError(_NO_KEY)
    if who.status_code == 200 and '"tenant"' not in who.text:
        raise StoreError(f"what answers at {place.host} is not Chroma Cloud; check ASSISTANT_STORE")
    client = chromadb.CloudClient(
        tenant=config.tenant,
        database=config.database,
        api_key=key,
        settings=settings,
        cloud_host=place.host,
        cloud_port=place.port,
        enable_ssl=place.encrypted,
    )
    client._server._session.timeout = httpx.Timeout(_SECONDS)  # type: ignore[attr-defined]
    return client


_NO_KEY = "Chroma Cloud did not accept the key; make one in its dashboard and set CHROMA_API_KEY"


def failure(config: "StoreConfig", error: BaseException, why: str) -> str:
    """What to tell the user.

    Args:
        config: where the store is.
        error: what Chroma or httpx raised.
        why: its words, without the key.
    """
    import httpx
    from chromadb import errors

    host, said = place_of(config.location.strip()).host, why.lower()
    if isinstance(error, httpx.TimeoutException):
        return f"Chroma Cloud at {host} did not answer in time ({why}); try again"
    if isinstance(error, httpx.TransportError):
        return f"Chroma Cloud at {host} cannot be reached ({why}); check the network and ASSISTANT_STORE"
    if isinstance(error, errors.ChromaAuthError) and "does not match" in said:
        return (
            f"the key is for another place ({why}); set CHROMA_TENANT and CHROMA_DATABASE as its dashboard shows them"
        )
    if isinstance(error, errors.ChromaAuthError | errors.AuthorizationError):
        return f"{_NO_KEY} ({why})"
    if any(words in said for words in _NO_HYBRID):
        return (
            f"what answers at {host} has no hybrid search ({why}); for a Chroma server of your own set "
            "ASSISTANT_STORE=http://host:port"
        )
    if isinstance(error, errors.QuotaError) or "quota" in said:
        return (
            f"Chroma Cloud sets a limit here ({why}); shorten what is too long or ask support@trychroma.com for more, "
            "then run the same command again: an ingest goes on where it was"
        )
    if isinstance(error, errors.RateLimitError):
        return f"Chroma Cloud was asked too often ({why}); run the same command again in a minute"
    if isinstance(error, errors.NotFoundError):
        return f"Chroma Cloud does not know what was asked for ({why}); set CHROMA_TENANT and CHROMA_DATABASE"
    return f"Chroma Cloud could not be used ({why}); check CHROMA_API_KEY, CHROMA_TENANT and CHROMA_DATABASE"
