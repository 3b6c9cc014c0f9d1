"""What every request passes before the page, the API or the tools see it: who asks, how often, how much."""

import asyncio
import ipaddress
import logging
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.web.auth import COOKIE, Users
from assistant.web.health import Health
from assistant.web.limits import MAX_BODY, RateLimit
from assistant.web.login import login_page
from assistant.web.mishaps import where
from assistant.web.paths import HEALTH_PATHS, LOGIN_PATH, LOGOUT_PATH, what
from vectorstore.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

USER_HEADER = "x-assistant-user"
"""The header that tells the page who has signed in; what a client sends under this name is thrown away."""

_HEADERS: "Mapping[str, str]" = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    # Gradio's page needs inline scripts and compiles templates; nothing on it comes from another host.
    "Content-Security-Policy": "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'",
}
_TRIES = "10/minute"
_TOO_LARGE = f"the request is larger than {MAX_BODY:,} bytes"
_NOT_SO = "the request lacks something, or holds what this endpoint does not know; /gradio_api/info lists what it takes"
# What FastAPI and Gradio raise where a request is wrong; importing them takes long.
_WRONG = ("RequestValidationError", "FnIndexInferError")
_FAILED = "something went wrong on the server; please ask again later"

logger = logging.getLogger("assistant.web")


