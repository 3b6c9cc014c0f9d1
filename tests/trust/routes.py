"""Every route that the application has, found in the application itself, and one request to any of them."""

import http.client
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from assistant.web.paths import HEALTH_PATHS, LOGIN_PATH, LOGOUT_PATH

if TYPE_CHECKING:
    from served import Served

JSON = {"Content-Type": "application/json"}
# What stands for the variable parts of a path.
SAMPLES = {
    "api_name": "card",
    "event_id": "0123456789abcdef",
    "session_hash": "abc123",
    "path": "img/logo.svg",
    "path_or_url": "x.png",
    "url_path": "https://example.com/x",
    "file_name": "x.js",
    "ext": "ts",
    "size": "32",
}
# How long what may stay open for ever is listened to.
_LISTENING_SECONDS = 1.0


@dataclass
class Said:
    """What came back: the status (0 where nothing came in time), the headers in small letters, and the body."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def every_route(served: "Served") -> list[tuple[str, str]]:
    """Method and path, with its variable parts in braces, of everything that the server could answer."""
    found = {(method, path) for method, path in _routes(served.guard._app.routes)}  # type: ignore[attr-defined]
    own = {("GET", path) for path in (*HEALTH_PATHS, LOGIN_PATH, LOGOUT_PATH)}
    return sorted(found | own | {("POST", LOGIN_PATH)})


def _routes(routes: Any, before: str = "") -> Iterator[tuple[str, str]]:
    for route in iter_route_contexts(routes):
        if isinstance(route.original_route, Mount):
            yield from _routes(route.original_route.app.routes, before + (route.path or ""))
        else:
            yield from ((method, before + (route.path or "")) for method in route.methods or {"GET"})


def filled(path: str) -> str:
    """A path with something in place of its variable parts."""
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: SAMPLES.get(found[1], "1"), path)


def ask(
    served: "Served", method: str, target: str, headers: dict[str, str] | None = None, body: bytes | None = None
) -> Said:
    """One request whose target goes over the wire as it stands; what never ends is cut off."""
    address = urlsplit(served.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    try:
        # What is asked for is put past the checks of http.client, whose care would hide what the server does.
        connection._validate_path = lambda url: None  # type: ignore[attr-defined]
        connection.request(method, target, body=body, headers=headers or {})
        response = connection.getresponse()
        said = Said(response.status, [(name.lower(), value) for name, value in response.getheaders()])
        if "event-stream" in said.header("content-type") and connection.sock:
            connection.sock.settimeout(_LISTENING_SECONDS)
        try:
            while piece := response.read1(65536):
                said.body += piece
        except TimeoutError:
            pass
        return said
    finally:
        connection.close()


def tells_nothing_of_the_machine(said: Said, *more: str) -> None:
    """Fail where an answer names a folder of this machine, or holds a traceback."""
    import gradio

    places = {sys.prefix, str(Path(__file__).parents[2]), str(Path.home()), str(Path(gradio.__file__).parent)}
    places |= {str(Path.cwd()), tempfile.gettempdir(), *more} - {"/"}
    for word in (*places, "Traceback (most recent", "site-packages"):
        assert word not in said.text, f"{word} in {said.text[:2000]}"


def _policies(said: Said) -> dict[str, list[str]]:
    parts = [part.split() for part in said.header("content-security-policy").split(";") if part.strip()]
    return {name: sources for name, *sources in parts}


def is_guarded(said: Said, what: object) -> None:
    """Fail unless an answer forbids a browser what our page does not need."""
    assert said.header("x-content-type-options") == "nosniff", what
    assert said.header("referrer-policy") in ("same-origin", "no-referrer"), what
    policy = _policies(said)
    assert policy.get("frame-ancestors") in (["'self'"], ["'none'"]), what
    assert "default-src" in policy, what
    for sources in policy.values():
        for source in sources:
            assert re.fullmatch(r"'[\w-]+'|data:|blob:", source), f"{source} of {what} is another host"
    assert said.header("access-control-allow-origin") not in ("*", "null", "https://evil.example"), what
    for name, value in said.headers:
        if name == "set-cookie":
            for cookie in SimpleCookie(value).values():
                assert cookie["httponly"], (what, value)
                assert cookie["samesite"].lower() in ("lax", "strict"), (what, value)
