"""Page, API and tools as one application, opened and warmed before the first visitor comes."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI
    from starlette.requests import Request

    from assistant import Assistant
    from assistant.collection import Progress
    from assistant.settings import Settings

# For what takes no answer: opening a page, looking up a card, rating.
_OTHER_THREADS = 40

_WARMING_QUESTION = "How does GuardSpace keep a model safe during fine-tuning?"


class Page:
    """Page, API and tools in this process; `open` makes it ready to answer.

    Args:
        settings: of the assistant.
        named_users: whether the guard in front says who asks.
    """

    app: "FastAPI"
    cards: int
    end: Callable[[], None]

    def __init__(self, settings: "Settings", *, named_users: bool) -> None:
        self._settings, self._named_users = settings, named_users

    def open(self, progress: "Progress | None" = None) -> None:
        """Open everything.

        Args:
            progress: called with (done, total, what) while the collection is set up.

        Raises:
            UserError: the collection cannot be used as configured.
        """
        assistant = opened(self._settings, progress)
        self.cards = int(assistant.status()["cards"])

        from assistant.web.page import build_page, page_style

        self.app, self.end = application(assistant, build_page(assistant), page_style(), named_users=self._named_users)
        if self._settings.uses_model:
            # The client takes seconds to import: better now than during the first question.
            threading.Thread(target=_load_client, daemon=True).start()


def quiet_libraries() -> None:
    """Have Gradio and FastAPI tell nobody anything, whatever the environment says; they read these when imported.

    The last two keep it from drawing up statistics after every event, over all events, for a page that is closed.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["FASTAPI_OTEL_AUTO_CONFIGURE"] = "false"
    os.environ["GRADIO_SHARE"] = "False"
    os.environ["GRADIO_SSR_MODE"] = "False"
    os.environ["GRADIO_MCP_SERVER"] = "False"
    os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(10**9)


def opened(settings: "Settings", progress: "Progress | None" = None) -> "Assistant":
    """An assistant that has answered once. Gradio, which takes the longest, is imported meanwhile."""
    quiet_libraries()
    with ThreadPoolExecutor(1) as pool:
        importing = pool.submit(import_module, "gradio")
        from assistant import Assistant

        assistant = Assistant(settings, progress=progress)
        assistant.ready()
        assistant.answer(_WARMING_QUESTION, model=False)
        importing.result()
    return assistant


def application(
    assistant: "Assistant", blocks: "gr.Blocks", style: dict[str, Any], *, named_users: bool = False
) -> "tuple[FastAPI, Callable[[], None]]":
    """Page, API and tools, without the guard that belongs in front of them.

    Args:
        assistant: answers.
        blocks: the page, with the endpoints of `assistant.web.api`.
        style: theme, css, js, head and the like, as `mount_gradio_app` takes them.
        named_users: whether the guard says who asks.

    Returns:
        The application, and what ends the connections that it keeps open, to be called in its event loop.
    """
    import gradio as gr
    from fastapi import FastAPI
    from mcp.server.fastmcp.server import StreamableHTTPASGIApp
    from starlette.routing import Mount, Route

    from assistant.web.agents import tools
    from assistant.web.calls import Calls
    from assistant.web.guard import USER_HEADER
    from assistant.web.limits import Gate
    from assistant.web.paths import MCP_PATHS

    settings = assistant.settings
    agents = tools(Calls(assistant), Gate(settings.answers_at_once, settings.serve_queue))
    agents.streamable_http_app()

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        # Without this the answers for agents would share a handful of threads.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(settings.answers_at_once + _OTHER_THREADS))
        async with agents.session_manager.run():
            yield

    def user(request: "Request") -> str | None:
        name = request.headers.get(USER_HEADER)
        return unquote(name) if name else None

    app = FastAPI(lifespan=running, openapi_url=None, docs_url=None, redoc_url=None)
    for path in MCP_PATHS:
        app.router.routes.append(Route(path, StreamableHTTPASGIApp(agents.session_manager), methods=["POST"]))
    # An answer that waits for its model holds a thread. Both kinds of answers may be under way, and pages open besides;
    # Gradio's 40 would have some of them wait for others to end.
    blocks.max_threads = 2 * settings.answers_at_once + _OTHER_THREADS
    # Calls past the queue stay closed: the queue is what keeps the server from drowning.
    blocks.queue(max_size=settings.serve_queue, default_concurrency_limit=settings.answers_at_once, api_open=False)
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        auth_dependency=user if named_users else None,
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        run_history=False,
        mcp_server=False,
        max_file_size=1,
        **style,
    )
    mounted = next(route.app for route in app.routes if isinstance(route, Mount))
    end: Callable[[], None] = mounted.stop_event.set  # type: ignore[attr-defined]
    return app, end


def _load_client() -> None:
    with suppress(ImportError):
        import_module("langchain_openai")
