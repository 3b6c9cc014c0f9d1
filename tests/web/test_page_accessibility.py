"""The page for everyone: no serious finding by axe in any view, light or dark, and use by keyboard alone."""

from collections.abc import Callable
from typing import Any

import pytest

GUARDSPACE = "How does GuardSpace keep a model safe during fine-tuning?"


def serious(page: Any) -> list[tuple[str, str]]:
    """What axe holds to be serious or critical."""
    sync_playwright = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = sync_playwright.Axe().run(page).response["violations"]
    return [
        (violation["id"], violation["nodes"][0]["html"][:200])
        for violation in found
        if violation["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_axe_finds_nothing_serious(visit: Callable[..., Any], color_scheme: str, locale: str) -> None:
    visited = visit(color_scheme=color_scheme, locale=locale)
    page = visited.page
    assert serious(page) == []
    answer = visited.ask(GUARDSPACE)
    answer.locator(".citation").first.click()
    page.wait_for_selector("#card-panel mark")
    assert serious(page) == []
    page.keyboard.press("Escape")
    visited.ask("Who are the authors of GuardSpace?")
    assert serious(page) == []
    page.click("#sidebar .toggle-button")
    page.wait_for_timeout(400)
    assert serious(page) == []
    page.click("#sidebar .toggle-button")
    page.wait_for_timeout(400)
    page.click("#view-browse-button")
    page.locator("table.cards .card-link").first.wait_for()
    assert serious(page) == []
    page.click("#view-map-button")
    page.locator("circle.point").first.wait_for(timeout=60_000)
    assert serious(page) == []


def test_the_whole_way_goes_by_keyboard_alone(visit: Callable[..., Any]) -> None:
    page = visit().page

    def tab_to(selector: str) -> None:
        for _ in range(80):
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"{selector} is not reached by Tab")

    tab_to("#question textarea")
    page.keyboard.type(GUARDSPACE)
    page.keyboard.press("Enter")
    page.locator(".answer .actions").wait_for(timeout=30_000)
    page.keyboard.press("Shift+Tab")
    page.evaluate("document.activeElement.blur()")
    tab_to(".citation")
    page.keyboard.press("Space")
    page.wait_for_selector("#card-panel mark")
    tab_to("[data-action=ask-card]")
    page.keyboard.press("Enter")
    page.locator(".scope li").wait_for()
    assert page.evaluate("document.activeElement.matches('#question textarea')")
    tab_to("#card-panel [data-action=close-card]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#card-panel", state="hidden")


def test_a_closed_list_of_conversations_is_not_in_the_way_of_the_keyboard(visit: Callable[..., Any]) -> None:
    page = visit().page
    page.evaluate("document.activeElement.blur()")
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("!document.activeElement.closest('.sidebar-content')")
