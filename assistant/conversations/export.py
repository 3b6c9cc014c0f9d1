"""A conversation to take away: as Markdown with its sources at the end, or as JSON."""

import json
import re
from collections.abc import Sequence

from assistant.conversations.turns import Turn
from assistant.inert import inert
from assistant.types import Answer, Citation, Filters
from vectorstore.cards import FieldName
from vectorstore.language import Language, language_of
from vectorstore.latex import readable

_MARKER = re.compile(r"\[(\d{1,4})\]")
_SAID_TWICE = re.compile(r"(\[\d+\])(?:\s*\1)+")
_FIELDS: dict[FieldName, str] = {"tldr": "TL;DR"}
_QUOTE_MARKS: dict[Language, tuple[str, str]] = {"en": ("“", "”"), "zh": ("「", "」")}
_WORDS: dict[Language, dict[str, str]] = {
    "en": {"title": "Conversation", "sources": "Cards cited", "nearest": "Nearest cards", "within": "Asked within"},
    "zh": {"title": "对话", "sources": "引用的卡片", "nearest": "最接近的卡片", "within": "提问范围"},
}


def as_markdown(turns: Sequence[Turn]) -> str:
    """Questions and answers, and a numbered list of what they cite.

    Markers are numbered anew over the whole conversation: the same words of the same card are one number. What
    people, cards and models wrote stands there as words, never as markup of its own.

    Args:
        turns: oldest first.

    Returns:
        Markdown that ends with a line break.
    """
    language = language_of(turns[0].question) if turns else "en"
    words = _WORDS[language]
    sources = _Sources()
    parts = [f"# {words['title']}"]
    if turns:
        parts.append(f"{turns[0].asked_at:%Y-%m-%d %H:%M} UTC")
    for turn in turns:
        parts.append(f"## {_words(turn.question)}")
        if turn.filters:
            parts.append(f"*{words['within']}: {_words(_named(turn.filters))}*")
        parts.append(sources.renumbered(turn.answer))
        if turn.answer.suggestions:
            nearest = "\n".join(f"- {_text(hit.title)} (`{hit.card_id}`)" for hit in turn.answer.suggestions)
            parts.append(f"{words['nearest']}:\n\n{nearest}")
    if sources.citations:
        parts.append(f"## {words['sources']}")
        parts.append("\n".join(_source(number, each) for number, each in enumerate(sources.citations, 1)))
    return "\n\n".join(part for part in parts if part) + "\n"


def as_json(turns: Sequence[Turn]) -> str:
    """The turns as a JSON list, oldest first; `Turn.model_validate` reads each of them."""
    return json.dumps([turn.model_dump(mode="json") for turn in turns], ensure_ascii=False, indent=2) + "\n"


class _Sources:
    """What the answers cite, each quote once, in the order of the new numbers."""

    def __init__(self) -> None:
        self.citations: list[Citation] = []
        self._numbers: dict[tuple[str, FieldName, int, int], int] = {}

    def renumbered(self, answer: Answer) -> str:
        """An answer's text with its markers numbered over the conversation."""
        numbers: dict[int, list[int]] = {}
        for citation in answer.citations:
            numbers.setdefault(citation.marker, []).append(self._number(citation))
        text = _MARKER.sub(
            lambda found: (
                "".join(f"[{number}]" for number in dict.fromkeys(numbers[int(found[1])]))
                if int(found[1]) in numbers
                else found[0]
            ),
            answer.text,
        )
        return _SAID_TWICE.sub(r"\1", text)

    def _number(self, citation: Citation) -> int:
        key = (citation.card_id, citation.field, citation.start, citation.end)
        if key not in self._numbers:
            self.citations.append(citation)
            self._numbers[key] = len(self.citations)
        return self._numbers[key]


def _source(number: int, citation: Citation) -> str:
    left, right = _QUOTE_MARKS[language_of(citation.quote)]
    field = _FIELDS.get(citation.field, citation.field.capitalize())
    head = f"{number}. **{_text(citation.title)}** (`{citation.card_id}`, {field})"
    return f"{head}: {left}{_text(citation.quote)}{right}"


def _named(filters: Filters) -> str:
    return ", ".join([*filters.categories, *(f"#{tag}" for tag in filters.tags), *filters.cards])


def _text(of_a_card: str) -> str:
    return _words(readable(of_a_card))


def _words(text: str) -> str:
    return inert(text).replace("*", r"\*")
