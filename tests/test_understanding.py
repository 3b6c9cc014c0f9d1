"""A question as typed: cleaned, its language told, and a follow-up joined with what it refers to."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.types import Filters
from assistant.understanding import clean, understand

LONGEST = 4_000
GUARDSPACE = "How does GuardSpace keep a model safe?"


def said(*questions: str) -> list[dict[str, str]]:
    """A conversation of these questions, each with an answer."""
    turns = []
    for question in questions:
        turns += [{"role": "user", "content": question}, {"role": "assistant", "content": f"About {question} [1]"}]
    return turns


def named(text: str) -> dict[str, float]:
    """Cards of two methods, by their names."""
    return {f"{name}-card": 1.0 for name in ("GuardSpace", "FedTDP") if name in text}


# Cleaning


@pytest.mark.parametrize(
    ("typed", "question"),
    [
        ("  How does\tGuardSpace\n\n work?  ", "How does GuardSpace work?"),
        ("How\x00 does\u202e Guard\x1bSpace work?", "How does Guard Space work?"),
        ("GuardSpace\u200b如何工作\ufeff？", "GuardSpace 如何工作 ?"),
        ("ＧｕａｒｄＳｐａｃｅ　提升３．６％？", "GuardSpace 提升3.6%?"),
        ("ﬁne-tuning ①", "fine-tuning 1"),
        ("cafe\u0301", "caf\u00e9"),
        ("align\u00adment", "alignment"),
        ("a\ud800b\udfff", "a b"),
        ("\u2066abc\u2069\U000e0041\u061c", "abc"),
        ("", ""),
        ("\u200b \x00", ""),
    ],
)
def test_a_question_is_cleaned(typed: str, question: str) -> None:
    assert clean(typed) == question
    assert understand(typed).question == question


@pytest.mark.parametrize("unit", ["a", "的 ", "\u200b", "\ufdfa", "e\u0301", "it ", "\x00"])
def test_ten_megabytes_are_cut_quickly(unit: str) -> None:
    typed = unit * (10_000_000 // len(unit))
    began = time.process_time()
    query = understand(typed, said(typed))
    assert time.process_time() - began < 1
    assert len(query.question) <= LONGEST
    assert len(query.standalone) <= LONGEST


@given(st.text())
def test_any_question_comes_out_clean_and_stays_so(typed: str) -> None:
    question = clean(typed)
    assert question.isprintable()
    assert question == " ".join(question.split())
    assert len(question) <= LONGEST
    assert unicodedata.is_normalized("NFKC", question)
    assert clean(question) == question


# Language


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("How does GuardSpace keep a model safe?", "en"),
        ("GuardSpace 如何在微调时保持模型安全？", "zh"),
        ("GuardSpace？", "en"),
        ("用 Llama-2-7B-Chat 和 GSM8K 做实验的 GuardSpace 效果如何？", "zh"),
        ("What does 思维链 mean in these papers?", "en"),
        ("３．６％", "en"),
    ],
)
def test_the_language_is_the_questions_own(question: str, language: str) -> None:
    assert understand(question).language == language
    assert understand(question, said("前面的问题是中文的", "And this one is not")).language == language


# Follow-ups


@pytest.mark.parametrize(
    "question",
    [
        "And on which data sets?",
        "How much does it save?",
        "What about its accuracy?",
        "Does it beat AsFT?",
        "How does it compare with o1-preview?",
        "So can I use it for classification?",
        "Which data sets did they use?",
        "What are the limits of this method?",
        "How does that compare with AsFT?",
        "Is that method expensive?",
        "Why?",
        "On GSM8K?",
        "那么准确率呢？",
        "它在哪些数据集上测试过？",
        "该方法的局限是什么？",
        "这篇论文的结论是什么？",
        "延迟能降多少？",
        "能省多少显存,吞吐提升多少?",
        "效果如何？",
    ],
)
def test_a_follow_up_is_joined_with_the_question_it_refers_to(question: str) -> None:
    query = understand(question, said(GUARDSPACE))
    assert query.standalone == f"{GUARDSPACE} {clean(question)}"
    assert query.question == clean(question)


@pytest.mark.parametrize(
    "question",
    [
        "Which papers study how software agents call external tools?",
        "How does DeepRAG decide whether to retrieve at each step, and by how much does it raise answer accuracy?",
        "Can we trust claims that language models predict future events as well as people do?",
        "Is there a way to get many model sizes out of one big model without training each of them?",
        "What training signal does Group Tree Optimization use, and how much faster than EAGLE-3 is it?",
        "大模型解码时遇到拿不准的词元,到底应该多试几种还是干脆取最可能的那个?",
        "基座模型本来不会自查和回退,怎样在强化学习之前先让它大致学会?",
        "视觉语言模型的视觉标记有哪些压缩方法可以参考?",
    ],
)
def test_a_question_that_stands_alone_is_left_alone(question: str) -> None:
    assert understand(question, said(GUARDSPACE)).standalone == clean(question)


@pytest.mark.parametrize(
    "question",
    [
        "What is FedTDP?",
        "FedTDP?",
        "And how does FedTDP split the data?",
        "How does FedTDP train its model?",
        "FedTDP呢？",
    ],
)
def test_a_question_that_names_a_method_of_its_own_is_about_that(question: str) -> None:
    assert understand(question, said(GUARDSPACE), named=named).standalone == clean(question)


@pytest.mark.parametrize("question", ["Does it beat FedTDP?", "它比 FedTDP 好吗？"])
def test_a_method_that_something_spoken_of_is_compared_with_does_not_stand_for_it(question: str) -> None:
    assert understand(question, said(GUARDSPACE), named=named).standalone == f"{GUARDSPACE} {clean(question)}"


def test_a_chain_of_follow_ups_goes_back_to_the_question_that_stands_alone() -> None:
    turns = said("What is FedTDP about, in the words of its authors?", GUARDSPACE, "And on which data sets?")
    assert understand("And how much?", turns).standalone == f"{GUARDSPACE} And on which data sets? And how much?"


def test_without_a_conversation_nothing_is_joined() -> None:
    assert understand("And how much does it save?").standalone == "And how much does it save?"
    only_answers = [{"role": "assistant", "content": "GuardSpace."}, {"role": "system", "content": "Be kind."}]
    assert understand("And how much does it save?", only_answers).standalone == "And how much does it save?"


def test_only_what_the_user_said_is_joined() -> None:
    query = understand("How much does it save?", said(GUARDSPACE))
    assert "About" not in query.standalone
    assert "[1]" not in query.standalone


def test_a_follow_up_is_never_cut_off_by_what_was_said_before() -> None:
    query = understand("And how much does it save?", said("Wobble " * 2_000))
    assert query.standalone.startswith("Wobble Wobble")
    assert query.standalone.endswith(" And how much does it save?")
    assert len(query.standalone) <= LONGEST


@pytest.mark.parametrize(
    "turn",
    [
        {"role": "user", "content": None},
        {"role": "user"},
        {"role": "user", "content": ""},
        {"role": "user", "content": []},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x"}}]},
        {"role": "tool", "content": "x"},
        {},
    ],
)
def test_a_message_without_words_is_passed_over(turn: dict[str, object]) -> None:
    assert understand("How much does it save?", [turn]).standalone == "How much does it save?"
    joined = understand("How much does it save?", [*said(GUARDSPACE), turn]).standalone
    assert joined == f"{GUARDSPACE} How much does it save?"


def test_the_text_parts_of_a_message_are_its_words() -> None:
    parts = [{"type": "image_url", "image_url": {}}, {"type": "text", "text": GUARDSPACE}]
    query = understand("How much does it save?", [{"role": "user", "content": parts}])
    assert query.standalone == f"{GUARDSPACE} How much does it save?"


def test_earlier_questions_are_cleaned_too() -> None:
    query = understand(
        "How much does it save?", said("What is\u202e ＧｕａｒｄＳｐａｃｅ\x00 about, really and truly?")
    )
    assert query.standalone == "What is GuardSpace about, really and truly? How much does it save?"


def test_filters_are_kept_and_empty_without_any() -> None:
    filters = Filters(tags=("LLM",))
    assert understand("How?", filters=filters).filters == filters
    assert not understand("How?").filters


@given(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=4))
def test_any_conversation_ends_with_the_question_whole(typed: str, earlier: list[str]) -> None:
    query = understand(typed, said(*earlier))
    assert query.standalone.endswith(query.question)
    assert query.language in ("en", "zh")
