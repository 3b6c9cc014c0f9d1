"""The table of a comparison: a column for each paper, a row for each thing to compare, every cell cited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.comparison.citations import Citations
from assistant.comparison.rows import Row, says, short_name
from assistant.inert import inert
from assistant.types import Cell, Table
from vectorstore.cards import PaperCard
from vectorstore.latex import readable
from vectorstore.passages import Language, Passage

SILENT: Mapping[Language, str] = {"en": "the card does not say", "zh": "卡片未说明"}
_LONGEST_NAME = 60


def name_of(card: PaperCard) -> str:
    """What a paper is called in a heading: its method's name, or else the beginning of its title."""
    name = inert(readable(short_name(card) or card.title)).replace("*", "")
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME].rsplit(' ', 1)[0]}…"


@dataclass(frozen=True)
class Column:
    """What one paper says in each row; None where it is silent."""

    card: PaperCard
    said: Sequence[Passage | None]


def columns_of(rows: Sequence[Row], cards: Sequence[PaperCard], language: Language) -> list[Column]:
    """The columns of a comparison.

    Args:
        rows: what is compared.
        cards: one for each column.
        language: of the question; sentences are in it where a card has them.
    """
    return [Column(card, says(card, rows, language)) for card in cards]


def table_of(rows: Sequence[Row], columns: Sequence[Column], language: Language, citations: Citations) -> Table:
    """The table.

    Args:
        rows: what is compared.
        columns: what each paper says of it.
        language: of the headings.
        citations: number what the cells cite.
    """
    return Table(
        columns=[name_of(column.card) for column in columns],
        headings=[row.headings[language] for row in rows],
        rows=[[_cell(column.said[place], citations) for column in columns] for place in range(len(rows))],
    )


def _cell(passage: Passage | None, citations: Citations) -> Cell:
    if passage is None:
        return Cell()
    return Cell(text=inert(readable(passage.text)), markers=[citations.marker(passage)])


def as_markdown(table: Table, language: Language) -> str:
    """A table as Markdown; an empty cell says that the card is silent."""
    lines = [["", *table.columns]]
    for heading, cells in zip(table.headings, table.rows, strict=True):
        lines.append([heading, *(written(cell, language) for cell in cells)])
    head, *body = (f"| {' | '.join(_in_cell(text) for text in line)} |" for line in lines)
    return "\n".join([head, f"|{'---|' * len(lines[0])}", *body])


def written(cell: Cell, language: Language) -> str:
    """A cell's words with their markers."""
    return f"{cell.text} {''.join(f'[{marker}]' for marker in cell.markers)}" if cell.text else SILENT[language]


def _in_cell(text: str) -> str:
    """A text that neither ends its cell nor its row."""
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")
