"""What the page's scripts may look up: a card, the catalogue, the map, a search; nothing here changes anything."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.inert import visible
from assistant.web.cardview import card_html, similar_html, spans_of
from assistant.web.rendering import failure_html, question_buttons, welcome_html
from assistant.web.texts import text
from assistant.web.visitor import language_of_request
from vectorstore.cards import PaperCard
from vectorstore.errors import UserError
from vectorstore.language import Language
from vectorstore.latex import readable

if TYPE_CHECKING:
    from assistant import Assistant

_SIMILAR, _SUGGESTED, _FOUND = 5, 4, 40
# Cards from which suggested questions are taken.
_LOOKED_AT = 400
_LONGEST_QUERY, _LONGEST_ID = 500, 100
# Questions of cards are written to be found by; only those that read well as a button are suggested.
_LONGEST_SUGGESTION = {"en": 110, "zh": 48}
_OPENINGS = ("how", "what", "which", "why", "can", "does", "do", "is", "are", "when", "where", "should")


class Lookups:
    """Read-only answers to the page's scripts, as HTML or plain data.

    Args:
        assistant: where the cards are.
    """

    def __init__(self, assistant: "Assistant") -> None:
        self._assistant = assistant

    def for_scripts(self) -> list[Callable[..., Any]]:
        """What scripts may call, each by its name here: functions, for Gradio marks them and methods take no mark."""

        def card(asked: dict[str, Any], request: gr.Request) -> str:
            return self.card(asked, request)

        def similar(asked: dict[str, Any], request: gr.Request) -> str:
            return self.similar(asked, request)

        def catalogue(asked: dict[str, Any]) -> list[list[Any]]:
            return self.catalogue()

        def points(asked: dict[str, Any]) -> list[list[Any]]:
            return self.points()

        def find(asked: dict[str, Any]) -> list[list[str]]:
            return self.find(asked)

        def examples(asked: dict[str, Any], request: gr.Request) -> str:
            return question_buttons(_suggestions(self._assistant.some_cards(_LOOKED_AT), language_of_request(request)))

        return [card, similar, catalogue, points, find, examples]

    def card(self, asked: dict[str, Any], request: gr.Request) -> str:
        """A card for the panel; `asked` has its `id`, and in `spans` the words to mark."""
        language = language_of_request(request)
        try:
            card = self._assistant.card(_short(asked, "id", _LONGEST_ID))
        except UserError as error:
            return failure_html(text(language, "failed", reason=str(error)), language)
        return card_html(card, spans_of(_short(asked, "spans", 2_000), card), language)

    def similar(self, asked: dict[str, Any], request: gr.Request) -> str:
        """Cards like the one with this `id`, for its panel."""
        try:
            found = self._assistant.similar(_short(asked, "id", _LONGEST_ID), k=_SIMILAR)
        except UserError:
            return ""
        return similar_html(found, language_of_request(request))

    def catalogue(self) -> list[list[Any]]:
        """Every card: id, title, category, tags, TL;DR; text, for scripts that put it in as text."""
        return [
            [card.id, _shown(card.title), card.category, [_shown(tag) for tag in card.tags], _shown(_summary(card))]
            for card in self._assistant.cards()
        ]

    def points(self) -> list[list[Any]]:
        """The map: id, x, y of every card, from 0 to 1."""
        return [[point.card_id, round(point.x, 4), round(point.y, 4)] for point in self._assistant.map()]

    def find(self, asked: dict[str, Any]) -> list[list[str]]:
        """The cards nearest to `query`, best first: id and the passage that matches."""
        try:
            hits = self._assistant.search(_short(asked, "query", _LONGEST_QUERY), k=_FOUND)
        except UserError:
            return []
        return [[hit.card_id, _shown(hit.passages[0].text) if hit.passages else ""] for hit in hits]

    def welcome(self, language: Language) -> str:
        """What an empty page says, with other questions each time."""
        cards = self._assistant.some_cards(_LOOKED_AT)
        return welcome_html(_suggestions(cards, language), self._assistant.count(), language)

    def titles(self, card_ids: tuple[str, ...]) -> dict[str, str]:
        """Titles of cards, those that exist."""
        found = {}
        for card_id in card_ids:
            try:
                found[card_id] = self._assistant.card(card_id).title
            except UserError:
                continue
        return found


def _suggestions(cards: list[PaperCard], language: Language) -> list[str]:
    """A few questions that cards answer."""
    chosen: list[str] = []
    for card in random.sample(cards, len(cards)):
        fitting = [question for question in card.aid.questions if _reads_well(question, language)]
        if fitting:
            chosen.append(_capitalised(random.choice(fitting)))  # noqa: S311
        if len(chosen) == _SUGGESTED:
            break
    return chosen


def _short(asked: object, name: str, longest: int) -> str:
    value = asked.get(name) if isinstance(asked, dict) else None
    return str(value)[:longest] if value is not None else ""


def _shown(words: str) -> str:
    return visible(readable(words))


def _summary(card: PaperCard) -> str:
    """The TL;DR, or the first words of what there is."""
    stored = card.tldr or card.abstract or card.method
    return stored if len(stored) <= 400 else f"{stored[:400]}…"


def _reads_well(question: str, language: Language) -> bool:
    from vectorstore.language import language_of

    if language_of(question) != language or not 12 <= len(question) <= _LONGEST_SUGGESTION[language]:
        return False
    if language == "zh":
        return any(asks in question for asks in ("?", "?", "吗", "哪", "什么", "如何", "怎么", "多少"))
    return question.split()[0].lower() in _OPENINGS


def _capitalised(question: str) -> str:
    ending = "" if question.endswith(("?", "?", "。")) or not question.isascii() else "?"
    return question[:1].upper() + question[1:] + ending
