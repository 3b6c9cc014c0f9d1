"""One card as HTML for the panel, the cited words in it marked exactly as they are quoted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from assistant.types import CardHit
from assistant.web.rendering import card_links, words
from assistant.web.texts import category_label, field_label, text
from vectorstore.cards import FIELDS, FieldName, PaperCard
from vectorstore.disagreements import figures_not_in_abstract
from vectorstore.language import Language

_ENGLISH: tuple[FieldName, ...] = ("tldr", "abstract")
_SPAN = re.compile(rf"({'|'.join(FIELDS)}):(\d{{1,7}}):(\d{{1,7}})")
_MOST_SPANS = 20


@dataclass(frozen=True)
class Span:
    """Characters `start` to `end` of a field."""

    field: FieldName
    start: int
    end: int


def spans_of(written: str, card: PaperCard) -> list[Span]:
    """Spans as a chip carries them (`abstract:0:120 method:3:40`); what does not lie in the card is left out."""
    spans = []
    for found in list(_SPAN.finditer(written))[:_MOST_SPANS]:
        name = next(field for field in FIELDS if field == found[1])
        span = Span(name, int(found[2]), int(found[3]))
        if span.start < span.end <= len(card.text(name)):
            spans.append(span)
    return spans


def card_html(card: PaperCard, spans: Sequence[Span], language: Language) -> str:
    """A card for the panel.

    Args:
        card: the card.
        spans: the cited words, which stand in `<mark>` character for character.
        language: of the interface; fields in it come first.
    """
    chinese = tuple(name for name in FIELDS if name not in _ENGLISH)
    first = _language_shown(spans, language)
    tags = "".join(
        f'<li><button type="button" class="tag" data-tag="{escape(tag)}">#{words(tag)}</button></li>'
        for tag in card.tags
    )
    return (
        f'<article class="card" data-card="{escape(card.id)}" data-category="{escape(card.category)}">'
        f'<p class="card-category"><button type="button" class="link" data-category="{escape(card.category)}">'
        f"{escape(category_label(language, card.category))}</button> "
        f'<span class="card-id">{escape(card.id)}</span></p>'
        f'<h2 tabindex="-1">{words(card.title)}</h2>'
        f'<ul class="tags" aria-label="{escape(text(language, "tags"))}">{tags}</ul>'
        f"{_switch(first, language)}{_disagreements(card, language)}"
        f"{_fields(card, _ENGLISH, 'en', first, spans, language)}"
        f"{_fields(card, chinese, 'zh', first, spans, language)}"
        f'{_actions(card, language)}<section class="similar"></section></article>'
    )


def similar_html(similar: Sequence[CardHit], language: Language) -> str:
    """Cards like the one in the panel, nearest first; they take longer to find than the card itself."""
    return f"<h3>{escape(text(language, 'similar'))}</h3>{card_links(similar)}" if similar else ""


def citation_of(card: PaperCard) -> str:
    """A card as one cites it in a text of one's own."""
    return f"{' '.join(card.title.split())} ({card.id})"


def _language_shown(spans: Sequence[Span], language: Language) -> Language:
    """The language of the cited words, or else of the interface."""
    return language if not spans else "en" if spans[0].field in _ENGLISH else "zh"


def _switch(first: Language, language: Language) -> str:
    buttons = "".join(
        f'<button type="button" data-show="{code}" aria-pressed="{"true" if code == first else "false"}">'
        f"{escape(text(language, key))}</button>"
        for code, key in (("en", "english"), ("zh", "chinese"))
    )
    return f'<div class="switch" role="group">{buttons}</div>'


def _fields(
    card: PaperCard,
    names: Sequence[FieldName],
    code: Language,
    first: Language,
    spans: Sequence[Span],
    language: Language,
) -> str:
    sections = "".join(
        f"<section><h3>{escape(field_label(language, name))}</h3><p>{_marked(card, name, spans)}</p></section>"
        for name in names
        if card.text(name).strip()
    )
    body = sections or f'<p class="quiet">{escape(text(language, "no_text"))}</p>'
    hidden = "" if code == first else " hidden"
    return f'<div class="fields" data-language="{code}" lang="{code}"{hidden}>{body}</div>'


def _marked(card: PaperCard, name: FieldName, spans: Sequence[Span]) -> str:
    """A field for reading, except that the cited words stand as they are stored."""
    stored, place, drawn = card.text(name), 0, []
    for span in sorted((span for span in spans if span.field == name), key=lambda span: span.start):
        if span.start < place:
            continue
        before = stored[place : span.start]
        drawn += [_between(before), f"<mark>{escape(stored[span.start : span.end])}</mark>"]
        place = span.end
    drawn.append(_between(stored[place:]))
    return "".join(drawn).strip()


def _between(stored: str) -> str:
    """Words between marks; what stood apart stays apart."""
    if not stored.strip():
        return " " if stored else ""
    before = " " if stored[0].isspace() else ""
    after = " " if stored[-1].isspace() else ""
    return f"{before}{words(stored)}{after}"


def _disagreements(card: PaperCard, language: Language) -> str:
    figures = list(dict.fromkeys(stray.figure for stray in figures_not_in_abstract(card)))
    if not figures:
        return ""
    return f'<p class="note">{escape(text(language, "disagrees", figures=", ".join(figures)))}</p>'


def _actions(card: PaperCard, language: Language) -> str:
    def button(action: str, key: str, value: str) -> str:
        return (
            f'<button type="button" class="wide" data-action="{action}" data-value="{escape(value)}">'
            f"{escape(text(language, key))}</button>"
        )

    return (
        f'<div class="card-actions">{button("ask-card", "ask_card", card.id)}'
        f"{button('copy-text', 'copy_citation', citation_of(card))}"
        f"{button('copy-link', 'copy_link', card.id)}</div>"
    )
