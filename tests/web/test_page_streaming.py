"""While a model writes: the draft is seen and marked as such, can be stopped, and gives way to what was verified."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr
from scripted_exchange import BEHAVIOURS, Wire
from served import Served

from assistant import Assistant
from assistant.settings import Settings
from assistant.web.chat import Chat

if TYPE_CHECKING:
    from scripted_server import ScriptedServer

GUARDSPACE = "How does GuardSpace keep a model safe during fine-tuning?"


@pytest.fixture
def written(
    home: Path, scripted_server: "ScriptedServer", serve: Callable[[Assistant], Served]
) -> Iterator[tuple[Served, "ScriptedServer"]]:
    """The page with a scripted model."""
    settings = Settings(
        home=home, model="scripted", openai_base_url=scripted_server.base_url, openai_api_key=SecretStr("sk-test")
    )
    with serve(Assistant(settings)) as served:
        yield served, scripted_server


def slowly(wire: Wire) -> None:
    """A true sentence and a false one, a word at a time."""
    wire.head()
    text = f"{wire.asked.truth(0)} {wire.asked.lie('It lowers the score to 99.9% on Pebble', 1)}"
    for word, _ in zip(text.split(" "), wire.ticks(0.03), strict=False):
        wire.event(word + " ")
    wire.done()


def for_ever(wire: Wire) -> None:
    """Words without end, no quicker than they are read."""
    wire.head()
    for number in wire.ticks(0.05):
        wire.event(f"word{number} ")


def test_the_draft_is_seen_growing_and_only_what_was_verified_stays(
    written: tuple[Served, "ScriptedServer"], visit_to: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    served, model = written
    monkeypatch.setitem(BEHAVIOURS, "slowly", slowly)
    model.behaviour = "slowly"
    visited = visit_to(served.url)
    page = visited.page
    page.fill("#question textarea", GUARDSPACE)
    page.press("#question textarea", "Enter")
    page.locator(".steps .now", has_text="Writing").wait_for()
    draft = page.locator(".draft")
    draft.wait_for()
    early = draft.inner_text()
    assert "Draft, not checked yet" in early
    page.wait_for_function(
        "early => (document.querySelector('.draft')?.innerText.length ?? 1e9) > early + 20", arg=len(early)
    )
    answer = page.locator(".answer:not(.pending)")
    answer.wait_for(timeout=30_000)
    assert page.locator(".draft").count() == 0
    assert "99.9%" not in answer.locator(".said").inner_text()
    dropped = answer.locator(".dropped")
    assert "1 sentence was left out" in dropped.locator("summary").inner_text()
    dropped.locator("summary").click()
    assert "99.9%" in dropped.inner_text()
    assert "Written by a model" in answer.locator(".mode").inner_text()


def test_stopping_puts_the_question_back_and_hangs_up_on_the_model(
    written: tuple[Served, "ScriptedServer"], visit_to: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    served, model = written
    monkeypatch.setitem(BEHAVIOURS, "for_ever", for_ever)
    model.behaviour = "for_ever"
    visited = visit_to(served.url)
    page = visited.page
    page.fill("#question textarea", GUARDSPACE)
    page.press("#question textarea", "Enter")
    page.locator(".draft").wait_for(timeout=30_000)
    page.locator("#question .stop-button").click()
    page.locator(".answer.failed", has_text="Stopped").wait_for()
    assert page.input_value("#question textarea") == GUARDSPACE
    assert page.locator("#question .submit-button").is_visible()
    assert model.hung_up.wait(15)
    model.behaviour = "good"
    page.press("#question textarea", "Enter")
    page.locator(".answer .actions").wait_for(timeout=30_000)
    assert page.locator(".question").count() == 1


@pytest.mark.parametrize(("control", "handler"), [("#question .stop-button", "stopped"), ("#fresh", "fresh")])
def test_what_comes_instead_of_an_answer_waits_until_the_answer_has_ended(
    written: tuple[Served, "ScriptedServer"],
    visit_to: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    control: str,
    handler: str,
) -> None:
    served, model = written
    monkeypatch.setitem(BEHAVIOURS, "for_ever", for_ever)
    model.behaviour = "for_ever"
    unhindered = getattr(Chat, handler)
    ended: list[bool] = []

    def observed(*given: Any) -> Any:
        ended.append(model.hung_up.wait(10))
        return unhindered(*given)

    monkeypatch.setattr(Chat, handler, observed)
    page = visit_to(served.url).page
    page.click("#sidebar .toggle-button")
    page.fill("#question textarea", GUARDSPACE)
    page.press("#question textarea", "Enter")
    page.locator(".draft").wait_for(timeout=30_000)
    page.click(control)
    page.locator(".draft").wait_for(state="detached", timeout=30_000)
    assert ended == [True]


def test_a_model_that_cannot_be_reached_is_said_quietly_beside_the_answer(
    written: tuple[Served, "ScriptedServer"], visit_to: Callable[..., Any]
) -> None:
    served, model = written
    model.behaviour = "unauthorized"
    answer = visit_to(served.url).ask(GUARDSPACE)
    assert "GuardSpace" in answer.locator(".said").inner_text()
    assert answer.locator(".note").count() >= 1
    assert "Sentences of the cards themselves" in answer.locator(".mode").inner_text()
