"""Whole conversations on the built-in corpus: each answer is about what the follow-up means."""

from pathlib import Path

import pytest

from assistant import Assistant
from assistant.conversations import ConversationLog
from assistant.types import Answer

GUARDSPACE, KVTC, WSVD, LIGHTMEM = "align-a6ef98", "effic-559706", "effic-1aa8b0", "agent-b3f10a"


class Talk:
    """A conversation that is kept as it goes, its history read back from the log each time."""

    def __init__(self, assistant: Assistant, folder: Path) -> None:
        self._assistant, self._log = assistant, ConversationLog(folder / "conversations.sqlite")
        self._id = self._log.start()

    def ask(self, question: str) -> Answer:
        answer = self._assistant.answer(question, history=self._log.history(self._id))
        self._log.add(self._id, question, answer)
        return answer


@pytest.fixture
def talk(assistant: Assistant, tmp_path: Path) -> Talk:
    return Talk(assistant, tmp_path)


def cited(answer: Answer) -> list[str]:
    """The cards cited, in order."""
    return list(dict.fromkeys(citation.card_id for citation in answer.citations))


def test_a_follow_up_is_about_the_card_before_it_and_a_new_question_is_not(talk: Talk) -> None:
    assert cited(talk.ask("How does GuardSpace keep a model safe?"))[0] == GUARDSPACE
    assert cited(talk.ask("And by how much does it lower the harmful score?"))[0] == GUARDSPACE
    assert cited(talk.ask("What is LightMem?"))[0] == LIGHTMEM
    assert cited(talk.ask("On which data sets was it tested?"))[0] == LIGHTMEM


def test_papers_are_pointed_at_by_their_place(talk: Talk) -> None:
    shown = cited(talk.ask("What work is there on compressing the KV cache?"))
    assert len(shown) >= 3
    assert cited(talk.ask("How does the second paper do it?"))[0] == shown[1]
    assert cited(talk.ask("and the third?"))[0] == shown[2]
    assert cited(talk.ask("第一篇是怎么做的?"))[0] == shown[0]


def test_two_papers_of_a_comparison_stay_in_play(talk: Talk) -> None:
    assert set(cited(talk.ask("KVTC 和 WSVD 有什么不同?"))) == {KVTC, WSVD}
    assert cited(talk.ask("后者在哪些模型上做了实验?"))[0] == WSVD
    assert cited(talk.ask("另一篇呢?"))[0] == KVTC
    again = talk.ask("哪个更快?")
    assert again.kind == "compare"
    assert set(cited(again)) == {KVTC, WSVD}


def test_a_list_is_narrowed_counted_within_and_shown_in_full(talk: Talk) -> None:
    every = talk.ask("Which papers mention GRPO?").cards
    agents = talk.ask("Only the agent papers.")
    assert agents.kind == "list"
    assert set(agents.cards) == {card for card in every if card.startswith("agent-")}
    within = talk.ask("How many of those mention Qwen?")
    assert set(within.cards) < set(agents.cards)
    assert set(talk.ask("And how about DPO?").cards) <= set(agents.cards)


def test_show_all_shows_the_whole_of_the_last_list(talk: Talk) -> None:
    first = talk.ask("Which papers mention GRPO?")
    talk.ask("How does the first one work?")
    rest = talk.ask("show all")
    assert rest.cards == first.cards
    assert len(cited(rest)) > len(cited(first))


def test_thanks_are_no_follow_up(talk: Talk) -> None:
    talk.ask("How does GuardSpace keep a model safe?")
    assert talk.ask("Thanks!").citations == []
