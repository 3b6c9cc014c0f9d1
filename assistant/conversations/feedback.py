"""Readers' ratings as lines of a data set for the evaluation suite."""

from collections.abc import Iterable, Sequence
from typing import Any

from assistant.conversations.turns import Turn, messages_of
from assistant.names import fold
from assistant.types import Kind
from assistant.understanding.context import in_context
from assistant.understanding.wording import clean

# What the suite calls the kinds of question; it has no trends and no small talk.
_KINDS: dict[Kind, str] = {"single": "single", "compare": "compare", "topic": "topic", "list": "list", "count": "count"}
_WHOLE_LISTS = ("topic", "list", "count")


def confirmed(rated: Iterable[tuple[Turn, Sequence[Turn]]]) -> list[dict[str, Any]]:
    """Thumbs up as questions with their gold; `assistant eval --dataset` reads these lines as they stand.

    The cards cited (all of them, for lists) are the gold; an abstention that was found right is a question that
    the cards do not answer. Left out is what a line cannot say: trends, small talk, and complete lists within filters
    or within a conversation.

    Args:
        rated: as `ConversationLog.rated` gives them.
    """
    lines = [_confirmed(turn, before) for turn, before in rated if turn.rating == "up"]
    return [line for line in lines if line is not None]


def to_complete(rated: Iterable[tuple[Turn, Sequence[Turn]]]) -> list[dict[str, Any]]:
    """Thumbs down for a person to complete: fill in `gold`, `answer` and `key_facts`, then take out the other keys.

    `comment` is what the reader said, `shown` the answer that was found wanting, `cited` the cards it cited. Until
    these three are taken out, the evaluation suite refuses the line and says so.

    Args:
        rated: as `ConversationLog.rated` gives them.
    """
    return [
        _line(turn, before)
        | {"gold": [], "answer": "", "key_facts": []}
        | {"comment": turn.comment, "shown": turn.answer.text, "cited": _cited(turn)}
        for turn, before in rated
        if turn.rating == "down"
    ]


def _confirmed(turn: Turn, before: Sequence[Turn]) -> dict[str, Any] | None:
    line = _line(turn, before)
    if turn.answer.status == "insufficient_evidence":
        if line["kind"] == "followup" or turn.filters or turn.answer.kind == "chat":
            return None
        return {key: line[key] for key in ("id", "lang", "question")} | {"kind": "unanswerable", "why": turn.comment}
    whole = turn.answer.kind in _WHOLE_LISTS
    if turn.answer.kind not in _KINDS or (whole and (turn.filters or line["kind"] == "followup")):
        return None
    gold = turn.answer.cards if whole else _cited(turn)
    return line | {"gold": gold, "answer": turn.answer.text} if gold else None


def _line(turn: Turn, before: Sequence[Turn]) -> dict[str, Any]:
    kind = _KINDS.get(turn.answer.kind, "single")
    line: dict[str, Any] = {
        "id": f"feedback-{turn.id}",
        "lang": turn.answer.language,
        "question": turn.question.strip(),
    }
    history = messages_of((each.question, each.answer) for each in before)
    if in_context(clean(line["question"]), history).leans:
        questions = [*(each.question.strip() for each in before), line["question"]]
        return line | {"kind": "followup", "turns": questions}
    return line | {"kind": kind} | ({"style": _style(turn)} if kind == "single" else {})


def _style(turn: Turn) -> str:
    asked = fold(turn.question)
    names = (fold(citation.title.partition(":")[0]) for citation in turn.answer.citations)
    return "named" if any(name and name in asked for name in names) else "described"


def _cited(turn: Turn) -> list[str]:
    return list(dict.fromkeys(citation.card_id for citation in turn.answer.citations))
