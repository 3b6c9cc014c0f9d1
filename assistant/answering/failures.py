"""What went wrong with a language model, as one plain line that says what to do next."""

import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from vectorstore.errors import UserError

_DOCTOR = "`assistant doctor` tells more"
# How vLLM, llama.cpp, Ollama and OpenAI say that a prompt is too long.
_OVERFLOW = re.compile(r"context[ _](?:length|window|size)|(?:prompt|input) is too long", re.IGNORECASE)
_FIRST_WAIT = 0.3  # seconds before the first retry where the server does not say
# Seconds to wait; a wrong host name or address stays wrong.
_WORTH_ANOTHER_TRY = {
    "connection refused": 0.2,
    "the connection was cut": _FIRST_WAIT,
    "connection failed": _FIRST_WAIT,
}


class ModelError(UserError):
    """A language model that gave nothing to use.

    Args:
        problem: what happened, without what the server or the key said.
        advice: what to type or set next.
        retry_after: seconds after which the same request may succeed; None where it will not.
        dead: any other request would have failed alike.
    """

    def __init__(self, problem: str, advice: str = "", retry_after: float | None = None, *, dead: bool = False) -> None:
        super().__init__(f"{problem}: {advice}" if advice else problem)
        self.problem, self.advice, self.retry_after, self.dead = problem, advice, retry_after, dead


@dataclass(frozen=True)
class Endpoint:
    """Where a model is, as far as a message may say it.

    Args:
        model: the model's name.
        url: address without user name, password and query; None for a provider's own.
        local: the address is this machine.
    """

    model: str
    url: str | None = None
    local: bool = False

    @classmethod
    def of(cls, model: str, base_url: str | None) -> "Endpoint":
        """The endpoint of a configured address."""
        if base_url is None:
            return cls(model)
        try:
            parts = urlsplit(base_url)
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            return cls(model, "(an address that cannot be read)")
        host = parts.hostname or ""
        shown = f"[{host}]" if ":" in host else host
        local = host == "localhost" or host.startswith("127.") or host == "::1"
        return cls(model, f"{parts.scheme}://{shown}{port}{parts.path}".rstrip("/"), local)

    def __str__(self) -> str:
        return f"the model {self.model} at {self.url}" if self.url else f"the model {self.model}"

    @property
    def address_setting(self) -> str:
        """What to look at when nothing is reached."""
        return "check OPENAI_BASE_URL" if self.url else "check the network connection"


def explained(error: BaseException, endpoint: Endpoint, timeout: float, offered: Sequence[str] = ()) -> ModelError:
    """Any exception of a provider's client as a `ModelError`.

    Nothing that the server said is repeated: it may hold the key, markup or instructions.

    Args:
        error: what was raised.
        endpoint: whom we asked.
        timeout: the configured limit, in seconds.
        offered: names of models that the endpoint offers, where they are known.
    """
    from langchain_core import exceptions as known

    if isinstance(error, ModelError):
        return error
    chain = list(_chain(error))
    status = next((s for s in (getattr(e, "status_code", None) for e in chain) if isinstance(s, int)), None)
    overflows = status in (400, 413, 422) and _OVERFLOW.search(f"{error} {getattr(error, 'body', '')}")
    if overflows or any(isinstance(e, known.ContextOverflowError) for e in chain):
        return ModelError(f"{endpoint} cannot read a prompt this long", "lower ASSISTANT_CONTEXT_TOKENS")
    if status is not None:
        return _of_status(status, error, endpoint, offered)
    if any(isinstance(e, TimeoutError | known.ModelTimeoutError) for e in chain):
        return timed_out(endpoint, timeout)
    if any(isinstance(e, known.ModelAuthenticationError) for e in chain) or "redentials" in type(error).__name__:
        return _rejected(endpoint)
    unreadable = {type(e).__name__ for e in chain} & {"DecodingError"}
    reason = _network_reason(chain)
    if not unreadable and (reason or any(isinstance(e, known.ModelConnectionError) for e in chain)):
        reason = reason or "connection failed"
        return ModelError(
            f"{endpoint} could not be reached ({reason})",
            f"{endpoint.address_setting}; {_DOCTOR}",
            retry_after=_WORTH_ANOTHER_TRY.get(reason),
            dead=True,
        )
    if any(isinstance(e, known.ModelRateLimitError) for e in chain):
        return _too_many(error, endpoint)
    return ModelError(
        f"{endpoint} sent something that is not a chat completion ({type(error).__name__})",
        f"{endpoint.address_setting} (it usually ends in /v1)" if endpoint.url else _DOCTOR,
    )


