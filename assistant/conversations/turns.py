"""A turn of a conversation, and the form in which later questions are given the turns before them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from assistant.types import Answer, Filters

Rating = Literal["up", "down"]


class Turn(BaseModel):
    """One question and its answer.

    Args:
        id: names the turn over all conversations.
        question: as it was typed.
        answer: what was shown.
        filters: which cards it was allowed to use.
        asked_at: when, in UTC.
        rating: the reader's thumb; None where there is none.
        comment: the reader's own words with it.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    question: str
    answer: Answer
    filters: Filters = Filters()
    asked_at: datetime
    rating: Rating | None = None
    comment: str = ""


class ConversationInfo(BaseModel):
    """A conversation in a list of them.

    Args:
        id: what it is resumed, exported and deleted by.
        title: its first question, shortened.
        started: when it began, in UTC.
        updated: when it was last added to, in UTC.
        turns: how many questions it has.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    started: datetime
    updated: datetime
    turns: int


def shown_cards(answer: Answer) -> list[str]:
    """The ids of the cards that an answer showed, in the order shown: cited, then listed, then suggested."""
    cited = [citation.card_id for citation in answer.citations]
    suggested = [hit.card_id for hit in answer.suggestions]
    return list(dict.fromkeys([*cited, *answer.cards, *suggested]))


def messages_of(turns: Iterable[tuple[str, Answer]]) -> list[dict[str, Any]]:
    """Questions and answers as messages in OpenAI's form, oldest first.

    An assistant's message also holds `cards`, the ids of the cards it showed in their order, and `kind`, what
    sort of answer it is: a follow-up may mean either without saying so.
    """
    messages: list[dict[str, Any]] = []
    for question, answer in turns:
        messages += [
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer.text, "cards": shown_cards(answer), "kind": answer.kind},
        ]
    return messages
