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
