"""Answers, cards and hits as paragraphs for a terminal or a pipe."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.cli.terminal import clean, console, emit, prefers_chinese

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from assistant.types import Answer, CardHit, Citation
    from vectorstore.cards import FieldName, PaperCard

_MARKER = r"\[\d+\]"
_QUOTE_MARKS = {"en": ("“", "”"), "zh": ("「", "」")}
_ENGLISH: tuple["FieldName", ...] = ("tldr", "abstract")
_CHINESE: tuple["FieldName", ...] = (
    "motivation",
    "problem",
    "analysis",
    "method",
    "experiments",
    "contribution",
)


def field_label(field: str) -> str:
    """A field's name as people read it."""
    return "TL;DR" if field == "tldr" else field.capitalize()


def show_answer(answer: "Answer", *, quotes: bool = True) -> None:
    """Write the answer to stdout, then what it rests on; remarks about it go to stderr.

    Args:
        answer: the verified answer.
        quotes: with the quoted words; without, only which cards are cited.
    """
    out = console()
    emit(out, _marked(clean(answer.text)))
    if answer.citations:
        emit(out, "")
        (show_citations if quotes else show_cited_cards)(out, answer.citations)
    if answer.suggestions:
        emit(out, "\nNearest cards:")
        for hit in answer.suggestions:
            emit(out, _named(hit.card_id, hit.title), indent=2)
    show_remarks(answer)


def show_remarks(answer: "Answer") -> None:
    """Say on stderr what the check removed and what else the reader should know."""
    sys.stdout.flush()
    remarks = list(answer.notes)
    if answer.dropped:
        plural = "sentence was" if answer.dropped == 1 else "sentences were"
        remarks.append(f"{answer.dropped} {plural} left out: the cards do not support what was said")
    for remark in remarks:
        emit(console(sys.stderr), f"note: {clean(remark)}", style="dim")


def show_citations(out: "Console", citations: Sequence["Citation"]) -> None:
    """List citations by marker: title, card, field, and the quoted words."""
    from rich.text import Text

    from vectorstore.language import language_of
    from vectorstore.latex import readable

    before = None
    for citation in citations:
        head = (citation.marker, citation.card_id, citation.field)
        if head != before:
            emit(
                out,
                Text.assemble(
                    (f"[{citation.marker}] ", "cyan"),
                    (clean(readable(citation.title)), "bold"),
                    (f" ({clean(citation.card_id)}, {field_label(citation.field)})", "dim"),
                ),
            )
        before = head
        left, right = _QUOTE_MARKS[language_of(citation.quote)]
        emit(out, f"{left}{clean(readable(citation.quote))}{right}", indent=4)


def show_cited_cards(out: "Console", citations: Sequence["Citation"]) -> None:
    """One line for each cited card: its markers, title and id."""
    from rich.text import Text

    from vectorstore.latex import readable

    markers: dict[tuple[str, str], dict[int, None]] = {}
    for citation in citations:
        markers.setdefault((citation.card_id, citation.title), {})[citation.marker] = None
    for (card_id, title), cited in markers.items():
        emit(
            out,
            Text.assemble(
                (" ".join(f"[{marker}]" for marker in cited) + " ", "cyan"),
                (clean(readable(title)), "bold"),
                (f" ({clean(card_id)})", "dim"),
            ),
        )


def show_hits(hits: Sequence["CardHit"]) -> None:
    """List cards found, best first, each with its best passage."""
    from rich.text import Text

    from vectorstore.latex import readable

    out = console()
    for rank, hit in enumerate(hits, 1):
        emit(out, Text(f"{rank}. ") + _named(hit.card_id, hit.title))
        if hit.passages:
            emit(out, clean(readable(hit.passages[0].text)), indent=4, style="dim")
    if not hits:
        emit(console(sys.stderr), "note: no card was found", style="dim")


def show_card(card: "PaperCard") -> None:
    """Write a whole card, the fields in the terminal's own language first; what its abstract gainsays is marked."""
    from rich.text import Text

    from vectorstore.cards import CATEGORY_NAMES
    from vectorstore.disagreements import figures_not_in_abstract
    from vectorstore.latex import readable

    out = console()
    emit(out, clean(readable(card.title)), style="bold")
    english = CATEGORY_NAMES.get(card.category)
    category = f"{card.category} ({english})" if english else card.category
    emit(out, clean(f"{card.id} · {category}"), style="dim")
    if card.tags:
        emit(out, clean("tags: " + " · ".join(card.tags)), style="dim")
    for field in (*_CHINESE, *_ENGLISH) if prefers_chinese() else (*_ENGLISH, *_CHINESE):
        if text := card.text(field):
            emit(out, Text(f"\n{field_label(field)}", style="cyan"))
            emit(out, clean(readable(text)), indent=2)
            if figures := [stray.figure for stray in figures_not_in_abstract(card) if stray.field == field]:
                emit(out, f"(not in the abstract: {', '.join(figures)})", indent=2, style="yellow")


def show_cards(cards: Sequence["PaperCard"]) -> None:
    """List cards: aligned in a terminal, otherwise id, category and title between tabs."""
    from vectorstore.latex import readable

    out = console()
    for card in cards:
        if out.is_terminal:
            emit(out, _named(card.id, card.title))
        else:
            columns = (card.id, card.category, readable(card.title))
            emit(out, "\t".join(" ".join(clean(column).split()) for column in columns))
    sys.stdout.flush()
    emit(console(sys.stderr), f"{len(cards)} card{'' if len(cards) == 1 else 's'}", style="dim")


def _named(card_id: str, title: str) -> "Text":
    from rich.text import Text

    from vectorstore.latex import readable

    return Text.assemble((clean(card_id), "cyan"), f"  {clean(readable(title))}")


def _marked(text: str) -> "Text":
    from rich.text import Text

    shown = Text(text)
    shown.highlight_regex(_MARKER, "cyan")
    return shown
