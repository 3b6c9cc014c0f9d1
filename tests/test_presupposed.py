"""What a question takes for granted is seen, and a question whose ground its card denies is refused."""

from pathlib import Path

import pytest

from assistant import Assistant
from assistant.settings import Settings
from assistant.understanding.presupposed import presupposed


@pytest.mark.parametrize(
    ("question", "statement"),
    [
        ("Why does GuardSpace need a null space?", "GuardSpace need a null space"),
        ("why is LoRA unstable early on and how can I fix it?", "LoRA unstable early on"),
        ("But why do rollouts collapse, and what helps?", "rollouts collapse"),
        ("How come MEM1 keeps its context constant?", "MEM1 keeps its context constant"),
        ("Why is it that merging hurts?", "merging hurts"),
        ("What is the reason that SFT forgets more? Is it the KL term?", "SFT forgets more"),
        ("How did the REAP paper prove that merging beats pruning?", "merging beats pruning"),
        ("How does the paper explain why SAM 2.1 is slow? I forgot.", "SAM 2.1 is slow"),
        ("wd1为什么不需要计算策略比?成绩是多少?", "wd1不需要计算策略比"),
        ("SPG用在扩散语言模型上,为什么要同时取上界和下界,提升了多少?", "SPG用在扩散语言模型上,要同时取上界和下界"),
        ("SipIt 那篇论文是怎样证明语言模型不是单射的?", "语言模型不是单射"),
        ("为何 MEM1 的上下文会线性增长", "MEM1 的上下文会线性增长"),
    ],
)
def test_who_asks_why_says_that_it_is_so(question: str, statement: str) -> None:
    assert presupposed(question) == statement


@pytest.mark.parametrize(
    "question",
    [
        "What does GuardSpace do?",
        "Does GuardSpace need a null space?",
        "How does GuardSpace lower the harmful score?",
        "Which papers explain why models hallucinate?",
        "Why doesn't ParoQuant retrain the model?",
        "Why does not ParoQuant retrain the model?",
        "Why?",
        "Why not?",
        "GuardSpace 做了什么?",
        "为什么?",
        "",
    ],
)
def test_other_questions_take_nothing_for_granted(question: str) -> None:
    assert presupposed(question) == ""


DENIED = [
    "Why does ParoQuant have to retrain the whole model from scratch?",
    "Why does Antislop make slop more frequent?",
    "FedTDP 为什么要把所有轨迹集中到一处?",
]


@pytest.mark.parametrize("question", DENIED)
def test_a_question_whose_ground_the_card_denies_is_refused_and_says_which(assistant: Assistant, question: str) -> None:
    answer = assistant.answer(question)
    assert answer.status == "insufficient_evidence"
    assert presupposed(question) in answer.text
    assert answer.suggestions


def test_without_the_setting_such_questions_are_answered(home: Path) -> None:
    trusting = Assistant(Settings(home=home, premises=False))
    assert [trusting.answer(question).status for question in DENIED] == ["answered"] * len(DENIED)


@pytest.mark.parametrize(
    "question",
    [
        "Why does GuardSpace freeze the safety-relevant parts of the weights?",
        "Why is the safety behaviour of a language model easily eroded, according to the GuardSpace card?",
        "GuardSpace 为什么要冻结安全部分的权重?",
        "wd1为什么不需要计算策略比?",
        "SPG用在扩散语言模型上,为什么要同时取似然的上界和下界?",
    ],
)
def test_a_question_whose_ground_the_card_bears_out_is_answered(assistant: Assistant, question: str) -> None:
    assert assistant.answer(question).status == "answered"


def test_what_is_taken_for_granted_is_shown_as_words_alone(assistant: Assistant) -> None:
    answer = assistant.answer("Why does ParoQuant retrain the whole <i>model</i> from scratch?")
    assert answer.status == "insufficient_evidence"
    assert "<i>" not in answer.text