class Guard:
    """An ASGI application around another one.

    Args:
        app: the page, the API and the tools.
        health: what the health routes say.
        users: who may use the server; None lets everyone in.
        rate: how often one client may make the server work.
        loopback_only: the server is bound to this machine, so that other host names are tricks.
    """

    def __init__(
        self, app: ASGIApp, health: Health, *, users: Users | None, rate: RateLimit, loopback_only: bool
    ) -> None:
        self._app, self._health, self._users, self._rate = app, health, users, rate
        self._loopback_only = loopback_only
        self._tries = RateLimit(_TRIES)
        self.working = 0
        """Answers that are under way."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it through."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        receive, send = _bounded(receive), _with_headers(send)
        request = Request(scope, receive)
        working = what(request.method, request.url.path) in ("stream", "mcp")
        try:
            refusal = await self._refusal(request)
            self.working += working
            try:
                await _plainly(refusal or self._app, scope, receive, send)
            finally:
                self.working -= working
        except _TooLargeError:
            await _said(413, _TOO_LARGE)(scope, receive, send)

    async def _refusal(self, request: Request) -> Response | None:
        """The response to a request that goes no further."""
        path = request.url.path
        if path in HEALTH_PATHS:
            return self._health.response(path)
        if self._loopback_only and not is_loopback(_host(request.headers.get("host", ""))):
            return _said(403, "this server answers under localhost only")
        if request.method not in ("GET", "HEAD") and not _same_origin(request.headers):
            return _said(403, "requests from other sites are not taken")
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY:
            return _said(413, _TOO_LARGE)
        user: str | None = None
        if self._users is not None:
            try:
                asking = await self._user(request, self._users)
            except UserError:
                logger.exception("the auth file cannot be used")
                return _said(503, "the server cannot tell its users at the moment")
            if isinstance(asking, Response):
                return asking
            user = asking
        _name_user(request.scope, user)
        kind = what(request.method, path)
        if kind == "closed":
            return _said(404, "there is nothing here")
        if kind in ("work", "mcp"):
            if self._health.stopping:
                return _said(503, "the server is stopping; please ask again in a moment", retry_after=10)
            # Whoever sits at this machine shares its limits with no one.
            client = user or _address(request)
            if (user or not is_loopback(client)) and not self._rate.take(client):
                return _said(429, "too many requests; please wait a moment", retry_after=self._rate.seconds)
        return None

    async def _user(self, request: Request, users: Users) -> str | Response:
        """Who asks, or the way to sign in."""
        path = request.url.path
        if path == LOGOUT_PATH:
            response = RedirectResponse(LOGIN_PATH, 303)
            response.delete_cookie(COOKIE, httponly=True, samesite="lax")
            return response
        if path == LOGIN_PATH:
            return await self._signing_in(request, users)
        cookie, header = request.cookies.get(COOKIE), request.headers.get("authorization")
        if cookie and (name := users.signed_in(cookie)):
            return name
        if header:
            address = _address(request)
            if self._tries.used_up(address):
                return _said(429, "too many wrong passwords; please wait a minute", retry_after=60)
            if name := await asyncio.to_thread(users.basic, header):
                return name
            self._tries.take(address)
        elif request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(LOGIN_PATH, 303)
        refused = _said(401, "sign in with a name and a password")
        refused.headers["WWW-Authenticate"] = 'Basic realm="Paper cards", charset="UTF-8"'
        return refused

    async def _signing_in(self, request: Request, users: Users) -> Response:
        if request.method in ("GET", "HEAD"):
            return HTMLResponse(login_page())
        if request.method != "POST":
            return _said(405, "a name and a password are posted here")
        wants_page = "text/html" in request.headers.get("accept", "")
        address = _address(request)
        if self._tries.used_up(address):
            message = "too many wrong passwords; please wait a minute"
            return HTMLResponse(login_page(message), 429) if wants_page else _said(429, message, retry_after=60)
        async with request.form(max_files=0, max_fields=10) as form:
            name, password = str(form.get("username", "")), str(form.get("password", ""))
        if not await asyncio.to_thread(users.check, name, password):
            self._tries.take(address)
            message = "name or password is wrong"
            return HTMLResponse(login_page(message), 401) if wants_page else _said(401, message)
        response = RedirectResponse("/", 303) if wants_page else JSONResponse({"success": True})
        response.set_cookie(
            COOKIE, users.cookie(name), httponly=True, samesite="lax", secure=request.url.scheme == "https"
        )
        return response


class _TooLargeError(Exception):
    """A request body went on beyond what is read."""


async def _plainly(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request; one that the application fails in gets a sentence, and the log no word of what it held."""
    failing = started = streaming = False

    async def held_back(message: Message) -> None:
        nonlocal failing, started, streaming
        if message["type"] == "http.response.start":
            kind = Headers(scope=message).get("content-type", "")
            # What Starlette says of an error that nobody caught, before it raises it again.
            failing = message["status"] == 500 and kind.startswith("text/")
            streaming = kind.startswith("text/event-stream")
        if not failing:
            started = True
            await send(message)

    try:
        await app(scope, receive, held_back)
    except _TooLargeError:
        raise
    except Exception as error:
        if not (started and _is_refusal(error)):
            logger.error("a request failed: %s", where(error))
        if started:
            # The stream itself has said what is wrong; broken off, it would look like a lost connection.
            if streaming:
                await send({"type": "http.response.body"})
            return
        wrong = isinstance(error, TypeError | ValueError | LookupError) or type(error).__name__ in _WRONG
        await (_said(400, _NOT_SO) if wrong else _said(500, _FAILED))(scope, receive, send)


def _is_refusal(error: BaseException | None) -> bool:
    """Whether an error comes of the application's having refused a request, such as for results of nobody's."""
    while error is not None and not isinstance(error, HTTPException):
        error = error.__cause__ or error.__context__
    return error is not None


def _said(status: int, sentence: str, *, retry_after: int | None = None) -> Response:
    # Gradio's clients read one name, programs in general the other.
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else None
    return JSONResponse({"error": sentence, "detail": sentence}, status, headers=headers)


def _name_user(scope: Scope, user: str | None) -> None:
    name = USER_HEADER.encode()
    headers = [(key, value) for key, value in scope["headers"] if key.lower() not in (name, b"x-forwarded-host")]
    if user is not None:
        headers.append((name, quote(user).encode()))
    scope["headers"] = headers


def _bounded(receive: Receive) -> Receive:
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > MAX_BODY:
            raise _TooLargeError
        return message

    return bounded


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


def _same_origin(headers: Headers) -> bool:
    """Whether a request comes from our own page or from a program; only browsers send an origin."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _host(header: str) -> str:
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
