"""Several processes that answer, behind one front that keeps each client with the same one.

Gradio's queue and what it knows of a visitor live in one process: whoever has asked there must fetch the answer
there. So the front gives each browser a worker of its own by a cookie, and sends programs, which keep no
cookies, where their name or address leads. Workers listen on sockets in a folder that only this user can enter,
so nothing reaches them but through the guard in front.
"""

import asyncio
import logging
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from assistant.web.guard import USER_HEADER
from vectorstore.errors import UserError

COOKIE = "paper-cards-worker"
_START_SECONDS = 600
_STOP_SECONDS = 10
_WATCH_SECONDS = 1.0
# What concerns one connection only, and not the one behind the front (RFC 9110, 7.6.1).
_HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade")
)

logger = logging.getLogger("assistant.web")


class Workers:
    """Worker processes; a context manager, entered when all of them are ready to answer.

    Args:
        number: how many.
        named_users: whether the guard in front says who asks.

    Raises:
        UserError: on entering, where they do not start; what is wrong stands on stderr then.
    """

    def __init__(self, number: int, *, named_users: bool) -> None:
        self._number, self._named_users = number, named_users
        self._folder = Path(tempfile.mkdtemp(prefix="paper-cards-"))
        self._processes: list[subprocess.Popen[bytes]] = []
        self.app = Front([self._socket(index) for index in range(number)], self._mended)
        self.cards = 0
        self._ended = False

    def __enter__(self) -> "Workers":
        """Start them; the first one sets the collection up where that has not happened yet."""
        try:
            self._processes.append(self._started(0))
            self._wait(0)
            self._processes += [self._started(index) for index in range(1, self._number)]
            for index in range(1, self._number):
                self._wait(index)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop them all."""
        self.end()
        until = time.monotonic() + _STOP_SECONDS
        for process in self._processes:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def end(self) -> None:
        """Have the workers close what they keep open, and stop. A second signal would stop them in the middle of it."""
        if not self._ended:
            self._ended = self.app.closed = True
            for process in self._processes:
                process.terminate()

    def _socket(self, index: int) -> Path:
        return self._folder / f"{index}.sock"

    def _started(self, index: int) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "assistant.web.worker", str(self._socket(index))]
        # In a session of its own Ctrl-C reaches the front alone; a worker whose front is gone sees its stdin end.
        return subprocess.Popen(  # noqa: S603 (our own interpreter and module)
            [*command, *(["--named-users"] if self._named_users else [])],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def _wait(self, index: int) -> None:
        until = time.monotonic() + _START_SECONDS
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(self._socket(index)))) as client:
            while time.monotonic() < until:
                if self._processes[index].poll() is not None:
                    raise UserError("a worker could not start; the reason stands above")
                with suppress(httpx.HTTPError):
                    response = client.get("http://worker/readyz")
                    if response.is_success:
                        self.cards = response.json()["cards"]
                        return
                time.sleep(0.1)
        raise UserError(f"a worker was not ready after {_START_SECONDS} s")

    async def _mended(self) -> None:
        """Start again what has died, as long as the front is open."""
        while not self.app.closed:
            await asyncio.sleep(_WATCH_SECONDS)
            for index, process in enumerate(self._processes):
                if process.poll() is not None and not self.app.closed:
                    logger.error("worker %d ended with %s and is started again", index, process.returncode)
                    self._socket(index).unlink(missing_ok=True)
                    self._processes[index] = self._started(index)


class Front:
    """An ASGI application that hands each request to the worker of its client.

    Args:
        sockets: of the workers.
        watching: runs as long as the front does.
    """

    def __init__(self, sockets: Sequence[Path], watching: Callable[[], Coroutine[Any, Any, None]]) -> None:
        unlimited = httpx.Limits(max_connections=None, max_keepalive_connections=50)
        self._clients = [
            httpx.AsyncClient(
                transport=httpx.AsyncHTTPTransport(uds=str(path), limits=unlimited),
                base_url="http://worker",
                timeout=httpx.Timeout(None, connect=5),
            )
            for path in sockets
        ]
        self._watching = watching
        self.closed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand one request on."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        request = Request(scope, receive)
        index, assigned = self._worker_of(request)
        try:
            response = await self._handed_on(request, self._clients[index])
        except httpx.TransportError:
            response = JSONResponse(
                {
                    "error": (sentence := "this part of the server starts again; please ask once more"),
                    "detail": sentence,
                },
                503,
                headers={"Retry-After": "5"},
            )
        except ClientDisconnect:
            return
        if assigned is not None:
            response.set_cookie(COOKIE, str(assigned), httponly=True, samesite="lax")
        await response(scope, receive, send)

    def _worker_of(self, request: Request) -> tuple[int, int | None]:
        """The worker of a request, and the one that its browser shall have from now on, where it has none yet."""
        number = len(self._clients)
        given = request.cookies.get(COOKIE, "")
        if given.isdecimal() and len(given) < 4 and int(given) < number:
            return int(given), None
        client = request.headers.get(USER_HEADER) or (request.client.host if request.client else "")
        index = zlib.crc32(client.encode()) % number
        opens_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
        return index, secrets.randbelow(number) if opens_page else None

    async def _handed_on(self, request: Request, client: httpx.AsyncClient) -> Response:
        headers = [(name, value) for name, value in request.headers.raw if _passes(name)]
        headers = [(name, value) for name, value in headers if not name.startswith(b"x-forwarded-")]
        headers += [
            (b"x-forwarded-for", (request.client.host if request.client else "").encode()),
            (b"x-forwarded-proto", request.url.scheme.encode()),
        ]
        has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
        raw_path = request.scope.get("raw_path") or request.url.path.encode()
        query = request.scope["query_string"]
        onward = client.build_request(
            request.method,
            httpx.URL(client.base_url, raw_path=raw_path + (b"?" + query if query else b"")),
            headers=headers,
            content=request.stream() if has_body else None,
        )
        answer = await client.send(onward, stream=True)
        response = StreamingResponse(answer.aiter_raw(), answer.status_code, background=BackgroundTask(answer.aclose))
        response.raw_headers = [(name.lower(), value) for name, value in answer.headers.raw if _passes(name)]
        return response

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        watching = asyncio.create_task(self._watching())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.closed = True
        watching.cancel()
        for client in self._clients:
            await client.aclose()
        await send({"type": "lifespan.shutdown.complete"})


def _passes(name: bytes) -> bool:
    return name.decode("latin-1").lower() not in _HOP_BY_HOP