def timed_out(endpoint: Endpoint, timeout: float) -> ModelError:
    """The configured limit has passed."""
    return ModelError(
        f"{endpoint} did not finish within {timeout:g} s",
        "raise ASSISTANT_MODEL_TIMEOUT or use a faster model",
        dead=True,
    )


def left_alone(endpoint: Endpoint, seconds: float) -> ModelError:
    """It has just failed, and is not asked again before so many seconds have passed."""
    return ModelError(
        f"{endpoint} has just failed and is left alone for a moment", f"try again in {seconds:.0f} s; {_DOCTOR}"
    )


def no_completion(endpoint: Endpoint) -> ModelError:
    """The endpoint answered, but not with a chat completion."""
    return ModelError(
        f"{endpoint} sent no chat completion",
        "check OPENAI_BASE_URL (it usually ends in /v1)" if endpoint.url else _DOCTOR,
    )


def _of_status(status: int, error: BaseException, endpoint: Endpoint, offered: Sequence[str]) -> ModelError:
    if 300 <= status < 400:
        return ModelError(
            f"{endpoint} sent us to another address, which is not followed",
            "set OPENAI_BASE_URL to the final address",
        )
    if status in (401, 403):
        return _rejected(endpoint)
    if status == 404:
        if offered:
            return ModelError(
                f"{endpoint} is not offered there", f"set ASSISTANT_MODEL to one of: {', '.join(offered)}"
            )
        where = "check ASSISTANT_MODEL" + (" and OPENAI_BASE_URL (it usually ends in /v1)" if endpoint.url else "")
        return ModelError(f"{endpoint} was not found (404)", where)
    if status == 429:
        return _too_many(error, endpoint)
    if status >= 500 or status in (408, 409):
        return ModelError(
            f"{endpoint} failed on the server's side ({status})",
            f"try again later; {_DOCTOR}",
            retry_after=_retry_after(error) or _FIRST_WAIT,
            dead=True,
        )
    return ModelError(f"{endpoint} does not accept the request ({status})", f"check ASSISTANT_MODEL; {_DOCTOR}")


def _rejected(endpoint: Endpoint) -> ModelError:
    return ModelError(f"{endpoint} did not accept the key", "set OPENAI_API_KEY (or your provider's variable)")


def _too_many(error: BaseException, endpoint: Endpoint) -> ModelError:
    if getattr(error, "code", None) == "insufficient_quota":
        return ModelError(f"{endpoint} says that the account has no quota left (429)", "see your provider's billing")
    return ModelError(
        f"{endpoint} takes no more requests for now (429)",
        "wait a little, or use another model",
        retry_after=_retry_after(error) or _FIRST_WAIT,
        dead=True,
    )


def _retry_after(error: BaseException) -> float | None:
    """The seconds that the server asked for, where it did."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    value = str(headers.get("retry-after", ""))
    return float(value) if re.fullmatch(r"\d{1,5}(\.\d{1,3})?", value) else None


def _network_reason(chain: Sequence[BaseException]) -> str | None:
    for error in chain:
        if isinstance(error, ConnectionRefusedError):
            return "connection refused"
        if isinstance(error, socket.gaierror):
            return "no such host"
        if isinstance(error, ssl.SSLError):
            return "no secure connection"
    names = {type(error).__name__ for error in chain}
    if names & {"RemoteProtocolError", "ReadError", "WriteError", "BrokenPipeError", "ConnectionResetError"}:
        return "the connection was cut"
    if names & {"UnsupportedProtocol", "LocalProtocolError", "InvalidURL"}:
        return "not an http address"
    return "connection failed" if any(isinstance(error, OSError) for error in chain) else None


def _chain(error: BaseException | None, depth: int = 8) -> Iterator[BaseException]:
    """The error, its causes, and the members of groups among them."""
    if error is None or depth == 0:
        return
    yield error
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from _chain(member, depth - 1)
    yield from _chain(error.__cause__ or error.__context__, depth - 1)
