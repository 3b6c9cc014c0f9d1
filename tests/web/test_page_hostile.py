"""Cards, questions and models that try to put markup into the page: it shows their words and runs nothing."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from own_cards import own_assistant, record, write_cards
from pydantic import SecretStr
from served import Served

from assistant import Assistant

if TYPE_CHECKING:
    from scripted_server import ScriptedServer

IMAGE = '<img src=x onerror="window.ran=1">'
TITLE = f"{IMAGE} planner"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, serve: Callable[[Assistant], Served]) -> Iterator[Served]:
    """The page over cards whose every field tries something."""
    folder = tmp_path_factory.mktemp("hostile")
    cards = [
        record(1, title=TITLE, tags=[IMAGE, "<script>window.ran=1</script>"], tldr=f"A planner {IMAGE} for gardens."),
        record(2, category=f"Kitchens {IMAGE}", title="${window.ran=1} {{constructor}} `planner`"),
        record(3, title="Sober planner", questions=[f"How do planners {IMAGE} help gardeners?"]),
        record(4, id='own-4"onclick=window.ran=1', title='"><svg onload=window.ran=1> planner'),
    ]
    assistant = own_assistant(folder / "home")
    assistant.ingest([write_cards(folder / "cards.jsonl", cards)])
    with serve(assistant) as served:
        yield served


def ran(page: Any) -> bool:
    """Whether any of it was executed."""
    page.wait_for_timeout(200)
    happened: bool = page.evaluate("window.ran === 1 || document.querySelectorAll('img[src=x]').length > 0")
    return happened


def test_a_hostile_title_is_shown_as_it_stands_everywhere(hostile: Served, visit_to: Callable[..., Any]) -> None:
    visited = visit_to(hostile.url)
    page = visited.page
    page.click("#view-browse-button")
    titles = page.locator("table.cards .card-link")
    titles.first.wait_for()
    assert TITLE in titles.all_inner_texts()
    assert page.locator("table.cards .tag", has_text="onerror").first.inner_text() == f"#{IMAGE}"
    page.locator("table.cards .card-link", has_text="onerror").first.click()
    page.locator("#card-panel h2").wait_for()
    assert page.locator("#card-panel h2").inner_text() == TITLE
    assert IMAGE in page.locator("#card-panel .fields").first.inner_text()
    page.click("#view-map-button")
    point = page.locator("circle[data-card='own-1']")
    point.wait_for(timeout=30_000)
    page.click("[data-action=close-card]")
    point.hover(force=True)
    page.locator(".map-label").wait_for()
    assert not ran(page)


def test_a_hostile_card_is_cited_and_downloaded_harmlessly(hostile: Served, visit_to: Callable[..., Any]) -> None:
    visited = visit_to(hostile.url)
    page = visited.page
    answer = visited.ask("What does Wobble1 reach on the Pebble test?")
    chip = answer.locator(".citation[data-card='own-1']").first
    chip.hover()
    page.locator("#citation-tip").wait_for()
    assert TITLE in page.locator("#citation-tip").inner_text()
    chip.click()
    page.locator("#card-panel h2").wait_for()
    page.click("[data-action=ask-card]")
    page.locator(".scope li").wait_for()
    assert TITLE in page.locator(".scope").inner_text()
    assert not ran(page)


def test_a_hostile_id_opens_its_card_and_nothing_else(hostile: Served, visit_to: Callable[..., Any]) -> None:
    page = visit_to(hostile.url).page
    page.click("#view-browse-button")
    page.locator("table.cards .card-link", has_text="svg").click()
    page.locator("#card-panel h2").wait_for()
    assert page.locator("#card-panel h2").inner_text() == '"><svg onload=window.ran=1> planner'
    page.locator("#card-panel article").click()
    assert not ran(page)


def test_a_question_is_shown_as_typed(hostile: Served, visit_to: Callable[..., Any]) -> None:
    visited = visit_to(hostile.url)
    question = f"What does Wobble1 reach, {IMAGE} **really** `[1]` ${{window.ran=1}}?"
    visited.ask(question)
    assert question in visited.page.locator(".question").inner_text()
    visited.open()
    assert question in visited.page.locator(".question").inner_text()
    visited.page.click("#sidebar .toggle-button")
    visited.page.locator(".past .resume").wait_for()
    assert not ran(visited.page)


@pytest.mark.parametrize("link", [f"/?card={IMAGE}", "/?card=%22%3E%3Cscript%3Ewindow.ran=1%3C/script%3E"])
def test_a_hostile_link_says_that_there_is_no_such_card(
    hostile: Served, visit_to: Callable[..., Any], link: str
) -> None:
    page = visit_to(hostile.url, link).page
    page.locator("#card-panel .failed").wait_for()
    assert not ran(page)


def test_markup_of_a_model_does_nothing(
    home: Path, scripted_server: "ScriptedServer", serve: Callable[[Assistant], Served], visit_to: Callable[..., Any]
) -> None:
    from assistant.settings import Settings

    scripted_server.behaviour = "markup"
    settings = Settings(
        home=home, model="scripted", openai_base_url=scripted_server.base_url, openai_api_key=SecretStr("sk-test")
    )
    with serve(Assistant(settings)) as served:
        visited = visit_to(served.url)
        dialogs = []
        visited.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        answer = visited.ask("How does GuardSpace keep a model safe during fine-tuning?")
        assert answer.locator("img, script, iframe, form, a").count() == 0
        answer.locator(".said").hover()
        assert dialogs == []
