"""A real browser on the real server; what no visit may do (ask another host, raise in a script) fails its test."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from served import Served

from assistant import Assistant

# Not kept with the sources.
PICTURES = Path(__file__).parents[2] / ".screenshots"
QUESTION = "#question textarea"
ANSWER = ".answer:not(.pending):not(.failed)"


class Visit:
    """A browser window of a visitor of their own.

    Args:
        browser: Chromium.
        url: the server.
        context: what the window is like: `locale`, `color_scheme`, `viewport`, `has_touch`.
    """

    def __init__(self, browser: Any, url: str, **context: Any) -> None:
        self.url = url
        self.context = browser.new_context(viewport={"width": 1280, "height": 800}, **context)
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._asked_for)

    def _asked_for(self, request: Any) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.elsewhere.append(request.url)

    def open(self, path: str = "/") -> "Visit":
        """Go to the page and wait until it can be used."""
        self.page.goto(self.url + path)
        self.page.wait_for_selector(f"{QUESTION}:visible")
        self.page.wait_for_selector("#welcome .suggestion, #messages .answer")
        return self

    def ask(self, question: str) -> Any:
        """Type a question, press Enter, and give the verified answer's element."""
        before = self.page.locator(ANSWER).count()
        self.page.fill(QUESTION, question)
        self.page.press(QUESTION, "Enter")
        answer = self.page.locator(ANSWER).nth(before)
        answer.wait_for(timeout=30_000)
        return answer

    def marks(self) -> list[str]:
        """The marked words of the card that is open, character for character."""
        self.page.wait_for_selector("#card-panel mark")
        found: list[str] = self.page.eval_on_selector_all("#card-panel mark", "marks => marks.map(m => m.textContent)")
        return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, as Debian ships it or as Playwright fetched it."""
    sync_api = pytest.importorskip("playwright.sync_api")
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_api.sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except sync_api.Error as error:
            pytest.skip(f"no browser to test with: {error.message.splitlines()[0]}")
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def serve() -> Callable[[Assistant], Served]:
    """Serves the page over an assistant; use what it gives as a context manager."""
    from assistant.web.page import build_page, page_style

    return lambda assistant: Served(assistant, page=build_page, style=page_style(), rate="100000/minute")


@pytest.fixture(scope="session")
def page_server(assistant: Assistant, serve: Callable[[Assistant], Served]) -> Iterator[Served]:
    """The page over the built-in corpus, without a language model."""
    with serve(assistant) as served:
        yield served


@pytest.fixture
def visit_to(browser: Any, request: pytest.FixtureRequest) -> Iterator[Callable[..., Visit]]:
    """Opens windows on a server, leaves a picture of each; what went wrong in them fails the test at its end."""
    visits: list[Visit] = []

    def opened(url: str, path: str = "/", **context: Any) -> Visit:
        visits.append(Visit(browser, url, **context))
        return visits[-1].open(path)

    yield opened
    PICTURES.mkdir(exist_ok=True)
    for number, visit in enumerate(visits):
        name = re.sub(r"\W+", "-", request.node.name).strip("-")[:100]
        visit.page.screenshot(path=PICTURES / f"{name}-{number}.png")
        visit.context.close()
    assert [error for visit in visits for error in visit.errors] == []
    assert [address for visit in visits for address in visit.elsewhere] == []


@pytest.fixture
def visit(page_server: Served, visit_to: Callable[..., Visit]) -> Callable[..., Visit]:
    """Opens windows on the page over the built-in corpus."""
    return lambda path="/", **context: visit_to(page_server.url, path, **context)
