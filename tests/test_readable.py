"""Stored text to readable words: every trap of the card format, no figure lost, linear in length."""

import re
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vectorstore.latex import readable


def digits(text: str) -> str:
    """The digits of a text, in order; colour names, code points and doubled links are the only places that lose any."""
    return "".join(re.findall(r"\d", text))


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        # Backslash sequences that the export broke.
        ("提出 $\nabla$-Reasoner", "提出 ∇-Reasoner"),
        ("基准 $ au$-Bench", "基准 τ-Bench"),
        ("基变频率 $ heta$ 的实验", "基变频率 θ 的实验"),
        ("优化至 $ heta(n^2 k^2/d)$ 成本", "优化至 θ(n^2 k^2/d) 成本"),
        ("最后 $1.5 extord{-}2.5$ 个数量级", "最后 1.5-2.5 个数量级"),
        ("提出了$ exttt{Sonata}$", "提出了Sonata"),
        ("新框架 extsc{ReBalance},通过", "新框架ReBalance,通过"),
        ("自定义的 $mathrm{AnsF1}$ 奖励", "自定义的 AnsF1 奖励"),
        ("$20\\\\%$ to $60\\\\%$ less", "20% to 60% less"),
        ("\x07lpha and \x08eta", "α and β"),
        ("5\times faster", "5 × faster"),
        # Well-formed LaTeX.
        ("from 14.4\\% to 3.6\\%", "from 14.4% to 3.6%"),
        ("$3.2\\times$ faster", "3.2× faster"),
        ("$\\tau$-Bench and $\\theta$", "τ-Bench and θ"),
        ("\\textbf{bold}, \\emph{leaning} and \\texttt{typed}", "bold, leaning and typed"),
        ("Table~3 and Fig.~2", "Table 3 and Fig. 2"),
        ("accuracy of ~21\\% (4.8$\\sim$14.2\\%)", "accuracy of ~21% (4.8~14.2%)"),
        ("code: \\url{https://github.com/a_b/c-1}.", "code: https://github.com/a_b/c-1."),
        ("available at ~\\url{https://x.org/a}", "available at https://x.org/a"),
        ("\\href{https://x.org/2}{our code}", "our code (https://x.org/2)"),
        ("\\href{https://x.org/2}{https://x.org/2}", "https://x.org/2"),
        ("$\\frac{1}{2}$ of $\\sqrt{d}$", "1/2 of √d"),
        ("$10^{22}$ FLOPs, $O(T^{2/3})$", "10^22 FLOPs, O(T^(2/3))"),
        ("$P^2$-DPO with $\\delta_{\\mathrm{TCB}}$", "P^2-DPO with δ_TCB"),
        ("steps$\\unicode{x2013}$those", "steps–those"),
        ("\\ding{182} first", "(1) first"),
        ('naïve na\\"ive, Erd\\H{o}s', "naïve naïve, Erdos"),
        ("``quoted'' and `so'", "\"quoted\" and 'so'"),
        ("costs only \\$9 or $0.60 per run, and $9 USD", "costs only $9 or $0.60 per run, and $9 USD"),
        ("1{,}000 and $1,000$", "1,000 and 1,000"),
        # Macros that nobody defined.
        ("tools (\\eg search)", "tools (e.g. search)"),
        ("we train {\\name} on \\ngrams", "we train name on ngrams"),
        ("\\nameshort{} wins", "nameshort wins"),
        # Words that a page's end split, and hyphens that belong.
        ("good generaliza- tion here", "good generalization here"),
        ("good generaliza-\ntion here", "good generalization here"),
        ("a single-\nstep method", "a single-step method"),
        ("pre- and post-training", "pre- and post-training"),
        ("short- vs. long-text", "short- vs. long-text"),
        ("CapRL-\n5M", "CapRL-5M"),
        # Markdown.
        ("**bold** and *leaning* and __both__", "bold and leaning and both"),
        ("基于*on-policy*,引入*off-policy*数据", "基于on-policy,引入off-policy数据"),
        ("$5*3$ and 5*3, f * g", "5*3 and 5*3, f * g"),
        ("[code](https://x.org/1)", "code (https://x.org/1)"),
        ("the `forward` pass", "the forward pass"),
        ("lm_head and snake_case_name", "lm_head and snake_case_name"),
        # Hard wraps.
        ("a trade-off between\nfine-tuning and\nspeed.", "a trade-off between fine-tuning and speed."),
        ("We ask:\n- why?\n- how?", "We ask:\n- why?\n- how?"),
        ("One.\nTwo.", "One.\nTwo."),
        ("分别为\n大模型", "分别为大模型"),
        # Nothing to do.
        ("GSM8K: 14.4% to 3.6%, C++ & R@1 #1", "GSM8K: 14.4% to 3.6%, C++ & R@1 #1"),
        ("大模型的安全对齐很脆弱。", "大模型的安全对齐很脆弱。"),
        ("", ""),
    ],
)
def test_stored_text_reads_as_a_person_would_read_it(stored: str, words: str) -> None:
    assert readable(stored) == words


