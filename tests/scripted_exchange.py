"""One request to the scripted server, and the two ways to script a reply to it."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any

from evals.exchange import Shown, chunk, cited, completion, error_body, evidence_of, last_message, wants_chinese


@dataclass
class Asked:
    """A request as it came in.

    Args:
        path: of the URL.
        headers: names in lower case.
        body: the JSON sent.
        nth: how many requests came before it.
        lies: sentences said that no answer may show.
    """

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    nth: int
    lies: list[str] = field(default_factory=list)

    @cached_property
    def prompt(self) -> str:
        """The last user message."""
        return last_message(self.body)

    @cached_property
    def chinese(self) -> bool:
        """Whether a Chinese answer is wanted."""
        return wants_chinese(self.prompt)

    @cached_property
    def evidence(self) -> list[Shown]:
        """What the prompt offers, those in the language of the answer first."""
        return evidence_of(self.prompt)

    @cached_property
    def with_figure(self) -> Shown:
        """The first evidence whose first sentence has a figure of its own, or else the first."""
        for item in self.evidence:
            if re.search(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w-])", item.sentence):
                return item
        return self.evidence[0]

    def say(self, text: str, *numbers: int) -> str:
        """A sentence with its markers."""
        return cited(text, *numbers, chinese=self.chinese)

    def lie(self, text: str, *numbers: int) -> str:
        """A sentence with its markers that no answer may show."""
        self.lies.append(text.strip(" .。"))
        return self.say(text, *numbers)

    def truth(self, which: int = 0) -> str:
        """A sentence of the evidence, cited as it should be."""
        item = self.evidence[min(which, len(self.evidence) - 1)]
        return self.say(item.sentence, item.number)


class Wire:
    """The connection of one request, for scripts that send their bytes themselves."""

    def __init__(self, asked: Asked, handler: BaseHTTPRequestHandler, closing: threading.Event, other: str):
        self.asked, self._handler, self._closing, self.other_host = asked, handler, closing, other

    def status(self, code: int, body: Any = None, **headers: str) -> None:
        """A whole reply that is not streamed; `body` is sent as JSON."""
        raw = json.dumps(body if body is not None else error_body(f"status {code}")).encode()
        self.head(code, content_type="application/json", content_length=str(len(raw)), **headers)
        self.send(raw)

    def head(self, code: int = 200, **headers: str) -> None:
        """The status line and headers; a stream of events that ends with the connection by default."""
        headers.setdefault("content_type", "text/event-stream")
        self._handler.send_response(code)
        for name, value in headers.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.send_header("connection", "close")
        self._handler.end_headers()

    def send(self, raw: bytes) -> None:
        """Bytes as they are."""
        self._handler.wfile.write(raw)
        self._handler.wfile.flush()

    def event(self, text: str = "", finish: str | None = None, **delta: Any) -> None:
        """One event of a streamed chat completion."""
        self.send(b"data: " + json.dumps(chunk({"content": text} | delta, finish)).encode() + b"\n\n")

    def done(self, finish: str = "stop") -> None:
        """The end of a proper stream, with usage."""
        self.event("", finish)
        usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
        self.send(b"data: " + json.dumps(chunk(None, None) | {"usage": usage}).encode() + b"\n\n")
        self.send(b"data: [DONE]\n\n")

    def wait(self, seconds: float = 60.0) -> None:
        """Do nothing for so long, or until the server closes."""
        self._closing.wait(seconds)

    def ticks(self, seconds: float) -> Iterator[int]:
        """Count, a number every so many seconds, until the server closes."""
        for number in count():
            if self._closing.wait(seconds):
                return
            yield number

    def reply(self, text: str) -> None:
        """A well-formed reply, streamed or not as the request asked."""
        if not self.asked.body.get("stream"):
            self.status(200, completion(text))
            return
        self.head()
        for piece in re.findall(r"\s*\S+\s*|\s+", text):
            self.event(piece)
        self.done()


Says = Callable[[Asked], str]
OnTheWire = Callable[[Wire], None]
BEHAVIOURS: dict[str, OnTheWire] = {}


def says(script: Says) -> Says:
    """Register a script that returns the text of a reply."""
    BEHAVIOURS[script.__name__] = lambda wire: wire.reply(script(wire.asked))
    return script


def on_the_wire(script: OnTheWire) -> OnTheWire:
    """Register a script that sends its bytes itself."""
    BEHAVIOURS[script.__name__] = script
    return script
