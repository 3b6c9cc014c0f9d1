"""Sentence spans: where sentences end in English and Chinese, and where they only seem to."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vectorstore.sentences import sentence_spans


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "sentence",
    [
        "We use tools, e.g. Python and search, to answer.",
        "We use tools (e.g. DPO) and more.",
        "Feedback, e.g. “If you find a button”, helps.",
        "Prior work by Smith et al. Shows little.",
        "As Li et al. (2024) show, it works.",
        "It falls from 14.4\\% to 3.6\\% on GSM8K.",
        "See Fig. 3 and Eq. (2) for Llama vs. Qwen.",
        "We compare with Qwen v1.5 and GPT-4.1 on AIME.",
        "Video-GPT has 34.97 vs. Kling with 23.64.",
        "J. S. Bach is not in the data.",
        "It is 1.3x faster, i.e. Faster than w.r.t. Adam.",
        "The code is at https://github.com/a.b/c.d?e=f.G and works.",
        "It works ... well enough for xLSTM.",
        "A gain of $5.7\\%$ on U.S. law.",
        "提速1.5倍,准确率达99.2%,见图3.2。",
        "方法(如A.B.)有效。",
    ],
)
def test_a_sentence_is_not_broken_inside(sentence: str) -> None:
    assert split(sentence) == [sentence]


@pytest.mark.parametrize(
    "sentences",
    [
        ["We train models.", "They are small!", "Are they good?", "Yes."],
        ["It falls to 3.6\\%.", "We release code."],
        ["It beats Llama 3.2.", "Compared to it, we are small."],
        ["We use many, etc.", "The rest is noise."],
        ["This is due to Smith et al.", "However, we differ."],
        ["It closes the gap.", "$\\textit{CORE}$ then synthesizes quizzes."],
        ["There are two.", "\\underline{\\textit{First}}, it is fast."],
        ["It balances.", "\\textsc{ReBalance} is free."],
        ["It refines.", "$\\nabla$-Reasoner goes on."],
        ["In an adversarial loop.", "**GAR** introduces a curriculum."],
        ["We like recurrence.", "xLSTM has it."],
        ["There are 300.", "5 of them are new."],
        ["There are two limits.", "(1) It is slow.", "(2) It is large."],
        ["He said “it works.”", "We agree."],
        ["It is ``parallel.''", "This raises a question."],
        ["大模型很慢。", "我们提出了方法!", "有效吗?", "有效。"],
        ["先规划；", "再行动。"],
        ["构建策略;", "设计指标。"],
        ["我们使用GPT-4。", "It works well."],
    ],
)
def test_sentences_end_where_a_reader_would_end_them(sentences: list[str]) -> None:
    wide = any("\u3400" <= character <= "\u9fff" for character in sentences[0])
    assert split(("" if wide and sentences[0][-1] in "。；;" else " ").join(sentences)) == sentences


def test_a_full_stop_that_lost_its_blank_ends_a_sentence_where_the_next_word_begins_one() -> None:
    assert split("It raises performance.We propose Wobble.") == ["It raises performance.", "We propose Wobble."]
    assert split("We load torch.Tensor objects.") == ["We load torch.Tensor objects."]


def test_hard_wraps_do_not_end_a_sentence() -> None:
    assert split("We study the trade-off between\nsupervised fine-tuning and\nspeed. It is large.") == [
        "We study the trade-off between\nsupervised fine-tuning and\nspeed.",
        "It is large.",
    ]


def test_lists_and_blank_lines_end_a_sentence() -> None:
    assert split("We ask:\n- is it fast\n- is it small\n\nIt is") == [
        "We ask:",
        "- is it fast",
        "- is it small",
        "It is",
    ]
    assert split("We find:\n(i) one, and\n(ii) two") == ["We find:", "(i) one, and", "(ii) two"]


def test_a_line_that_ends_with_a_full_stop_ends_a_sentence_even_where_the_next_lost_its_beginning() -> None:
    assert split("It gives control.\nintroduce Wobble aligns.") == ["It gives control.", "introduce Wobble aligns."]
    assert split("as Smith et al.\nfind it") == ["as Smith et al.\nfind it"]


def test_a_wide_line_without_a_full_stop_ends_a_sentence_only_where_one_begins() -> None:
    wide = "Intrinsic methods converge toward sharpening what the model believes at its start " * 2
    assert split(f"{wide}indeed\nThis sharpening works.") == [f"{wide}indeed", "This sharpening works."]
    assert len(split(f"{wide}our zero-shot\nGAR-8B wins.")) == 1


PIECES = st.sampled_from(
    ["We", "a", "e.g.", "et al.", ".", "!", "?", "。", "；", ";", " ", "  ", "\n", "\n\n", "- ", "(1) ", "14.4\\%",
     "\\textbf{", "}", "$", "的", "”", "\u3000", "\x1c", "\u00a0"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.lists(PIECES, max_size=20).map("".join), st.text(max_size=60)))
def test_spans_are_exact_ordered_and_cover_every_character_that_is_not_blank(text: str) -> None:
    reached = 0
    for start, end in sentence_spans(text):
        assert reached <= start < end
        assert text[start:end] == text[start:end].strip()
        assert not text[reached:start].strip()
        reached = end
    assert not text[reached:].strip()


UNITS = [
    ".",
    ". ",
    "!",
    "。",
    "；",
    "A. ",
    "a.A",
    "\n",
    " ",
    " \n",
    "\t",
    "e.g. ",
    ".)",
    ".)“ ",
    "1. ",
    "\\textbf{",
    ";",
    "的;",
    "- ",
]


@pytest.mark.parametrize("unit", UNITS)
def test_splitting_is_linear_in_a_hostile_texts_length(unit: str) -> None:
    began = time.process_time()
    sentence_spans(unit * 50_000 + "x")
    assert time.process_time() - began < 2
