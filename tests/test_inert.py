"""Text made inert: words that neither act, nor hide, nor pass for a citation."""

import re
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.inert import inert, joined, visible, without_tags

HIDDEN = [
    "\x00", "\x07", "\x1b", "\x7f", "\x9b", "\u00ad", "\u061c", "\u180e", "\u200b", "\u200e", "\u202e", "\u2028",
    "\u2060", "\u2066", "\u206f", "\ufeff", "\ufff9", "\ue000", "\ud800", "\udfff", "\U000e0041", "\U0010ffff",
]  # fmt: skip


@pytest.mark.parametrize("character", HIDDEN)
def test_what_does_not_show_becomes_a_blank(character: str) -> None:
    assert visible(f"Wob{character}ble{character}") == "Wob ble"


@pytest.mark.parametrize("text", ["Wobble", "规划,提升 3.6%。", "naïve ∇-Reasoner τ ≥ 3·10⁻⁴", "“quoted” 「引」", "🙂"])
def test_what_shows_stays(text: str) -> None:
    assert visible(text) == text


def test_every_blank_is_one_blank() -> None:
    assert visible("\n\tWobble \r\n plans\u00a0\u3000ahead ") == "Wobble plans ahead"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plans [1] ahead [2, 3]", "plans (1) ahead (2, 3)"),
        ("plans [1][2]", "plans (1)(2)"),
        ("plans [ 1 ] 【2】 ［3］ [^4]", "plans (1) (2) (3) (^4)"),
        ("plans [1–3] [4;5] [6、7]", "plans (1–3) (4;5) (6、7)"),
        ("in [2024]", "in (2024)"),
        ("[[1]]", "[(1)]"),
        ("1\u200b[1\u200b]", "1 (1)"),
    ],
)
def test_a_bracketed_number_is_no_marker_any_more(text: str, shown: str) -> None:
    assert inert(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>", "< script>alert(1)< /script>"),
        ("<img src=x onerror=alert(1)>", "< img src=x onerror=alert(1)>"),
        ("<!-- hidden -->", "< !-- hidden -->"),
        ("<\u200bscript>", "< script>"),
        ("[press](javascript:alert(1))", "[press] (javascript:alert(1))"),
        ("[press][there]", "[press] [there]"),
        ("![x](http://evil.example)", "! [x] (http://evil.example)"),
        ("`code` and ```fence```", "'code' and '''fence'''"),
        ("a [ b", "a ( b"),
        ("a ] (b)", "a ) (b)"),
    ],
)
def test_markup_is_shown_as_words(text: str, shown: str) -> None:
    assert inert(text) == shown


@pytest.mark.parametrize("text", ["a < b and c > d", "x <= 3", "pass@k [sic] (1)", "f(x)[i]", "14.4% → 3.6%", "«<»"])
def test_signs_that_do_nothing_stay(text: str) -> None:
    assert inert(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a <b class='x'>c</b> d", "a  c  d"),
        ("a<br/>b", "a b"),
        ("a < b > c", "a < b > c"),
        ("<b", "<b"),
    ],
)
def test_whole_tags_are_taken_out(text: str, left: str) -> None:
    assert without_tags(text) == left


def test_sentences_are_joined_as_their_language_does() -> None:
    assert joined(["It plans. [1]", "It gains. [2]"], "en") == "It plans. [1] It gains. [2]"
    assert joined(["它会规划。 [1]", "提升。 [2]"], "zh") == "它会规划。 [1]提升。 [2]"
    assert joined([], "zh") == ""


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("second", ["(1) 提升。", "[引] 提升。", ": 提升。", "(http://evil.example)"])
def test_a_marker_and_the_next_sentence_are_never_a_link(second: str, language: str) -> None:
    assert not re.search(r"\][(\[:]", joined(["它会规划。 [1]", f"{second} [2]"], language))


PIECES = st.sampled_from(
    ["[", "]", "(", ")", "!", "<", ">", "/", "b", "1", "^", ",", " ", "\u200b", "\x00", "`", "&lt;", "\\", "【", "】",
     "script", "https://evil.example", "\ud800", "–", "-", "１"]
)  # fmt: skip
TEXTS = st.one_of(st.lists(PIECES, max_size=20).map("".join), st.text(max_size=40))


@given(TEXTS)
def test_any_text_comes_out_printable_and_without_anything_active(text: str) -> None:
    shown = inert(text)
    assert shown.isprintable()
    assert shown == shown.strip()
    assert not re.search(r"[\[【［]\s*\^?\d{1,4}\s*[\]】］]", shown)
    assert not re.search(r"<[A-Za-z/!?]|\]\(|\]\[|!\[|`", shown)
    assert len(re.findall(r"\[[^\[\]]*\]", shown)) == shown.count("[") == shown.count("]")


@given(TEXTS)
def test_what_is_inert_stays_as_it_is(text: str) -> None:
    assert inert(inert(text)) == inert(text)


@pytest.mark.parametrize(
    "unit", ["[", "]", "[1", "[1,", "[1 ", "<", "<a", "!", "![", "](", "`", "\u200b", " ", "【1、"]
)
def test_any_text_is_made_inert_in_linear_time(unit: str) -> None:
    began = time.process_time()
    inert(unit * 50_000)
    without_tags(unit * 50_000)
    assert time.process_time() - began < 2


def test_the_hidden_characters_are_those_that_python_does_not_print() -> None:
    shown = [character for character in map(chr, range(sys.maxunicode + 1)) if visible(character)]
    assert all(character.isprintable() for character in shown)
    assert set("aé中3%∇🙂“") <= set(shown)
