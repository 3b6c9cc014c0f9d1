"""What a card says in one language carries a claim in the other, and is what gets quoted."""

import pytest

from assistant import Assistant
from assistant.verification.features import Line, line_of, on_one_level
from vectorstore.language import Language
from vectorstore.passages import Passage


def line(text: str, language: Language) -> Line:
    return line_of(Passage(card_id="a-1", field="abstract", language=language, start=0, end=len(text), text=text))


def test_a_language_that_is_further_off_as_a_whole_is_raised_as_a_whole() -> None:
    lines = [line("One.", "en"), line("Two.", "en"), line("三。", "zh"), line("四。", "zh")]
    assert on_one_level(lines, [0.80, 0.84, 0.90, 0.86]) == pytest.approx([0.86, 0.90, 0.90, 0.86])
    assert on_one_level(lines[:2], [0.80, 0.84]) == pytest.approx([0.80, 0.84])
    assert on_one_level([], []) == []


@pytest.mark.parametrize(
    ("claim", "card_id", "words"),
    [
        (
            "Huginn-3.5B 用一串潜在表示来思考,比用语言推理便宜。",
            "reason-0bb1d0",
            "a sequence of latent representations",
        ),
        (
            "预算约束的展开策略放在 GRPO 里,教模型应对被截断的思考,并能推广到没见过的预算。",
            "reason-5466ae",
            "carries over to budgets",
        ),
    ],
)
def test_what_stands_in_the_other_language_alone_is_quoted(
    assistant: Assistant, claim: str, card_id: str, words: str
) -> None:
    assessment = assistant.checker().assess(claim, [assistant.card(card_id)])
    assert assessment.label == "supported"
    assert any(words in quote.text for quote in assessment.quotes)
