"""Names: a card is found by its method however that is written, and a name that no card has is noticed."""

import string
import time
from functools import cache

import pytest
from card_text import card
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from assistant.names import NameIndex, fold, looks_like_name
from vectorstore.corpus import builtin_cards

GUARDSPACE = "align-a6ef98"


@cache
def index() -> NameIndex:
    """The names of the built-in cards."""
    return NameIndex.build(builtin_cards())


@cache
def everything() -> str:
    """All that the built-in cards say, in small letters."""
    return " ".join(one.model_dump_json() for one in builtin_cards()).casefold()


def own_names() -> list[tuple[str, str]]:
    """Long names that stand before the colon of one built-in card's title only, with that card's id."""
    names = [
        (one.title.partition(":")[0], one.id)
        for one in builtin_cards()
        if one.title.partition(":")[0].isascii() and one.title.partition(":")[0].isalpha()
    ]
    return [(name, card_id) for name, card_id in names if len(name) >= 6 and looks_like_name(name)]


NAMES = own_names()


# However it is written


@pytest.mark.parametrize(
    "written",
    ["GuardSpace", "guardspace", "GUARDSPACE", "Guard Space", "guard-space", "Guard_Space", "Guard.Space",
     "ＧｕａｒｄＳｐａｃｅ", "GuardSpace's", "“GuardSpace”", "(GuardSpace)", "**GuardSpace**"],
)  # fmt: skip
@pytest.mark.parametrize("question", ["{}", "How does {} keep a model safe?", "{}如何保持安全?", "用{}做微调"])
def test_a_methods_name_finds_its_card_however_it_is_written(written: str, question: str) -> None:
    assert index().cards_named(question.format(written)) == {GUARDSPACE: 1.0}


@pytest.mark.parametrize(
    ("written", "card_id"),
    [
        ("∇-Reasoner", "reason-f5da56"),
        ("∇Reasoner", "reason-f5da56"),
        ("EEPO", "align-7fd11b"),
        ("decs", "reason-222be6"),
    ],
)
def test_short_and_unusual_names_are_names_too(written: str, card_id: str) -> None:
    assert index().cards_named(f"What is {written} for?") == {card_id: 1.0}


def test_every_card_with_a_name_of_its_own_is_found_by_it() -> None:
    assert len(NAMES) > 100
    for name, card_id in NAMES:
        assert index().cards_named(f"How does {name} work?").get(card_id, 0) >= 0.3, name


@pytest.mark.parametrize(
    "written", ["GuardSpce", "GaurdSpace", "GuardSpaces", "uardSpace", "ugardspace", "GGuardSpace"]
)
def test_one_slip_finds_the_card_but_less_surely(written: str) -> None:
    found = index().cards_named(f"How does {written} work?")
    assert list(found) == [GUARDSPACE]
    assert 0.5 <= found[GUARDSPACE] < 1


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(NAMES),
    st.sampled_from(["changed", "left out", "added", "swapped"]),
    st.integers(0, 30),
    st.sampled_from(string.ascii_lowercase),
)
def test_a_name_with_any_one_letter_wrong_finds_its_card(
    named: tuple[str, str], slip: str, place: int, letter: str
) -> None:
    name, card_id = named
    place %= len(name) - 1
    written = {
        "changed": name[:place] + letter + name[place + 1 :],
        "left out": name[:place] + name[place + 1 :],
        "added": name[:place] + letter + name[place:],
        "swapped": name[:place] + name[place + 1] + name[place] + name[place + 2 :],
    }[slip]
    assume(fold(written) != fold(name))
    assume(written.casefold() not in everything())
    assert card_id in index().cards_named(f"How does {written} work?")


@pytest.mark.parametrize("written", ["GuardSpace2", "GPT-9", "Qwen9", "Mamba-4", "SAM4"])
def test_a_digit_is_never_a_slip(written: str) -> None:
    assert index().cards_named(f"What is {written}?") == {}
    assert index().unknown_names(f"What is {written}?") == [written]


@pytest.mark.parametrize(
    "question",
    [
        "How do adapters keep a model safe while it is tuned?",
        "Can an agent learn from its own mistakes?",
        "What is the role of memory in agents?",
        "Is attention all you need for reasoning?",
        "如何让模型在微调后仍然安全?",
        "a",
        "",
        "???",
    ],
)
def test_ordinary_words_name_no_card(question: str) -> None:
    assert index().cards_named(question) == {}


def test_two_methods_in_one_question_are_both_found() -> None:
    assert index().cards_named("Is GuardSpace better than FedTDP?").keys() == {GUARDSPACE, "align-257fba"}


