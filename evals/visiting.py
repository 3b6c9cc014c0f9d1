"""A visitor of the page without a browser: asks and rates through the page's own events, and reads what it shows."""

import json
import re
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import httpx
from gradio_client.utils import apply_diff  # type: ignore[import-untyped]

from vectorstore.errors import UserError

_TURN = re.compile(r'data-turn="([^"]+)"')
_FAILED = re.compile(r'class="answer failed"[^>]*>(.*?)</div>', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
# The draft while it is written, or the verified answer where no model writes.
_TEXT = ('class="draft"', 'class="said"')


class Refused(Exception):
    """The server gave no answer, and said why in a sentence."""


class Lost(Exception):
    """The server neither gave what was asked for nor said why."""


@dataclass(frozen=True)
class Endpoint:
    """What the queue needs to know of one endpoint.

    Args:
        number: by which the queue knows it.
        inputs: how many it takes.
        outputs: the components that it changes, by their ids.
    """

    number: int
    inputs: int
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Site:
    """What a server says of its endpoints and of the page's parts.

    Args:
        endpoints: by name.
        parts: ids of components, by their kind; the first of each.
    """

    endpoints: Mapping[str, Endpoint]
    parts: Mapping[str, int]

    @classmethod
    async def of(cls, client: httpx.AsyncClient) -> "Site":
        """Ask a server.

        Raises:
            UserError: there is none.
        """
        try:
            config = (await client.get("/config")).raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise UserError(
                f"no server answers at {client.base_url}: {error}; start one with `assistant serve`"
            ) from None
        endpoints: dict[str, Endpoint] = {}
        for found in config["dependencies"]:
            endpoint = Endpoint(int(found["id"]), len(found["inputs"]), tuple(found["outputs"]))
            endpoints.setdefault(str(found["api_name"]), endpoint)
        parts: dict[str, int] = {}
        for component in config["components"]:
            parts.setdefault(str(component["type"]), int(component["id"]))
        return cls(endpoints, parts)

    def endpoint(self, name: str) -> Endpoint:
        """One endpoint.

        Raises:
            UserError: the server has none of that name.
        """
        if name not in self.endpoints:
            raise UserError(f"the server has no endpoint {name}; is it `assistant serve` of this version?")
        return self.endpoints[name]


@dataclass(frozen=True)
class Said:
    """What came of one question.

    Args:
        first: seconds until the page changed.
        text: seconds until words of an answer stood on it.
        whole: seconds until the verified answer stood there.
        html: that answer.
        turn: its id in the log of conversations; empty where it is not kept.
        conversation: the conversation's id; empty likewise.
        failed: why there is no answer, as the page says it; empty where there is one.
    """

    first: float
    text: float
    whole: float
    html: str
    turn: str
    conversation: str
    failed: str


class Visitor:
    """One browser's worth of a visitor; asks one thing at a time.

    Args:
        client: reaches the server.
        site: what it offers.
        session: a name of this visitor's own.
    """

    def __init__(self, client: httpx.AsyncClient, site: Site, session: str) -> None:
        self._client, self._site, self._session = client, site, session
        self.headers: dict[str, str] = {}
        """Sent with every request: this visitor's cookies, by one of which the server tells its workers apart."""
        self._kept: Any = None

    async def arrives(self) -> None:
        """Fetch the page, and the cookies that come with it."""
        opening = await self._client.get("/", headers={"Accept": "text/html"})
        cookies = "; ".join(f"{name}={value}" for name, value in opening.cookies.items())
        self.headers = {"Cookie": cookies} if cookies else {}
        self._client.cookies.clear()

    async def opens(self) -> None:
        """Fetch the page and have it filled, as a browser does."""
        await self.arrives()
        async with aclosing(self._events("opened", [self._kept])) as events:
            async for event in events:
                if event["msg"] == "process_completed":
                    self._remember("opened", _completed(event))

    def begins_anew(self) -> None:
        """The next question begins a conversation."""
        if isinstance(self._kept, dict):
            self._kept = self._kept | {"conversation": None}

    async def asks(self, question: str) -> Said:
        """Ask, and wait for the verified answer.

        Raises:
            Refused: the server takes no question now.
            Lost: the answer does not come, and nobody says why.
            httpx.HTTPError: the server cannot be reached.
        """
        endpoint = self._site.endpoint("asked")
        place = endpoint.outputs.index(self._site.parts["chatbot"])
        began = time.perf_counter()
        first = text = None
        messages: Any = None
        data: list[Any] | None = None
        async with aclosing(self._events("asked", [question, self._kept])) as events:
            async for event in events:
                now = time.perf_counter() - began
                if event["msg"] == "process_generating" and text is None:
                    shown = event["output"]["data"][place]
                    messages = shown if first is None else apply_diff(messages, shown)
                    first = now if first is None else first
                    text = now if any(mark in _last(messages) for mark in _TEXT) else None
                elif event["msg"] == "process_completed":
                    data = _completed(event)
                    whole = now
        if data is None:
            raise Lost("the answer did not come")
        self._remember("asked", data)
        html = _last(data[place])
        failed = _FAILED.search(html)
        turn = _TURN.search(html)
        return Said(
            first=whole if first is None else first,
            text=whole if text is None else text,
            whole=whole,
            html=html,
            turn=turn[1] if turn else "",
            conversation=str((self._kept or {}).get("conversation") or ""),
            failed=" ".join(_TAG.sub(" ", failed[1]).split()) if failed else "",
        )

    async def rates(self, turn: str, rating: str, comment: str = "") -> None:
        """Rate an answer of the open conversation.

        Raises:
            Refused: the server does not take it.
            Lost: it does not say so.
        """
        sent = {"turn": turn, "rating": rating, "comment": comment}
        async with aclosing(self._events("rated", [self._kept], sent)) as events:
            async for event in events:
                if event["msg"] == "process_completed":
                    _completed(event)
                    return
        raise Lost("whether the rating was kept was not said")

    def _remember(self, name: str, data: list[Any]) -> None:
        self._kept = data[self._site.endpoint(name).outputs.index(self._site.parts["browserstate"])]

    async def _events(self, name: str, inputs: list[Any], sent: Any = None) -> AsyncGenerator[dict[str, Any], None]:
        """Call an endpoint of the page; its events until the server closes the stream."""
        body = {"data": inputs, "event_data": sent, "fn_index": self._site.endpoint(name).number}
        events = called(self._client, body | {"session_hash": self._session}, self.headers)
        async with aclosing(events):
            async for event in events:
                yield event


async def called(
    client: httpx.AsyncClient, body: Mapping[str, Any], headers: Mapping[str, str]
) -> AsyncGenerator[dict[str, Any], None]:
    """Put a call into the server's queue; its events until the server closes the stream.

    Args:
        client: reaches the server.
        body: `data`, `fn_index` and `session_hash`.
        headers: sent along.

    Raises:
        Refused: the server takes no call now.
    """
    joined = await client.post("/gradio_api/queue/join", json=body, headers=headers)
    if joined.status_code in (429, 503):
        raise Refused(_sentence(joined))
    joined.raise_for_status()
    session = {"session_hash": str(body["session_hash"])}
    async with client.stream("GET", "/gradio_api/queue/data", params=session, headers=headers) as answering:
        answering.raise_for_status()
        async for line in answering.aiter_lines():
            if not line.startswith("data:"):
                continue
            event: dict[str, Any] = json.loads(line[5:])
            if event["msg"] == "close_stream":
                return
            yield event


def _completed(event: Mapping[str, Any]) -> list[Any]:
    if not event["success"]:
        if error := event["output"].get("error"):
            raise Refused(str(error))
        raise Lost("the page failed without a word")
    found: list[Any] = event["output"]["data"]
    return found


def _sentence(response: httpx.Response) -> str:
    try:
        said = response.json()
        return str(said["detail"])
    except (ValueError, KeyError, TypeError):
        raise Lost(f"status {response.status_code} without a sentence") from None


def _last(messages: Any) -> str:
    """The HTML of the last message of a chat."""
    return "".join(_texts(messages[-1]["content"])) if messages else ""


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    if isinstance(content, list):
        return [text for part in content for text in _texts(part)]
    if isinstance(content, dict):
        return [text for key in ("value", "text") if key in content for text in _texts(content[key])]
    return []
