"""Abstaining: what the cards do not say is not answered, and what they say is not refused."""

import re
from collections.abc import Mapping

import pytest
from card_text import card

from assistant import Assistant
from assistant.abstention import Decision, decide
from assistant.names import NameIndex
from assistant.retrieval import RetrievalSignals
from assistant.types import Answer, CardHit, Filters, Query
from assistant.understanding import understand
from evals.guarantees import check_guarantees
from vectorstore.cards import PaperCard

GUARDSPACE = "align-a6ef98"


def refused(assistant: Assistant, question: str) -> Answer:
    """The refusal of a question, with what every refusal must have."""
    answer = assistant.answer(question)
    assert (answer.status, answer.citations, answer.claims, answer.cards) == ("insufficient_evidence", [], [], [])
    assert 1 <= len(answer.suggestions) <= 5
    assert len({hit.card_id for hit in answer.suggestions}) == len(answer.suggestions)
    assert bool(re.search(r"[\u4e00-\u9fff]{4}", answer.text)) == (answer.language == "zh")
    check_guarantees(answer, assistant.card)
    return answer


@pytest.mark.parametrize(
    "question",
    [
        "Who wrote the GuardSpace paper?",
        "Who are the authors of GuardSpace?",
        "Which university is GuardSpace from?",
        "What licence is GuardSpace released under?",
        "At which conference was GuardSpace published?",
        "When was GuardSpace published?",
        "How many GPU hours did GuardSpace take to train?",
        "How much money did it cost to train GuardSpace?",
        "How many times has GuardSpace been cited?",
        "GuardSpace 的作者是谁?",
        "GuardSpace 是哪所大学做的?",
        "GuardSpace 用什么开源协议?",
        "GuardSpace 发表在哪个会议?",
        "GuardSpace 训练花了多少钱?",
        "GuardSpace 用了多少张显卡?",
    ],
)
def test_what_the_card_does_not_say_is_refused_with_the_card_as_the_first_suggestion(
    assistant: Assistant, question: str
) -> None:
    assert refused(assistant, question).suggestions[0].card_id == GUARDSPACE


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("How does QuantumLeapFormer work?", "QuantumLeapFormer"),
        ("QuantumLeapFormer 如何工作?", "QuantumLeapFormer"),
        ("What accuracy does Zorblax3000 reach on GSM8K?", "Zorblax3000"),
        ("Zorblax3000 在 GSM8K 上准确率多少?", "Zorblax3000"),
        ("Is WobbleNet better than GuardSpace?", "WobbleNet"),
    ],
)
def test_a_method_that_no_card_has_is_refused_by_its_name(assistant: Assistant, question: str, name: str) -> None:
    assert name in refused(assistant, question).text


@pytest.mark.parametrize(
    "question",
    [
        "What score does GuardSpace get on MMLU?",
        "What accuracy does GuardSpace reach on HumanEval?",
        "How does GuardSpace do on MMLU?",
        "GuardSpace 在 MMLU 上得分多少?",
    ],
)
def test_a_result_on_a_data_set_that_the_card_does_not_have_is_refused(assistant: Assistant, question: str) -> None:
    answer = refused(assistant, question)
    assert re.search("MMLU|HumanEval", answer.text)


@pytest.mark.parametrize(
    "question",
    [
        "What is the best recipe for carbonara?",
        "What is the capital of France?",
        "Who won the football world cup in 2018?",
        "How do I change the tyre of a bicycle?",
        "Will it rain tomorrow?",
        "红烧肉怎么做?",
        "法国的首都是哪里?",
        "今天天气怎么样?",
        "怎么给自行车换轮胎?",
    ],
)
def test_a_question_off_the_subject_is_refused(assistant: Assistant, question: str) -> None:
    refused(assistant, question)


@pytest.mark.parametrize(
    "question", ["hello", "Hi!", "thanks", "Good morning", "你好", "谢谢!", "who are you?", "在吗"]
)
def test_a_greeting_is_no_question(assistant: Assistant, question: str) -> None:
    refused(assistant, question)


@pytest.mark.parametrize("question", ["?", "...", "a", "的", "🙂", "x" * 10_000, "12345"])
def test_what_asks_nothing_is_refused(assistant: Assistant, question: str) -> None:
    refused(assistant, question)


