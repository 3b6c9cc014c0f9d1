"""Figures that stand side by side: their order tells which is whose, not what they happen to stand near."""

import pytest
from card_text import card

from assistant.verification.features import figure_ties, line_of, statement_of
from vectorstore.passages import passages_of

GAINS = (
    "This strategy improves Pass@k, achieving gains of 18.3% and 22.8% in Pass@32 on the AIME24 and AIME25 benchmarks."
)
SAVINGS = "Sonata achieves 20% to 60% reduction in thinking tokens while maintaining the same accuracy."
CHANGE = "The harmful score falls from 14.4% to 3.6%, and accuracy rises from 26.0% to 28.0%."


def crossed(claim: str, text: str) -> float:
    """How surely a claim gives one figure what the text gives to another."""
    lines = [line_of(passage) for passage in passages_of(card(abstract=text))]
    return figure_ties(statement_of(claim), lines)[1]


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("On AIME24 and AIME25, Pass@32 gains are 18.3% and 22.8%.", GAINS),
        ("SvS 在 AIME24 和 AIME25 上的 Pass@32 分别取得 18.3% 和 22.8% 的提升。", GAINS),
        ("Gains are 22.8% and 18.3% on the benchmarks AIME25 and AIME24.", GAINS),
        ("准确率不变时,Sonata 可减少 20% 到 60% 的思考词元。", SAVINGS),
        ("With the same accuracy, thinking tokens go down by 20% to 60%.", SAVINGS),
        ("Accuracy rises from 26.0% to 28.0%.", CHANGE),
    ],
)
def test_a_list_in_the_order_of_the_card_is_not_crossed(claim: str, text: str) -> None:
    assert crossed(claim, text) <= 0.5


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("Pass@32 gains on AIME24 and AIME25 are 22.8% and 18.3%.", GAINS),
        ("在 AIME24 和 AIME25 上分别取得 22.8% 和 18.3% 的提升。", GAINS),
    ],
)
def test_figures_that_changed_places_are_crossed(claim: str, text: str) -> None:
    assert crossed(claim, text) > 0.7
