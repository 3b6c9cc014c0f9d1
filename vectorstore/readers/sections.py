"""The card text format: sections with a counted heading, cards with labelled fields.

<section name><count> 篇            the count is a checksum
<area>                              any line; the first of every card
<category>                          equals the section's name
#tag #tag                           may be missing; also "#tag; tag"
TL;DR:<summary>                     every labelled field may be missing and may run on in the next line
🎯 研究动机<motivation>
❓ 解决问题<problem>
🔍 现象分析<analysis>
🛠️ 主要方法<method>
📊 数据与实验<experiments>
⭐ 主要贡献<contribution>
查看完整摘要 (Abstract)
<abstract, one or more lines>
"""

from dataclasses import dataclass, field
from pathlib import Path

from vectorstore.cards import CardText, FieldName
from vectorstore.errors import CardFormatError
from vectorstore.readers.cardfile import CardFile, Placed, finished
from vectorstore.readers.layout import ABSTRACT, LABELS, Heading, layout_of
from vectorstore.tags import split_tags


@dataclass
class _Section:
    heading: Heading
    line: int
    categories: list[str] = field(default_factory=list)


@dataclass
class _Open:
    """A card being read: its lines so far, by field."""

    line: int
    category: str
    tags: tuple[str, ...] = ()
    fields: dict[FieldName, list[str]] = field(default_factory=dict)
    current: FieldName | None = None


def read_sections(path: Path, text: str, *, force: bool) -> CardFile:
    """Read the card text format.

    Args:
        path: named in errors.
        text: the file's text.
        force: a section whose cards are not what its heading says is a warning, not an error.

    Raises:
        CardFormatError: a line is not what the format has there, or a section's cards are not what its heading says.
    """
    lines = text.split("\n")
    layout = layout_of(lines)
    sections: list[_Section] = []
    cards: list[Placed] = []
    card: _Open | None = None
    number = 0
    while number < len(lines):
        if card is not None and (number in layout.headings or number in layout.cards):
            cards.append(_closed(path, card))
            card = None
        if number in layout.headings:
            sections.append(_Section(layout.headings[number], number + 1))
        elif number in layout.cards:
            card = _Open(number + 1, "".join(lines[number + 1 : number + 2]).strip())
            if sections:
                sections[-1].categories.append(card.category)
            number += 1
            if number + 1 < len(lines) and lines[number + 1].lstrip().startswith("#"):
                number += 1
                card.tags = tuple(split_tags(lines[number]))
        elif card is not None:
            _take(path, card, lines[number], number + 1)
        elif lines[number].strip():
            raise CardFormatError(
                path, number + 1, "expected a section heading such as '模型架构74 篇' or the first line of a card"
            )
        number += 1
    if card is not None:
        cards.append(_closed(path, card))
    warnings = _checked(path, sections, force=force)
    result = finished(path, cards)
    return CardFile(result.cards, warnings + result.warnings)


def _take(path: Path, card: _Open, line: str, number: int) -> None:
    if card.current != "abstract":
        if ABSTRACT.fullmatch(line):
            card.current = "abstract"
            card.fields["abstract"] = []
            return
        for label, name in LABELS:
            if line.startswith(label):
                if name in card.fields:
                    raise CardFormatError(
                        path, number, f"a second '{label}' in the card that began in line {card.line}"
                    )
                card.current = name
                card.fields[name] = [line[len(label) :]]
                return
    if card.current is None:
        raise CardFormatError(path, number, "expected a label such as 'TL;DR:' or '🎯 研究动机' after a card's tags")
    card.fields[card.current].append(line)


def _closed(path: Path, card: _Open) -> Placed:
    texts = CardText(**{name: "\n".join(parts).strip() for name, parts in card.fields.items()})
    if not texts.abstract:
        raise CardFormatError(path, card.line, "this card has no abstract after '查看完整摘要 (Abstract)'")
    return Placed(card.line, card.category, card.tags, texts)


def _checked(path: Path, sections: list[_Section], *, force: bool) -> list[str]:
    """What is wrong with the sections: the counts in their headings are checksums, and so is every card's category."""
    problems = []
    for section in sections:
        name, said, found = section.heading.name, section.heading.count, len(section.categories)
        if said != found:
            problems.append((section.line, f"section '{name}' says {said} cards and has {found}"))
        strange = next((category for category in section.categories if category != name), None)
        if strange is not None:
            problems.append((section.line, f"section '{name}' has a card of category '{strange}'"))
    if problems and not force:
        said_all = "; ".join(problem for _, problem in problems)
        raise CardFormatError(path, problems[0][0], f"{said_all} (--force takes the file as it is)")
    return [f"{path}:{line}: {problem}" for line, problem in problems]
