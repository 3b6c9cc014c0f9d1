"""Answers and cards as HTML: markers become chips, everything else is escaped, quotes stay as they are."""

import html
import re

import pytest

from assistant.types import Answer, Bar, Citation, Claim, Filters
from assistant.web.cardview import Span, card_html, spans_of
from assistant.web.markdown import as_html
from assistant.web.rendering import answer_html, scope_html
from assistant.web.texts import TEXTS
from assistant.web.visitor import remembered, scope_of
from vectorstore.cards import PaperCard

CARD = PaperCard(
    id="align-000001",
    category="指令微调与对齐",
    title="Wobble <b>plans</b>",
    tldr="Wobble gains $12.5\\%$ on Pebble & more.",
    abstract="Plans help. Wobble gains $12.5\\%$ on\nPebble <fast>. It costs 3\\% more.",
    method="规划在先。",
)


def cited(text: str, *, marker: int = 1, field: str = "abstract", start: int = 12, end: int = 46) -> Answer:
    """An answer with one citation of the card."""
    citation = Citation(
        marker=marker,
        card_id=CARD.id,
        title=CARD.title,
        field=field,  # type: ignore[arg-type]
        quote=CARD.text(field)[start:end],  # type: ignore[arg-type]
        start=start,
        end=end,
    )
    return Answer(text=text, status="answered", mode="extractive", language="en", citations=[citation])


def test_a_marker_with_a_citation_becomes_a_chip_and_one_without_stays_text() -> None:
    drawn = answer_html(cited("It gains 12.5%. [1] So [2] said."), "en", turn="t")
    assert drawn.count('class="citation"') == 1
    assert 'data-card="align-000001"' in drawn
    assert 'data-spans="abstract:12:46"' in drawn
    assert "So [2] said" in drawn


def test_a_chip_stays_with_the_sentence_before_it() -> None:
    assert "12.5%.<span" in answer_html(cited("It gains 12.5%. [1]"), "en", turn="t")


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "[press](javascript:alert(1))",
        "![pixel](http://evil.example/p.png)",
        "<http://evil.example>",
        "`code` and \\* and &lt;b&gt;",
        "[1]: http://evil.example",
    ],
)
def test_text_of_an_answer_is_shown_as_it_stands(text: str) -> None:
    drawn = as_html(text)
    assert html.unescape(re.sub(r"</?p>", "", drawn)).strip() == text
    assert re.findall(r"<(\w+)", drawn) == ["p"]


def test_tables_lists_and_bold_of_an_answer_are_drawn() -> None:
    drawn = as_html("**A**\n\n- one [1]\n\n| a | b |\n|---|---|\n| x \\| y | [1] |", lambda marker: f"<i>{marker}</i>")
    assert "<strong>A</strong>" in drawn
    assert "<li>one<i>1</i></li>" in drawn
    assert "<td>x | y</td>" in drawn


def test_the_marked_words_are_the_stored_ones_and_the_rest_is_readable() -> None:
    drawn = card_html(CARD, [Span("abstract", 12, 46)], "en")
    assert [html.unescape(mark) for mark in re.findall("<mark>(.*?)</mark>", drawn, re.S)] == [CARD.abstract[12:46]]
    assert "Plans help. <mark>" in drawn
    assert "It costs 3% more." in drawn
    assert "Wobble gains 12.5% on Pebble &amp; more." in drawn
    assert "Wobble &lt;b&gt;plans&lt;/b&gt;" in drawn


def test_the_language_of_the_cited_words_is_shown_first() -> None:
    assert '<div class="fields" data-language="en" lang="en" hidden>' in card_html(CARD, [Span("method", 0, 5)], "en")
    assert '<div class="fields" data-language="zh" lang="zh" hidden>' in card_html(CARD, [], "en")


@pytest.mark.parametrize("written", ["abstract:5:5", "abstract:0:9999", "title:0:3", "abstract:-1:4", "nonsense", ""])
def test_spans_that_do_not_lie_in_the_card_are_left_out(written: str) -> None:
    assert spans_of(written, CARD) == []


def test_overlapping_spans_are_not_marked_twice() -> None:
    drawn = card_html(CARD, [Span("abstract", 0, 11), Span("abstract", 6, 20)], "en")
    assert re.findall("<mark>(.*?)</mark>", drawn) == ["Plans help."]


def test_sentences_left_out_are_counted_and_told_with_the_reason() -> None:
    claims = [Claim(text="It gains <99%>.", supported=False, reason="99% is not in the quote")]
    answer = cited("It gains 12.5%. [1]").model_copy(update={"claims": claims, "dropped": 1})
    drawn = answer_html(answer, "en", turn="t")
    assert "1 sentence was left out" in drawn
    assert "It gains &lt;99%&gt;." in drawn
    assert "99% is not in the quote" in drawn


def test_bars_hold_their_cards_and_the_smaller_ones_are_folded() -> None:
    bars = [Bar(label=f"B{number}", cards=[f"c{each}" for each in range(20 - number)]) for number in range(18)]
    drawn = answer_html(cited("Counted. [1]").model_copy(update={"bars": bars}), "en", turn="t")
    assert 'data-cards="c0 c1 c2"' in drawn
    assert "3 more" in drawn
    assert "width:100.0%" in drawn


def test_an_abstention_is_marked_as_one() -> None:
    answer = Answer(text="The cards do not say.", status="insufficient_evidence", mode="extractive", language="en")
    assert '<div class="answer abstained"' in answer_html(answer, "en", turn="t")


def test_what_a_browser_remembers_is_not_believed() -> None:
    assert remembered({"owner": ""}).owner != ""
    assert remembered({"owner": "x" * 24}).owner == "x" * 24
    assert remembered("nonsense").conversation is None
    assert remembered({"owner": "user:admin", "conversation": "c"}).conversation is None


def test_a_scope_is_cut_to_a_bearable_size() -> None:
    scope = scope_of({"cards": ["x" * 1_000] * 1_000, "tags": "nonsense", "other": [1]})
    assert len(scope.cards) == 20
    assert len(scope.cards[0]) == 200
    assert scope.tags == ()


def test_a_scope_names_its_parts_and_how_to_remove_them() -> None:
    drawn = scope_html(Filters(categories=("效率与压缩",), tags=("<b>",)), {}, "en")
    assert "Efficiency &amp; compression" in drawn
    assert 'aria-label="Remove #&lt;b&gt;"' in drawn
    assert scope_html(Filters(), {}, "en") == ""


def test_both_languages_say_the_same_things() -> None:
    assert TEXTS["en"].keys() == TEXTS["zh"].keys()
    for key, text in TEXTS["en"].items():
        blanks = set(re.findall(r"\{\w+\}", text))
        assert set(re.findall(r"\{\w+\}", TEXTS["zh"][key])) == blanks, key
