"""Asking on the page: answers, chips, the words behind them, and what is offered with an answer."""

from collections.abc import Callable
from typing import Any

import pytest

from assistant import Assistant

GUARDSPACE = "How does GuardSpace keep a model safe during fine-tuning?"


def test_the_question_box_is_the_first_text_area(visit: Callable[..., Any]) -> None:
    page = visit().page
    assert page.locator("textarea").first.evaluate("box => box.closest('#question') !== null")


@pytest.mark.parametrize(
    ("locale", "question", "says"),
    [("en-US", GUARDSPACE, "GuardSpace"), ("zh-CN", "GuardSpace 如何在微调时保持模型安全?", "零空间")],
)
def test_every_chip_opens_its_card_with_exactly_the_quoted_words_marked(
    visit: Callable[..., Any], assistant: Assistant, locale: str, question: str, says: str
) -> None:
    visited = visit(locale=locale)
    answer = visited.ask(question)
    assert says in answer.inner_text()
    expected = assistant.answer(question).citations
    chips = answer.locator(".citation").all()
    assert [chip.get_attribute("data-marker") for chip in chips] == [str(each.marker) for each in expected]
    for chip, citation in zip(chips, expected, strict=True):
        assert chip.get_attribute("data-card") == citation.card_id
        chip.click()
        visited.page.wait_for_selector(f"#card-panel [data-card='{citation.card_id}']")
        assert visited.marks() == [citation.quote]
        stored = assistant.card(citation.card_id).text(citation.field)
        assert citation.quote == stored[citation.start : citation.end]
        assert visited.page.locator("#card-panel mark").is_visible()
        visited.page.keyboard.press("Escape")


def test_pointing_at_a_chip_shows_the_quote_its_title_and_its_field(visit: Callable[..., Any]) -> None:
    visited = visit()
    answer = visited.ask(GUARDSPACE)
    answer.locator(".citation").last.hover()
    tip = visited.page.locator("#citation-tip")
    tip.wait_for()
    shown = tip.inner_text()
    assert "falls from AsFT's 14.4% to 3.6%" in shown
    assert "GuardSpace: null-space adapters" in shown
    assert "Abstract" in shown
    visited.page.mouse.move(5, 400)
    tip.wait_for(state="hidden")


def test_a_chip_is_reached_and_opened_by_keyboard_and_gets_the_focus_back(visit: Callable[..., Any]) -> None:
    visited = visit()
    answer = visited.ask(GUARDSPACE)
    chip = answer.locator(".citation").first
    page = visited.page
    page.locator(".question").last.click()
    for _ in range(20):
        page.keyboard.press("Tab")
        if chip.evaluate("chip => chip === document.activeElement"):
            break
    assert chip.evaluate("chip => chip === document.activeElement")
    page.locator("#citation-tip").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_selector("#card-panel mark")
    assert page.evaluate("document.activeElement.tagName") == "H2"
    page.keyboard.press("Escape")
    page.wait_for_selector("#card-panel", state="hidden")
    assert chip.evaluate("chip => chip === document.activeElement")


def test_an_abstention_looks_different_and_offers_the_nearest_cards(visit: Callable[..., Any]) -> None:
    visited = visit()
    answer = visited.ask("Who are the authors of GuardSpace?")
    assert "abstained" in (answer.get_attribute("class") or "")
    assert answer.locator(".citation").count() == 0
    answer.locator(".nearest .card-link").first.click()
    visited.page.wait_for_selector("#card-panel h2")


def test_a_suggested_question_is_asked_by_pressing_it(visit: Callable[..., Any]) -> None:
    visited = visit()
    suggestion = visited.page.locator("#welcome .suggestion").first
    question = suggestion.inner_text()
    suggestion.click()
    visited.page.locator(".answer .actions").wait_for(timeout=30_000)
    assert question in visited.page.locator(".question").first.inner_text()
    assert visited.page.locator("#welcome .suggestion").count() == 0


def test_suggestions_are_in_the_interfaces_language_and_change(visit: Callable[..., Any]) -> None:
    visited = visit(locale="zh-CN")
    suggestions = visited.page.locator("#welcome .suggestion")
    before = suggestions.all_inner_texts()
    assert all(any("\u3400" <= character <= "\u9fff" for character in text) for text in before)
    visited.page.click("[data-action=examples]")
    visited.page.wait_for_function(
        "before => document.querySelector('#welcome .suggestion').textContent !== before", arg=before[0]
    )


def test_a_follow_up_is_asked_in_the_same_conversation(visit: Callable[..., Any]) -> None:
    visited = visit()
    visited.ask(GUARDSPACE)
    answer = visited.ask("And on which data sets was it tested?")
    assert answer.locator(".citation").first.get_attribute("data-card") == "align-a6ef98"


def test_asking_again_replaces_the_last_answer(visit: Callable[..., Any]) -> None:
    visited = visit()
    visited.ask("What is GuardSpace?")
    answer = visited.ask(GUARDSPACE)
    turn = answer.get_attribute("data-turn")
    answer.locator("[data-action=retry]").click()
    visited.page.wait_for_function(
        "turn => { const all = document.querySelectorAll('.answer:not(.pending)');"
        " return all.length === 2 && all[1].dataset.turn !== turn; }",
        arg=turn,
    )
    assert visited.page.locator(".question").count() == 2


def test_a_question_that_is_empty_or_too_long_is_refused_in_words(visit: Callable[..., Any]) -> None:
    visited = visit()
    visited.page.press("#question textarea", "Enter")
    visited.page.locator(".answer.failed").wait_for()
    assert "empty" in visited.page.locator(".answer.failed").inner_text()


def test_rating_and_a_comment_are_kept(visit: Callable[..., Any], assistant: Assistant) -> None:
    visited = visit()
    answer = visited.ask("What is GuardSpace, in one sentence?")
    answer.locator("[data-rating=down]").click()
    answer.locator(".comment input").fill("too short")
    answer.locator(".comment button").click()
    visited.page.locator(".comment", has_text="Thank you").wait_for()
    visited.page.wait_for_timeout(500)
    turn = answer.get_attribute("data-turn")
    rated = [each for each, _ in assistant.conversations.rated("down") if each.id == turn]
    assert [each.comment for each in rated] == ["too short"]
    visited.open()
    pressed = visited.page.locator(f"[data-turn='{turn}'] [data-rating=down]")
    assert pressed.get_attribute("aria-pressed") == "true"


def test_an_answer_is_copied_as_text_with_numbered_sources(visit: Callable[..., Any]) -> None:
    visited = visit(permissions=["clipboard-read", "clipboard-write"])
    answer = visited.ask(GUARDSPACE)
    answer.locator("[data-action=copy]").click()
    visited.page.wait_for_selector("[data-action=copy].done")
    copied = visited.page.evaluate("navigator.clipboard.readText()")
    assert "[1]" in copied
    assert "(align-a6ef98)" in copied
    assert "<" not in copied
