"""Mentions: whole words in any field or tag, spelling of case, blanks and hyphens aside."""

import json

import pytest
from card_text import card
from hypothesis import given
from hypothesis import strategies as st
from shared_corpus import CARD_FILE, SHARED, full_cards

from vectorstore.cards import FIELDS
from vectorstore.mentions import mention_of


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("GenEval", "on GenEval++ and more"),
        ("geneval", "GENEVAL"),
        ("chain of thought", "Chain-of-Thought"),
        ("Chain-of-Thought", "chain of\nthought"),
        ("lm head", "the lm_head"),
        ("discrete  diffusion", "Discrete diffusion"),
        ("GPT-5", "与GPT-5相比"),
        ("LoRA", "基于LoRA的方法"),
        ("C++", "in C++."),
        ("越狱", "防御越狱攻击"),
        ("τ-Bench", "the $\\tau$-Bench"),
        ("AnsF1", "\\textbf{Ans}F1"),
        ("GSM8K", "ＧＳＭ８Ｋ"),
    ],
)
def test_a_term_is_mentioned(term: str, text: str) -> None:
    assert mention_of(term)(card(text))


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("AIME", "AIME24 and AIME2025"),
        ("AIME", "claimed"),
        ("LoRA", "QLoRA"),
        ("GPT-5", "GPT-5o"),
        ("GPT-5", "GPT5"),
        ("a.b", "axb"),
        ("", "anything"),
        (" - _", "any-thing"),
        ("RL", "RLHF and curl"),
    ],
)
def test_a_term_is_not_mentioned(term: str, text: str) -> None:
    assert not mention_of(term)(card(text, tags=("x",)))


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_counts(field: str) -> None:
    assert mention_of("Wobble")(card(**{"abstract": "x", field: "the Wobble method"}))


def test_tags_count_and_titles_and_aids_do_not() -> None:
    assert mention_of("model merging")(card("x", tags=("Model-Merging",)))
    assert not mention_of("wobble")(card("x", title="Wobble"))


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_term_can_be_asked_for(term: str, text: str) -> None:
    assert mention_of(term)(card(text)) in (True, False)


@pytest.mark.skipif(not CARD_FILE.exists(), reason="the development questions are not here")
def test_list_and_count_questions_are_answered_exactly() -> None:
    cards = full_cards()
    questions = [json.loads(line) for line in (SHARED / "evals" / "dev-hard.jsonl").read_text("utf-8").splitlines()]
    asked = [question for question in questions if question["kind"] in ("list", "count")]
    assert len(asked) == 48
    for question in asked:
        mentioned = mention_of(question["term"])
        wanted = question.get("category")
        found = [one.id for one in cards if (not wanted or one.category == wanted) and mentioned(one)]
        assert sorted(found) == sorted(question["gold"]), question["question"]
