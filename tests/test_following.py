"""Questions to ask next lead on from the answer, in its language, and the cards can answer them."""

import pytest

from assistant import Assistant


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("How does GuardSpace keep a model safe during fine-tuning?", "en"),
        ("GuardSpace 如何在微调时保持模型安全?", "zh"),
    ],
)
def test_an_answer_about_a_paper_leads_on_to_it_to_one_like_it_and_to_its_topic(
    assistant: Assistant, question: str, language: str
) -> None:
    first = assistant.answer(question)
    assert len(first.followups) == 3
    assert sum("GuardSpace" in text for text in first.followups) == 2
    assert question not in first.followups
    for text in first.followups:
        answer = assistant.answer(text)
        assert answer.status == "answered"
        assert answer.language == language


def test_what_was_asked_is_not_suggested_again(assistant: Assistant) -> None:
    tested = assistant.answer("What was GuardSpace tested on, and with what results?")
    assert not [text for text in tested.followups if "tested on" in text]
    worked = assistant.answer("How does GuardSpace work?")
    assert not [text for text in worked.followups if "work?" in text]


def test_nothing_is_suggested_where_the_cards_do_not_say(assistant: Assistant) -> None:
    assert assistant.answer("What does ZephyrNet report on QuuxBench?").followups == []