def test_text_without_markup_comes_back_as_it_was() -> None:
    text = "We reach 12.5% (up from 3) on A/B tests; see e.g. Smith et al. 2024—it works."
    assert readable(text) == text


MARKS = [
    "12", "3.5", "1,000", "7", "{", "}", "$", "\\", "^", "_", "~", "`", "``", "''", "*", "**", "__", "--", "---",
    "a", "Word", "的", "。", ".", "e.g.", "%", r"\%", r"\textbf{", r"\emph{", r"\frac{", r"\frac", r"\sqrt[",
    r"\sqrt{", r"\cite{", "[", "]", "(", ")", r"\item", r"\begin{x}", r"\times", r"\sim", r"\tau", "$heta", "extsc{",
    "\\\\", r'\"', r"\^", r"\url{", r"\footnote{", r"\textsuperscript{", r"\circ", "|", "#", "2024", "http://x.y/3",
    r"\phantom{", r"\makebox[", r"\left(", r"\right.", r"\,", r"\(", r"\)", r"\[", r"\]",
    r"\label{", r"\thanks{",
]  # fmt: skip
PIECES = st.sampled_from([*MARKS, " ", "\n", "\n\n", "- ", "\t", "\a", "\f", " au", "$ heta", "ﬁ", "\u00ad"])


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_no_digit_is_ever_lost_added_or_moved(text: str) -> None:
    assert digits(readable(text)) == digits(text)


@settings(max_examples=150, deadline=None)
@given(st.text())
def test_any_text_is_read_without_an_error_and_a_second_reading_loses_nothing(text: str) -> None:
    once = readable(text)
    assert once == once.strip()
    assert digits(readable(once)) == digits(once)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(["14.4\\%", "$3.2\\times$", "1{,}000", "20\\\\%", "$10^{22}$", "of", "\\textbf{7B}"])))
def test_every_figure_of_a_sentence_is_there_as_a_whole(words: list[str]) -> None:
    text = " ".join(words)
    runs = re.findall(r"\d+", text.replace("{,}", ""))
    assert Counter(re.findall(r"\d+", readable(text).replace(",", ""))) == Counter(runs)


HOSTILE = [
    "{", "}", "$", "\\", "^", "_", "^{", "_{", "~", "`", "'", "*", "**", "__", "*a", "--", "a-", "[", "]", "[a](",
    r"\textbf{", r"\cite{", r"\item[", r"\sqrt[", r"\frac{", r"\frac", r"\footnote{", r"\hyperref[",
    r"\begin{", r"\left(", r"\(", r'\"', r"\^{", r"\url{", "$1", "1$", "$a", "extbf{", "\\\\", r"\%", r"\unicode{",
    r"\textsuperscript{", r"\color{", "a$b$",
]  # fmt: skip


@pytest.mark.parametrize("unit", [*HOSTILE, " ", "\n", "a\n", "- ", "a- ", " au", "$ au", "\a", "\\item ", "} {"])
def test_fifty_thousand_of_anything_are_read_in_linear_time(unit: str) -> None:
    began = time.process_time()
    assert digits(readable(unit * 50_000 + "x")) == digits(unit) * 50_000
    assert time.process_time() - began < 2
