"""The cards on the page: the panel, the table of all cards, and the map."""

from collections.abc import Callable
from typing import Any

import pytest

from assistant import Assistant


def test_a_permanent_link_shows_its_card_with_everything_on_it(visit: Callable[..., Any], assistant: Assistant) -> None:
    page = visit("/?card=align-a6ef98").page
    panel = page.locator("#card-panel")
    panel.locator("h2").wait_for()
    shown = panel.inner_text()
    card = assistant.card("align-a6ef98")
    assert card.title in shown
    assert card.tldr in shown
    assert card.abstract in shown
    assert "Instruction tuning & alignment" in shown
    assert [tag.inner_text() for tag in panel.locator(".tag").all()] == [f"#{tag}" for tag in card.tags]
    panel.locator("[data-show=zh]").click()
    shown = panel.inner_text()
    for text in (card.motivation, card.problem, card.analysis, card.method, card.experiments, card.contribution):
        assert text in shown
    assert card.abstract not in shown


def test_similar_cards_are_one_press_away_and_the_address_follows(visit: Callable[..., Any]) -> None:
    page = visit("/?card=align-a6ef98").page
    similar = page.locator("#card-panel .similar .card-link").first
    title = similar.inner_text()
    similar.click()
    page.locator("#card-panel h2", has_text=title).wait_for()
    assert "card=align-a6ef98" not in page.url
    assert "card=" in page.url
    page.click("[data-action=close-card]")
    assert "card=" not in page.url


def test_all_cards_are_listed_and_searched_while_typing(visit: Callable[..., Any], assistant: Assistant) -> None:
    page = visit().page
    page.click("#view-browse-button")
    page.locator("#browse [role=status]", has_text="803 of 803").wait_for()
    page.fill("#browse-words", "null-space adapters")
    found = assistant.browsing().page("null-space adapters")
    assert 0 < found.found < 20
    page.locator("#browse [role=status]", has_text=f"{found.found} of 803").wait_for()
    titles = page.locator("table.cards .card-link").all_inner_texts()
    assert titles == [row.title for row in found.rows]
    page.locator("table.cards .card-link", has_text="GuardSpace").press("Enter")
    page.locator("#card-panel h2", has_text="GuardSpace").wait_for()


def test_the_table_grows_as_it_is_scrolled_and_holds_every_card_once(
    visit: Callable[..., Any], assistant: Assistant
) -> None:
    page = visit().page
    page.click("#view-browse-button")
    page.locator("table.cards .card-link").first.wait_for()
    assert page.locator("table.cards tbody tr").count() < len(assistant.cards())
    while (shown := page.locator("table.cards tbody tr").count()) < len(assistant.cards()):
        page.locator("table.cards tbody tr").last.scroll_into_view_if_needed()
        page.wait_for_function("shown => document.querySelectorAll('table.cards tbody tr').length > shown", arg=shown)
    ids = page.locator("table.cards .card-link").evaluate_all("links => links.map(link => link.dataset.card)")
    assert ids == [card.id for card in assistant.cards()]


def test_enter_searches_the_full_text_by_meaning(visit: Callable[..., Any]) -> None:
    page = visit().page
    page.click("#view-browse-button")
    page.locator("table.cards .card-link").first.wait_for()
    page.fill("#browse-words", "keep refusing harmful prompts after fine-tuning")
    page.press("#browse-words", "Enter")
    page.locator("#browse [role=status]", has_text="Best matches").wait_for()
    assert any(title.startswith("GuardSpace") for title in page.locator("table.cards .card-link").all_inner_texts()[:3])


