"""Words of a claim that are met by their opposite in the card."""

import pytest

from assistant.verification.opposites import opposed
from assistant.verification.wording import matches


@pytest.mark.parametrize(
    ("claim", "card"),
    [
        ("It is trained with labels.", "It works without labels."),
        ("The new schedule increases memory.", "新调度降低了显存占用。"),
        ("该方法优于全局注意力。", "The method falls behind global attention."),
        ("它采用动态阈值。", "It uses a fixed threshold."),
        ("Sparse heads suffice.", "Only dense heads suffice."),
    ],
)
def test_an_opposite_is_seen_within_a_language_and_across(claim: str, card: str) -> None:
    assert opposed(claim, [card]) >= 1


@pytest.mark.parametrize(
    ("claim", "card"),
    [
        ("Accuracy increases.", "Accuracy rises while cost drops."),
        ("准确率提升,开销下降。", "Accuracy falls."),
        ("It increases accuracy.", "It improves nothing that is said here."),
        ("线性注意力", "非线性变换与线性注意力"),
        ("Mixture of experts", "An ensemble"),
        ("", "It works without labels."),
    ],
)
def test_a_word_that_the_card_has_too_or_that_stands_beside_its_opposite_is_none(claim: str, card: str) -> None:
    assert opposed(claim, [card]) == 0


def test_what_any_of_the_texts_says_counts() -> None:
    assert opposed("Accuracy increases.", ["Accuracy falls.", "Later it rises again."]) == 0
    assert opposed("Accuracy increases.", ["Nothing.", "Accuracy falls."]) == 1
    assert opposed("Accuracy increases.", []) == 0


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("取得 22.8% 的绝对提升", False),
        ("绝对误差更低", False),
        ("绝对安全", True),
        ("平均提升 3%", False),
        ("专家负载均衡", False),
        ("在两个数据集上均有提升", True),
    ],
)
def test_a_generalisation_is_not_seen_in_a_word_that_holds_another(text: str, total: bool) -> None:
    assert bool(matches("total", text)) == total