def test_a_name_that_two_cards_introduce_tells_less_than_one_of_its_own() -> None:
    twins = NameIndex.build(
        [
            card("It plans.", id="own-1", title="WobbleNet: a planner"),
            card("It waits.", id="own-2", title="WobbleNet: a waiter"),
            card("It sings.", id="own-3", title="JitterNet: a singer"),
        ]
    )
    assert twins.cards_named("What is WobbleNet?") == {"own-1": 0.5, "own-2": 0.5}
    assert twins.cards_named("What is JitterNet?") == {"own-3": 1.0}


def test_a_short_form_in_the_title_is_a_name_too() -> None:
    one = NameIndex.build([card("It plans.", id="own-1", title="Wobbly Planning Network (WPN): it plans")])
    assert one.cards_named("What is WPN?") == one.cards_named("wobbly planning network") == {"own-1": 1.0}


# Names that no card has


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("How does QuantumLeapFormer work?", ["QuantumLeapFormer"]),
        ("QuantumLeapFormer如何工作?", ["QuantumLeapFormer"]),
        ("Is Zorblax3000 better than GuardSpace?", ["Zorblax3000"]),
        ("Does WobbleNet beat JitterNet and WobbleNet?", ["WobbleNet", "JitterNet"]),
        ("What does NASA-X say?", ["NASA-X"]),
        ("What is Qwen9-500B?", ["Qwen9-500B"]),
    ],
)
def test_names_that_no_card_has_are_told_as_written(question: str, unknown: list[str]) -> None:
    assert index().unknown_names(question) == unknown


@pytest.mark.parametrize(
    "question",
    [
        "How does GuardSpace do with Llama-2-7B-Chat on GSM8K?",
        "How does Guard-Space or guardspace do?",
        "Is GaurdSpace safe?",
        "Which LLMs and VLMs are used?",
        "Is GPT-4o used as a judge?",
        "How do I make my chatbot faster on a laptop?",
        "怎样让聊天机器人更快?",
        "I use PyTorch, e.g. for RLHF.",
        "HOW CAN I SPEED UP MY CHATBOT ON A LAPTOP",
        "PLEASE EXPLAIN HOW TRANSFORMERS FORGET THINGS!",
        "What is it?",
        "",
    ],
)
def test_known_names_and_ordinary_words_are_not_unknown(question: str) -> None:
    assert index().unknown_names(question) == []


def test_a_shouted_question_still_names_what_no_card_has_where_it_has_digits() -> None:
    assert index().unknown_names("HOW DOES ZORBLAX3000 DO ON THE TESTS?") == ["ZORBLAX3000"]


@pytest.mark.parametrize(("question", "knows"), [("How is GSM8K used?", True), ("How do roses grow?", False)])
def test_a_question_that_holds_a_known_name_is_known_by_it(question: str, knows: bool) -> None:
    assert index().knows_one(question) is knows


@pytest.mark.parametrize("token", ["GuardSpace", "GPT-4", "DECS", "pass@K", "iPhone", "LoRA", "GSM8K", "C4B"])
def test_inner_capitals_and_digits_make_a_name(token: str) -> None:
    assert looks_like_name(token)


@pytest.mark.parametrize("token", ["Model", "model", "The", "7B", "100", "A", "模型", "well-known", "Mixture", "2nd"])
def test_other_words_are_not_written_as_names(token: str) -> None:
    assert not looks_like_name(token)


# Keeping and speed


def test_the_index_comes_back_from_its_text_as_it_was() -> None:
    again = NameIndex.from_json(index().to_json())
    for question in ("What is GuardSpace?", "What is GaurdSpace?", "What is Zorblax3000?", "Guard Space and EEPO"):
        assert again.cards_named(question) == index().cards_named(question)
        assert again.unknown_names(question) == index().unknown_names(question)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"own": {}}', '{"own": {}, "words"', "\x00"])
def test_a_damaged_text_is_an_error_that_callers_know(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        NameIndex.from_json(text)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_any_question_can_be_searched_for_names(question: str) -> None:
    assert all(0 < sureness <= 1 for sureness in index().cards_named(question).values())
    unknown = index().unknown_names(question)
    assert len(set(unknown)) == len(unknown)


def test_a_long_question_is_searched_in_reasonable_time() -> None:
    question = " ".join(f"Wobb{letter}{other}" for letter in string.ascii_lowercase for other in string.ascii_letters)
    index().cards_named("warm")
    began = time.process_time()
    index().cards_named(question[:4_000])
    index().unknown_names(question[:4_000])
    assert time.process_time() - began < 5
