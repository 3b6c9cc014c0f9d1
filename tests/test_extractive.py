"""The answer without a model: whole sentences of the best card, chosen for the question."""

import re

import pytest
from card_text import card
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.answering.extractive import ExtractiveAnswerer, SelectedSentence
from assistant.inert import inert
from assistant.types import CardHit, Query
from vectorstore.cards import PaperCard
from vectorstore.corpus import builtin_cards
from vectorstore.disagreements import quotable_passages
from vectorstore.language import language_of
from vectorstore.latex import readable

SAMPLE = [(one, question) for one in builtin_cards()[::12] for question in one.aid.questions]


def answered(question: str, *cards: PaperCard, **more: object) -> list[SelectedSentence]:
    query = Query(question=question, standalone=question, language=language_of(question))
    hits = [CardHit(card_id=one.id, title=one.title, score=1.0) for one in cards]
    return ExtractiveAnswerer().draft(query, hits, {one.id: one for one in cards}, **more)  # type: ignore[arg-type]


def texts(question: str, *cards: PaperCard) -> str:
    return " ".join(sentence.text for sentence in answered(question, *cards))


WOBBLE = card(
    "Gardeners forget to water their roses, and the roses wither in the heat of a long summer. "
    "We propose Wobble, which plans the day by looking at the sky and then at the calendar of the gardener. "
    "Experiments span three gardens, the Pebble test and the Boulder test with two rivals. "
    "On Pebble it saves 42.5\\% of the water and on Boulder it reaches 17 points more than the best rival. "
    "We find that roses wither because gardeners trust the calendar more than they trust the sky.",
    id="own-1",
    title="Wobble: a planner for gardeners",
    tldr="A planner that reminds gardeners to water their roses in time.",
    motivation="园丁常常忘记浇水,玫瑰在漫长的夏天里枯萎。",
    method="Wobble先看天空再看日历,为园丁规划一天的工作。",
    experiments="在三个花园、Pebble和Boulder测试上与两个对手比较,在Pebble上节水42.5%。",
    contribution="提出一种提醒园丁浇水的规划器。",
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SAMPLE))
def test_an_answer_is_whole_passages_of_the_first_card_in_reading_order_each_once(
    asked: tuple[PaperCard, str],
) -> None:
    one, question = asked
    own = list(quotable_passages(one))
    sentences = answered(question, one, WOBBLE)
    places = [own.index(sentence.passage) for sentence in sentences]
    assert places == sorted(set(places))
    assert 1 <= len(places) <= 6
    for sentence in sentences:
        passage = sentence.passage
        assert one.text(passage.field)[passage.start : passage.end] == passage.text
        assert inert(sentence.text) == inert(readable(passage.text))


def test_an_answer_is_a_note_and_not_the_whole_card() -> None:
    for one, question in SAMPLE:
        length = sum(len(sentence.text) for sentence in answered(question, one))
        whole = sum(len(passage.text) for passage in quotable_passages(one))
        assert length <= 0.7 * whole


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_answer_is_in_the_questions_language_where_the_card_has_it(language: str) -> None:
    asked = [(one, question) for one, question in SAMPLE if language_of(question) == language]
    assert len(asked) > 100
    mixed = [
        question
        for one, question in asked
        if any(sentence.passage.language != language for sentence in answered(question, one))
    ]
    assert len(mixed) <= 0.02 * len(asked), mixed


def test_a_card_in_one_language_answers_a_question_in_the_other() -> None:
    english = card(
        "We propose Wobble, which plans the day of a gardener.", id="own-2", motivation="", title="Wobble: x"
    )
    chinese = card("", id="own-3", method="提出Wobble,为园丁规划一天的工作。", motivation="", title="Wobble: x")
    assert [sentence.passage.language for sentence in answered("Wobble如何规划?", english)] == ["en"]
    assert [sentence.passage.language for sentence in answered("How does Wobble plan?", chinese)] == ["zh"]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("How much water does Wobble save on Pebble?", "42.5%"),
        ("By how many points does Wobble beat the best rival on Boulder?", "17 points"),
        ("Wobble在Pebble上节水多少?", "42.5%"),
        ("How does Wobble plan the day?", "looking at the sky"),
        ("Wobble如何规划一天的工作?", "先看天空再看日历"),
        ("On which tests was Wobble evaluated?", "Boulder"),
        ("Wobble在哪些测试上做了实验?", "Boulder"),
        ("Why do roses wither?", "because gardeners trust the calendar"),
        ("What problem do gardeners have with their roses?", "roses"),
    ],
)
def test_the_sentence_that_answers_is_among_those_chosen(question: str, said: str) -> None:
    assert said in texts(question, WOBBLE)


def test_an_amount_question_about_a_built_in_card_gets_a_sentence_with_figures() -> None:
    (guardspace,) = [one for one in builtin_cards() if one.id == "align-a6ef98"]
    asked = ["How much does GuardSpace lower the harmful score compared with AsFT?", "GuardSpace把有害得分降低了多少?"]
    for question in asked:
        assert {"14.4%", "3.6%"} <= set(re.findall(r"[\d.]+%", texts(question, guardspace)))


def test_different_questions_about_one_card_get_different_sentences() -> None:
    how, much = texts("How does Wobble plan the day?", WOBBLE), texts("How much water does it save on Pebble?", WOBBLE)
    assert how != much


def test_a_sentence_whose_figure_the_abstract_gainsays_is_never_chosen() -> None:
    split = WOBBLE.model_copy(update={"experiments": "在Pebble上节水97%,在Boulder上节水96%。", "tldr": "It saves 95%."})
    for question in ("How much water does Wobble save on Pebble?", "Wobble在Pebble上节水多少?", "节水比例"):
        said = texts(question, split)
        assert not re.search("9[567]%", said)
        assert said


def test_figures_keep_their_signs_when_latex_is_made_readable() -> None:
    said = texts("How much water does Wobble save on Pebble?", WOBBLE)
    assert "42.5%" in said
    assert "\\" not in said


def test_a_question_that_leans_on_the_conversation_is_answered_by_its_stand_alone_wording() -> None:
    query = Query(question="How much?", standalone="How does Wobble save water on Pebble? How much?", language="en")
    sentences = ExtractiveAnswerer().draft(query, [CardHit(card_id="own-1", title="x", score=1.0)], {"own-1": WOBBLE})
    assert "42.5%" in " ".join(sentence.text for sentence in sentences)


def test_what_means_the_same_counts_where_the_words_differ() -> None:
    def close_to_the_sky(question: str, passages: list[str]) -> list[float]:
        return [0.99 if "looking at the sky" in passage else 0.75 for passage in passages]

    sentences = answered("Xyzzy plugh?", WOBBLE, similarity=close_to_the_sky)
    assert any("looking at the sky" in sentence.text for sentence in sentences)


def test_without_hits_or_words_there_is_no_answer() -> None:
    assert answered("How does Wobble plan?") == []
    assert answered("How does Wobble plan?", card("", motivation="")) == []


@pytest.mark.parametrize("question", ["", "?", "的", "a", "1", "🙂", "x" * 4_000, "how " * 900])
def test_any_question_gets_sentences_of_the_card(question: str) -> None:
    assert answered(question, WOBBLE)


def test_a_bracketed_number_in_a_card_cannot_pass_for_a_citation() -> None:
    cites = card("Wobble plans the day as in [3] and [4, 5], with <b>care</b>.", motivation="", title="Wobble: x")
    said = texts("How does Wobble plan the day?", cites)
    assert "as in (3) and (4, 5)" in said
    assert "<b>" not in said
