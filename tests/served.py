"""The server for tests: on a free port of this machine, in a thread of this process."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import uvicorn

from assistant.web.application import application, quiet_libraries
from assistant.web.binding import Options, bound
from assistant.web.guard import Guard
from assistant.web.health import Health
from assistant.web.limits import RateLimit

if TYPE_CHECKING:
    import gradio as gr

    from assistant import Assistant
    from assistant.web.auth import Users


class Served:
    """Use as a context manager.

    Args:
        assistant: answers.
        page: what is shown; without one a page that has nothing but the endpoints for programs.
        users: who may use the server.
        rate: how often one client may make it work.
        public: whether other host names than localhost are answered.
        style: what serving the page needs beside it, as `page_style` gives it.
    """

    def __init__(
        self,
        assistant: "Assistant",
        *,
        page: "Callable[[Assistant], gr.Blocks] | None" = None,
        users: "Users | None" = None,
        rate: str = "1000/minute",
        public: bool = False,
        style: dict[str, Any] | None = None,
    ) -> None:
        quiet_libraries()
        self.health = Health(cards=803)
        self.health.ready = True
        app, self._end = application(assistant, (page or bare)(assistant), style or {}, named_users=users is not None)
        self.guard = Guard(
            app, self.health, users=users, rate=RateLimit(rate), loopback_only=users is None and not public
        )

    def __enter__(self) -> "Served":
        self._listening = bound(Options(port=0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        config = uvicorn.Config(self.guard, log_level="error", lifespan="on", ws="none", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve([self._listening])))
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._listening.close()


def bare(assistant: "Assistant") -> "gr.Blocks":
    """A page with nothing but the endpoints for programs."""
    import gradio as gr

    from assistant.web.api import add_api

    with gr.Blocks(analytics_enabled=False) as page:
        gr.Markdown("Paper cards")
        add_api(assistant)
    return page
