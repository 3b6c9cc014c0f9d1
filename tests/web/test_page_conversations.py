"""Conversations on the page: kept over a reload, apart from other visitors', resumed, deleted, taken away."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from assistant import Assistant

GUARDSPACE = "How does GuardSpace keep a model safe during fine-tuning?"


def sidebar(page: Any) -> None:
    """Open the list of conversations."""
    page.click("#sidebar .toggle-button")
    page.wait_for_selector("#sidebar.open")
    page.wait_for_timeout(350)


def test_a_reload_keeps_the_conversation(visit: Callable[..., Any]) -> None:
    visited = visit()
    text = visited.ask(GUARDSPACE).locator(".said").inner_text()
    visited.open()
    assert visited.page.locator(".said").all_inner_texts() == [text]
    answer = visited.ask("And on which data sets was it tested?")
    assert answer.locator(".citation").first.get_attribute("data-card") == "align-a6ef98"


def test_two_visitors_do_not_see_each_others_conversations(visit: Callable[..., Any]) -> None:
    one, two = visit(), visit()
    one.ask(GUARDSPACE)
    two.ask("What is PID Steering?")
    one.open()
    two.open()
    assert "PID" not in one.page.locator("#messages").inner_text()
    assert "GuardSpace" not in two.page.locator("#messages").inner_text()
    sidebar(two.page)
    assert two.page.locator(".past .resume").all_inner_texts() == ["What is PID Steering?"]


def test_a_visitor_cannot_open_anothers_conversation_by_its_id(visit: Callable[..., Any], assistant: Assistant) -> None:
    one, two = visit(), visit()
    one.ask(GUARDSPACE)
    sidebar(one.page)
    stolen = one.page.locator(".past .resume").first.get_attribute("data-resume")
    two.page.evaluate("id => paperCards.tell('resume', { id })", stolen)
    two.page.evaluate("id => paperCards.tell('forget', { id })", stolen)
    two.page.wait_for_timeout(800)
    assert two.page.locator("#messages .answer").count() == 0
    assert assistant.conversations.exists(stolen)


def test_earlier_conversations_are_resumed_and_deleted(visit: Callable[..., Any]) -> None:
    visited = visit()
    page = visited.page
    visited.ask(GUARDSPACE)
    sidebar(page)
    page.click("#fresh")
    page.locator("#welcome .suggestion").first.wait_for()
    visited.ask("What is PID Steering?")
    page.locator(".past li").nth(1).wait_for()
    assert page.locator(".past .resume").all_inner_texts() == ["What is PID Steering?", GUARDSPACE]
    page.click(f".past .resume:has-text('{GUARDSPACE[:20]}')")
    page.locator(".question", has_text="GuardSpace").wait_for()
    assert page.locator(".past li[aria-current]").inner_text().strip() == GUARDSPACE
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator(".past .forget").nth(1).click()
    page.locator("#welcome .suggestion").first.wait_for()
    assert page.locator(".past .resume").all_inner_texts() == ["What is PID Steering?"]


def test_a_conversation_is_downloaded_as_markdown_with_its_cards(visit: Callable[..., Any]) -> None:
    visited = visit()
    visited.ask(GUARDSPACE)
    sidebar(visited.page)
    with visited.page.expect_download() as download:
        visited.page.click("#download")
    assert download.value.suggested_filename.endswith(".md")
    written = Path(download.value.path()).read_text("utf-8")
    assert GUARDSPACE in written
    assert "[1]" in written
    assert "1. **GuardSpace: null-space adapters that keep safety alignment through fine-tuning**" in written


def test_asking_within_a_card_is_shown_and_can_be_taken_back(visit: Callable[..., Any]) -> None:
    visited = visit("/?card=reason-ffffff")
    visited.page.locator("#card-panel .failed").wait_for()
    visited = visit("/?card=align-a6ef98")
    page = visited.page
    page.locator("#card-panel h2", has_text="GuardSpace").wait_for()
    page.click("[data-action=ask-card]")
    page.locator(".scope li", has_text="GuardSpace").wait_for()
    answer = visited.ask("What does it do against harmful prompts?")
    cited = answer.locator(".citation").evaluate_all("chips => [...new Set(chips.map(c => c.dataset.card))]")
    assert cited == ["align-a6ef98"]
    visited.open()
    page.click("[data-unscope=cards]")
    page.locator(".scope").wait_for(state="detached")


def test_the_language_can_be_switched_and_stays(visit: Callable[..., Any]) -> None:
    visited = visit()
    visited.page.click("[data-action=language]")
    visited.page.locator("#welcome h2", has_text="想了解什么").wait_for()
    assert visited.page.locator("#view-browse-button").inner_text() == "浏览"
    assert visited.page.get_attribute("#question textarea", "placeholder") == "问问这些论文…"
    visited.open()
    visited.page.locator("#view-map-button", has_text="地图").wait_for()
    assert visited.page.evaluate("document.documentElement.lang") == "zh"


def test_dark_follows_the_system_and_can_be_switched_for_good(visit: Callable[..., Any]) -> None:
    background = "getComputedStyle(document.querySelector('.gradio-container')).backgroundColor"
    visited = visit(color_scheme="dark")
    dark = visited.page.evaluate(background)
    visited.page.click("[data-action=theme]")
    light = visited.page.evaluate(background)
    assert dark != light
    visited.open()
    assert visited.page.evaluate(background) == light
