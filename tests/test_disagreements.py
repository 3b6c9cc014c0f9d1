"""Figures of a card's summaries that its abstract, the authority, does not have."""

import time

import pytest
from card_text import card
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.disagreements import StrayFigure, figures_not_in_abstract


def strays(abstract: str, summary: str) -> list[str]:
    return [stray.figure for stray in figures_not_in_abstract(card(abstract, motivation="", tldr=summary))]


@pytest.mark.parametrize(
    ("abstract", "summary", "figures"),
    [
        ("over 100 controlled experiments", "研究基于超过10万个对照实验", ["10万"]),
        ("1 billion images", "基于1亿张图像", ["1亿"]),
        ("a gap of 10-20\\%", "improves by 6-16%", ["6", "16%"]),
        ("improves by 12.5\\%", "improves by 15.2%", ["15.2%"]),
        ("99.71\\% less", "99.8% less", ["99.8%"]),
        ("only 4B parameters", "with only 1.7B–4B parameters", ["1.7B"]),
        ("more than 18 times", "up to 18.4x", ["18.4x"]),
        ("it is fast", "it is 53× faster", ["53×"]),
        ("from 240K to 75K steps", "saves 70% of the steps", ["70%"]),
        ("Qwen2.5 gains 3\\%", "gains 2.5%", []),
        ("RMSE of 0.926", "RMSE of 1.093 and again 1.093", ["1.093"]),
    ],
)
def test_a_figure_that_the_abstract_does_not_have_is_found(abstract: str, summary: str, figures: list[str]) -> None:
    assert strays(abstract, summary) == figures


@pytest.mark.parametrize(
    ("abstract", "summary"),
    [
        ("12,000 examples", "1.2万条数据"),
        ("12k examples", "12,000 examples"),
        ("1.2 million examples", "120万条数据"),
        ("1.2M examples", "1.2 million examples"),
        ("500,000 GPU-hours", "消耗50万GPU小时"),
        ("1.5 billion tokens", "15亿词元"),
        ("reduces it from 14.4\\% to 3.6\\%", "将得分从14.4%降至3.6%"),
        ("$3.2\\times$ faster", "提速3.2倍"),
        ("by 10.4\\% to 33.0\\%", "10%-33%"),
        ("99.71\\% and 99.87\\% less", "99.7% and 99.8% less"),
        ("7.7\\% faster", "over 7% faster"),
        ("training steps from 240K to 75K", "减少69%的训练步骤"),
        ("accuracy rises from 40 to 50", "rises by 10 points, a gain of 25%"),
        ("seven benchmarks and two tasks", "在7个基准和2个任务上"),
        ("a tenfold speedup, and twice the size", "提速10倍,规模2倍"),
        ("half of the parameters", "50%的参数"),
        ("sizes from 0.4 to 5 billion parameters", "0.4B 到 5B 参数"),
        ("在七个基准上", "7 benchmarks"),
        ("100x fewer tokens", "仅用 1/100 的数据"),
        ("it works", "1. 提出框架;2. 设计策略;3) 验证(4)效果"),
        ("it works", "用于Qwen2.5-7B、GPT-4和GSM8K,pass@1提升"),
        ("it works", "no figure at all"),
    ],
)
def test_another_spelling_of_the_abstracts_figures_is_no_disagreement(abstract: str, summary: str) -> None:
    assert strays(abstract, summary) == []


def test_every_summary_is_looked_at_and_the_field_is_named() -> None:
    one = card("It works.", tldr="By 5%.", motivation="提升6%。", contribution="提升7%。")
    assert figures_not_in_abstract(one) == (
        StrayFigure("tldr", "5%"),
        StrayFigure("motivation", "6%"),
        StrayFigure("contribution", "7%"),
    )


def test_a_card_without_an_abstract_has_nothing_to_disagree_with() -> None:
    assert figures_not_in_abstract(card("", tldr="By 5%.")) == ()


@given(st.text(st.sampled_from("0123456789.,%x×万亿kM (from)to倍一二十百;"), max_size=40))
def test_a_text_never_disagrees_with_itself(text: str) -> None:
    assert strays(text, text) == []


@pytest.mark.parametrize("unit", ["1", "1.", "1,", "1 ", "from 1 to ", "百", "A1-", "(1) "])
def test_figures_are_compared_in_linear_time(unit: str) -> None:
    text = unit * 20_000
    began = time.process_time()
    strays(text, text)
    assert time.process_time() - began < 2