@pytest.mark.parametrize(
    ("question", "card_id"),
    [
        ("How does GuardSpace keep a model safe during fine-tuning?", GUARDSPACE),
        ("GuardSpace 如何在微调时保持模型安全?", GUARDSPACE),
        ("How well does GuardSpace do on GSM8K?", GUARDSPACE),
        ("What accuracy does GuardSpace reach on GSM8K?", GUARDSPACE),
        ("guard-space results?", GUARDSPACE),
        ("HOW DOES GUARDSPACE KEEP A MODEL SAFE", GUARDSPACE),
        ("Does GaurdSpace lower the harmful score?", GUARDSPACE),
        ("How can I fine-tune a chat model without losing its refusals?", None),
        ("怎样微调才不会让模型失去安全性?", None),
        ("How can I speed up the decoding of a language model?", None),
        ("How do agents learn to use tools?", None),
        ("如何压缩 KV 缓存?", None),
        ("Why do reasoning models think for too long?", None),
        ("多模态模型的视觉标记如何剪枝?", None),
        ("What is FedTDP?", "align-257fba"),
        ("On which data sets was FedTDP tested?", "align-257fba"),
    ],
)
def test_a_question_that_cards_answer_is_not_refused(assistant: Assistant, question: str, card_id: str | None) -> None:
    answer = assistant.answer(question)
    assert answer.status == "answered"
    if card_id:
        assert answer.cards == [card_id]


def test_the_questions_that_the_cards_were_made_to_answer_are_not_refused(assistant: Assistant) -> None:
    asked = [question for one in assistant.cards()[::40] for question in one.aid.questions[::3]]
    refusals = [question for question in asked if assistant.answer(question).status != "answered"]
    assert len(refusals) <= 0.05 * len(asked), refusals


def test_a_question_about_the_licence_of_a_card_that_says_it_is_not_refused(assistant: Assistant) -> None:
    assert assistant.answer("Under which licence is the Antislop framework released?").status == "answered"


# The decision alone


def decided(question: str, one: PaperCard, signals: RetrievalSignals | None = None) -> Decision:
    """The decision where one card was found."""
    cards: Mapping[str, PaperCard] = {one.id: one}
    near = RetrievalSignals(passage=0.95, keyword=1.0)
    hits = [CardHit(card_id=one.id, title=one.title, score=1.0)]
    return decide(understand(question), hits, cards, NameIndex.build([one]), signals or near)


WOBBLE = card("Wobble plans ahead for a gardener. It reaches 12.5% on Pebble.", title="Wobble: a planner", id="own-1")


def test_nothing_found_is_refused_in_the_questions_language() -> None:
    names, far = NameIndex.build([]), RetrievalSignals(0.0, 0.0)
    for question, chinese in (("How does Wobble plan?", False), ("Wobble如何规划一天?", True)):
        query = Query(question=question, standalone=question, language="zh" if chinese else "en", filters=Filters())
        decision = decide(query, [], {}, names, far)
        assert not decision.answer
        assert bool(re.search(r"[\u4e00-\u9fff]", decision.reason)) == chinese


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("What licence has Wobble?", "Wobble is released under the MIT licence."),
        ("How many GPU hours does Wobble take?", "Training takes 40 GPU hours."),
        ("How many parameters has Wobble?", "Wobble has 7B parameters."),
        ("How many patients took part in the trial of Wobble?", "It was tried with 40 patients."),
        ("Wobble 训练花了多少钱?", "训练只花了40美元。"),
    ],
)
def test_an_attribute_is_refused_only_where_the_card_does_not_speak_of_it(question: str, sentence: str) -> None:
    assert not decided(question, WOBBLE).answer
    assert decided(question, WOBBLE.model_copy(update={"abstract": f"{WOBBLE.abstract} {sentence}"})).answer


def test_a_named_method_is_answered_even_where_the_wording_is_far_from_its_card() -> None:
    far = RetrievalSignals(passage=0.70, keyword=0.1)
    assert decided("Wobble?", WOBBLE, far).answer
    assert not decided("How do submarines dive?", WOBBLE, far).answer
