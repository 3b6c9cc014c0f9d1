"""The server from start to stop: bound first, opened, announced, and ended well."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import socket

    from starlette.types import ASGIApp

    from assistant.collection import Progress
    from assistant.settings import Settings
    from assistant.web.binding import Options
    from assistant.web.health import Health

Say = Callable[[str], None]

# What is still open when the answers are done are connections that clients keep for later.
_CLOSING_SECONDS = 3


class Answering(Protocol):
    """What stands behind the guard: this process, or several."""

    @property
    def app(self) -> "ASGIApp":
        """Answers requests."""

    @property
    def cards(self) -> int:
        """How many can be asked about."""

    @property
    def end(self) -> Callable[[], None]:
        """Closes what would stay open; called in the event loop."""


def serve(
    options: "Options",
    settings: "Settings",
    *,
    say: Say,
    progress: "Callable[[], AbstractContextManager[Progress]] | None" = None,
    show: Say | None = None,
) -> int:
    """Serve until told to stop.

    Args:
        options: where and for whom.
        settings: of the assistant.
        say: told, in a line each, what goes on.
        progress: draws the progress of setting the collection up.
        show: opens the page's address in a browser.

    Returns:
        The exit code: 0, or 130 after Ctrl-C.

    Raises:
        UserError: the port, the auth file, a setting or the collection cannot be used.
    """
    from assistant.web.auth import Users
    from assistant.web.binding import address_of, bound
    from assistant.web.limits import RateLimit

    began = time.perf_counter()
    users = Users(options.auth_file) if options.auth_file is not None else None
    rate = RateLimit(settings.serve_rate)
    with bound(options) as listening:
        address = address_of(options, listening)
        say(f"opening the collection; the page will be at {address}")
        with _answering(options, settings, progress) as inside:
            from assistant.web.guard import Guard
            from assistant.web.health import Health

            health = Health(inside.cards)
            guard = Guard(inside.app, health, users=users, rate=rate, loopback_only=options.loopback_only)

            def ready() -> None:
                health.ready = True
                say(f"{inside.cards} cards, ready after {time.perf_counter() - began:.1f} s: {address}  (Ctrl-C stops)")
                if show is not None:
                    show(address)

            return run(guard, listening, health, working=lambda: guard.working, end=inside.end, ready=ready)


@contextmanager
def _answering(
    options: "Options",
    settings: "Settings",
    progress: "Callable[[], AbstractContextManager[Progress]] | None",
) -> Iterator[Answering]:
    named = options.auth_file is not None
    if options.workers > 1:
        from assistant.web.workers import Workers

        with Workers(options.workers, named_users=named) as workers:
            yield workers
        return

    from assistant.web.application import Page

    page = Page(settings, named_users=named)
    if progress is None:
        page.open()
    else:
        with progress() as shown:
            page.open(shown)
    yield page


def run(
    app: "ASGIApp",
    listening: "socket.socket",
    health: "Health",
    *,
    working: Callable[[], int] = lambda: 0,
    end: Callable[[], None] = lambda: None,
    ready: Callable[[], None] = lambda: None,
    trusted: str | None = None,
) -> int:
    """Answer on a listening socket until a signal comes.

    Args:
        app: what answers.
        listening: where.
        health: is told when the server stops.
        working: how many answers are under way.
        end: closes what would stay open.
        ready: called when requests are taken.
        trusted: addresses whose word on where a request comes from is taken; None is this machine.

    Returns:
        The exit code.
    """
    import asyncio

    import uvicorn

    from assistant.web.stopping import EndsWell

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="on",
        ws="none",
        forwarded_allow_ips=trusted,
        timeout_graceful_shutdown=_CLOSING_SECONDS,
    )
    server = EndsWell(config, health, working=working, end=end)

    async def serving() -> None:
        running = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started and not running.done():
            await asyncio.sleep(0.01)
        if server.started:
            ready()
        await running

    with server.capture_signals():
        asyncio.run(serving())
    return server.exit_code