def test_filters_narrow_the_table_and_then_the_chat(visit: Callable[..., Any], assistant: Assistant) -> None:
    visited = visit()
    page = visited.page
    page.click("#view-browse-button")
    page.locator("table.cards .card-link").first.wait_for()
    page.select_option("#browse-category", "效率与压缩")
    count = len(assistant.cards(category="effic"))
    page.locator("#browse [role=status]", has_text=f"{count} of 803 cards").wait_for()
    page.locator(".filters .primary").click()
    page.locator(".scope li", has_text="Efficiency & compression").wait_for()
    answer = visited.ask("How can a model be made faster?")
    cited = answer.locator("[data-card]").evaluate_all("chips => chips.map(chip => chip.dataset.card)")
    assert cited
    assert all(card.startswith("effic-") for card in cited)
    visited.open()
    page.locator(".scope li", has_text="Efficiency & compression").wait_for()


def test_a_tag_of_a_card_filters_the_table(visit: Callable[..., Any], assistant: Assistant) -> None:
    page = visit("/?card=align-a6ef98").page
    page.locator("#card-panel .tag").first.click()
    page.locator("table.cards .card-link").first.wait_for()
    assert page.input_value("#browse-tag") == "safety alignment"
    count = len(assistant.cards(tag="safety alignment"))
    page.locator("#browse [role=status]", has_text=f"{count} of 803 cards").wait_for()
    assert page.locator("table.cards tbody tr").count() == count < 60


def test_every_card_is_a_point_on_the_map_that_opens_it(visit: Callable[..., Any], assistant: Assistant) -> None:
    visited = visit()
    visited.ask("How does GuardSpace keep a model safe during fine-tuning?")
    page = visited.page
    page.click("#view-map-button")
    page.locator("circle.point").first.wait_for(timeout=60_000)
    assert page.locator("circle.point").count() == len(assistant.cards())
    assert page.locator("circle.lit").evaluate_all("points => points.map(p => p.dataset.card)") == ["align-a6ef98"]
    page.locator("circle.lit").hover()
    label = page.locator(".map-label")
    label.wait_for()
    assert "GuardSpace" in label.inner_text()
    page.locator("circle.lit").click()
    page.locator("#card-panel h2", has_text="GuardSpace").wait_for()


def test_a_collection_that_is_too_large_for_a_map_says_so(
    visit: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.collection.LARGEST_MAP", 802)
    page = visit().page
    page.click("#view-map-button")
    page.locator("#map [role=status]", has_text="the map shows up to 802 cards, and this collection has 803").wait_for()


def test_the_map_zooms_moves_and_dims_other_categories(visit: Callable[..., Any]) -> None:
    page = visit().page
    page.click("#view-map-button")
    page.locator("circle.point").first.wait_for(timeout=60_000)
    svg = page.locator(".map-frame svg")
    whole = svg.get_attribute("viewBox")
    page.click("[aria-label='Zoom in']")
    closer = svg.get_attribute("viewBox")
    assert closer != whole
    box = svg.bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 130, box["y"] + 90, steps=5)
    page.mouse.up()
    assert svg.get_attribute("viewBox") not in (whole, closer)
    assert page.locator("#card-panel").is_hidden()
    page.click("[aria-label='Show all']")
    assert svg.get_attribute("viewBox") == whole
    page.locator(".legend button", has_text="Agents").click()
    assert page.locator("circle.point:not(.dim)").count() == 100


def test_on_a_phone_the_card_is_a_sheet_and_nothing_is_wider_than_the_screen(visit: Callable[..., Any]) -> None:
    visited = visit()
    page = visited.page
    page.set_viewport_size({"width": 390, "height": 844})
    answer = visited.ask("How does GuardSpace keep a model safe during fine-tuning?")
    answer.locator(".citation").first.click()
    page.wait_for_selector("#card-panel mark")
    box = page.locator("#card-panel").bounding_box()
    assert box["width"] == 390
    assert box["y"] > 100
    for view in ("chat", "browse", "map"):
        page.click("[data-action=close-card]") if page.locator("#card-panel").is_visible() else None
        page.click(f"#view-{view}-button")
        page.wait_for_timeout(400)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
