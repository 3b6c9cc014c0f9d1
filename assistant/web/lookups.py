"""What the page's scripts may look up: a card, pages of the table, the map, a search; nothing here changes anything."""

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.inert import visible
from assistant.types import CardPage, Filters
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
# Rows of the table that are given at once, tags that are offered, and the furthest row that can be asked for.
_ROWS, _TAGS, _FURTHEST = 60, 400, 10**9
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

        def browse(asked: dict[str, Any]) -> dict[str, Any]:
            return self.browse(asked)

        def kinds(asked: dict[str, Any]) -> dict[str, list[list[Any]]]:
            return self.kinds()

        def titles(asked: dict[str, Any]) -> list[list[str]]:
            return [list(each) for each in self.titles(_texts(asked, "ids", _ROWS)).items()]

        def points(asked: dict[str, Any]) -> list[list[Any]] | str:
            return self.points()

        def find(asked: dict[str, Any]) -> dict[str, Any]:
            return self.find(asked)

        def examples(asked: dict[str, Any], request: gr.Request) -> str:
            return question_buttons(_suggestions(self._assistant.some_cards(_LOOKED_AT), language_of_request(request)))

        return [card, similar, browse, kinds, titles, points, find, examples]

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

    def browse(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Rows of the table: those with `words`, of a `category`, with a `tag`, from `start` on; see `_page`."""
        return _page(
            self._assistant.browsing().page(
                _short(asked, "words", _LONGEST_QUERY),
                filters=_filters(asked),
                start=_number(asked, "start"),
                size=_ROWS,
            )
        )

    def kinds(self) -> dict[str, list[list[Any]]]:
        """By what the table can be narrowed: categories and tags, each with its number of cards."""
        browsing = self._assistant.browsing()
        return {
            "categories": [list(each) for each in browsing.categories()],
            "tags": [list(each) for each in browsing.tags(_TAGS)],
        }

    def points(self) -> list[list[Any]] | str:
        """The map: id, x and y from 0 to 1, category and title of every card; or why there is none."""
        try:
            points = self._assistant.map()
        except UserError as error:
            return str(error)
        return [
            [point.card_id, round(point.x, 4), round(point.y, 4), point.category, _shown(point.title)]
            for point in points
        ]

    def find(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The cards nearest to `query` by meaning, best first, narrowed as `browse` does; what matches sums them up."""
        browsing = self._assistant.browsing()
        try:
            hits = self._assistant.search(_short(asked, "query", _LONGEST_QUERY), k=_FOUND, filters=_filters(asked))
        except UserError:
            hits = []
        passages = {hit.card_id: hit.passages[0].text for hit in hits if hit.passages}
        rows = browsing.rows([hit.card_id for hit in hits])
        for row in rows:
            row.summary = readable(passages.get(row.card_id, row.summary))
        return _page(CardPage(rows=rows, found=len(rows), total=self._assistant.count()))

    def welcome(self, language: Language) -> str:
        """What an empty page says, with other questions each time."""
        cards = self._assistant.some_cards(_LOOKED_AT)
        return welcome_html(_suggestions(cards, language), self._assistant.count(), language)

    def titles(self, card_ids: Sequence[str]) -> dict[str, str]:
        """Titles of cards, those that exist; none while the store is away, for the page stands without them."""
        if not card_ids:
            return {}
        try:
            return {row.card_id: visible(row.title) for row in self._assistant.browsing().rows(card_ids)}
        except UserError:
            return {}


def _page(found: CardPage) -> dict[str, Any]:
    """Rows (id, title, category, tags, summary) for scripts, which put them in as text; how many there are in all."""
    rows = [
        [row.card_id, visible(row.title), row.category, [visible(tag) for tag in row.tags], visible(row.summary)]
        for row in found.rows
    ]
    return {"rows": rows, "found": found.found, "total": found.total}


def _filters(asked: object) -> Filters:
    category, tag = _short(asked, "category", _LONGEST_ID), _short(asked, "tag", _LONGEST_ID)
    return Filters(categories=(category,) if category else (), tags=(tag,) if tag.strip() else ())


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


def _texts(asked: object, name: str, most: int) -> list[str]:
    values = asked.get(name) if isinstance(asked, dict) else None
    return [str(value)[:_LONGEST_ID] for value in values[:most]] if isinstance(values, list) else []


def _number(asked: object, name: str) -> int:
    value = asked.get(name) if isinstance(asked, dict) else None
    return min(max(value, 0), _FURTHEST) if isinstance(value, int) else 0


def _shown(words: str) -> str:
    return visible(readable(words))


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
