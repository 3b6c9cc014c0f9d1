"""Answers, cards and hits as paragraphs for a terminal or a pipe."""

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.cli.terminal import clean, console, emit, prefers_chinese

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from assistant.types import Answer, CardHit, Cell, Citation, Table
    from vectorstore.cards import FieldName, PaperCard
    from vectorstore.language import Language

_MARKER = r"\[\d+\]"
# A stretch of plain text, and what stands in bold behind it.
_BOLD = re.compile(r"(.*?)(?:\*\*([^*\n]+)\*\*|\Z)", re.DOTALL)
# A column of a table is no narrower than so many characters.
_NARROWEST = 24
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
    _show_text(out, answer)
    if answer.citations:
        emit(out, "")
        (show_citations if quotes else show_cited_cards)(out, answer.citations)
    if answer.suggestions:
        emit(out, "\nNearest cards:")
        for hit in answer.suggestions:
            emit(out, _named(hit.card_id, hit.title), indent=2)
    show_remarks(answer)


def _show_text(out: "Console", answer: "Answer") -> None:
    """The answer's Markdown: as it is in a pipe, with its table drawn and its names bold in a terminal."""
    text = clean(answer.text)
    if not out.is_terminal:
        emit(out, text)
        return
    before, table, after = _around_table(text) if answer.table else (text, "", "")
    if before:
        emit(out, _marked(before))
    if answer.table and table:
        show_table(out, answer.table, answer.language)
    if after:
        emit(out, _marked(after))


def _around_table(text: str) -> tuple[str, str, str]:
    """What stands before the table of an answer, its lines, and what stands behind it."""
    lines = text.split("\n")
    rows = [number for number, line in enumerate(lines) if line.startswith("|")]
    if not rows:
        return text, "", ""
    parts = lines[: rows[0]], lines[rows[0] : rows[-1] + 1], lines[rows[-1] + 1 :]
    before, table, after = ("\n".join(part) for part in parts)
    return before, table, after


def show_table(out: "Console", table: "Table", language: "Language") -> None:
    """Draw a table side by side, or its columns one under the other where the terminal is too narrow for that.

    Args:
        out: a terminal.
        table: of an answer.
        language: of what is said where a cell is empty.
    """
    from rich import box
    from rich.table import Table as Drawn
    from rich.text import Text

    cells = [[_cell(cell, language) for cell in row] for row in table.rows]
    headings = [clean(heading) for heading in table.headings]
    columns = [clean(column) for column in table.columns]
    widest = max(map(_width, headings), default=0)
    if (out.width - widest) / max(len(columns), 1) < _NARROWEST:
        for heading, row in zip(headings, cells, strict=True):
            emit(out, Text(heading, style="bold"))
            for column, cell in zip(columns, row, strict=True):
                emit(out, Text.assemble((f"{column}: ", "bold"), cell), indent=2)
        return
    drawn = Drawn(box=box.ROUNDED, show_lines=True, width=out.width)
    drawn.add_column(style="bold", min_width=widest)
    for column in columns:
        drawn.add_column(Text(column), ratio=1, overflow="fold")
    for heading, row in zip(headings, cells, strict=True):
        drawn.add_row(Text(heading), *row)
    out.print(drawn)


def _cell(cell: "Cell", language: "Language") -> "Text":
    from rich.text import Text

    from assistant.comparison.table import SILENT

    if not cell.text:
        return Text(SILENT[language], style="dim")
    return _marked(f"{clean(cell.text)} {''.join(f'[{marker}]' for marker in cell.markers)}")


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


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

    shown = Text()
    for plain, bold in _BOLD.findall(text):
        shown.append(plain)
        shown.append(bold, style="bold")
    shown.highlight_regex(_MARKER, "cyan")
    return shown
