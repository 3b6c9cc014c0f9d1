"""The card text format: sections with a counted heading, cards with labelled fields."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from vectorstore.cards import CardText, FieldName
from vectorstore.errors import CardFormatError
from vectorstore.readers.cardfile import CardFile, Placed, finished, has_text
from vectorstore.tags import split_tags

_HEADING = re.compile(r"(?P<name>\S.*?)\s*(?P<count>\d+)\s*篇\s*")
_ABSTRACT = re.compile(r"查看完整摘要\s*\(Abstract\)\s*")
_LABELS: tuple[tuple[str, FieldName], ...] = (
    ("TL;DR:", "tldr"),
    ("TL;DR：", "tldr"),
    ("🎯 研究动机", "motivation"),
    ("❓ 解决问题", "problem"),
    ("🔍 现象分析", "analysis"),
    ("🛠️ 主要方法", "method"),
    ("🛠 主要方法", "method"),
    ("📊 数据与实验", "experiments"),
    ("⭐ 主要贡献", "contribution"),
)


@dataclass
class _Section:
    name: str
    line: int
    expected: int
    found: int = 0


@dataclass
class _Open:
    """A card being read: its lines so far, by field."""

    line: int
    category: str
    tags: tuple[str, ...] = ()
    fields: dict[FieldName, list[str]] = field(default_factory=dict)
    current: FieldName | None = None


def looks_like_sections(text: str) -> bool:
    """Whether a text has the line that every card of this format has."""
    return re.search(rf"(?m)^{_ABSTRACT.pattern}$", text) is not None


def read_sections(path: Path, text: str, *, force: bool) -> CardFile:
    """Read the card text format.

    Raises:
        CardFormatError: a line is not what the format has there, or a section's count differs.
    """
    lines = text.split("\n")
    starts = set(_card_starts(lines))
    sections: list[_Section] = []
    cards: list[Placed] = []
    card: _Open | None = None
    number = 0
    while number < len(lines):
        line = lines[number]
        if number in starts:
            if card is not None:
                cards.append(_closed(path, card))
            category = lines[number + 1].strip()
            if sections:
                sections[-1].found += 1
            card = _Open(number + 1, category)
            number += 2
            if number < len(lines) and lines[number].lstrip().startswith("#"):
                card.tags = tuple(split_tags(lines[number]))
                number += 1
            continue
        heading = _heading_before_card(lines, number, starts)
        if heading is not None:
            if card is not None:
                cards.append(_closed(path, card))
                card = None
            sections.append(_Section(heading["name"].strip(), number + 1, int(heading["count"])))
        elif card is None:
            if line.strip():
                raise CardFormatError(
                    path, number + 1, "expected a section heading such as '模型架构74 篇' or the first line of a card"
                )
        else:
            _take(path, card, line, number + 1)
        number += 1
    if card is not None:
        cards.append(_closed(path, card))
    warnings = _check_counts(path, sections, force=force)
    result = finished(path, cards)
    return CardFile(result.cards, warnings + result.warnings)


def _card_starts(lines: list[str]) -> Iterator[int]:
    """Line numbers (from 0) on which a card begins.

    A card's first two lines are its area and its category. They are told by what follows: before the next
    abstract line comes a first label, and right above that tags, category and area.
    """
    labels = tuple(label for label, _ in _LABELS)
    in_abstract = True
    for number, line in enumerate(lines):
        if _ABSTRACT.fullmatch(line):
            in_abstract = True
        elif in_abstract and line.startswith(labels):
            above = number - 1
            if above >= 0 and lines[above].lstrip().startswith("#"):
                above -= 1
            if above >= 1 and _abstract_follows(lines, number):
                yield above - 1
                in_abstract = False


def _abstract_follows(lines: list[str], number: int) -> bool:
    """Whether the labelled line opens a card: its abstract line comes before the next card's area could."""
    return any(_ABSTRACT.fullmatch(line) for line in lines[number + 1 : number + 200])


def _heading_before_card(lines: list[str], number: int, starts: set[int]) -> re.Match[str] | None:
    match = _HEADING.fullmatch(lines[number])
    if match is None:
        return None
    after = number + 1
    while after < len(lines) and not lines[after].strip():
        after += 1
    if after in starts and lines[after + 1].strip() == match["name"].strip():
        return match
    return None


def _take(path: Path, card: _Open, line: str, number: int) -> None:
    if card.current != "abstract":
        if _ABSTRACT.fullmatch(line):
            card.current = "abstract"
            card.fields["abstract"] = []
            return
        for label, name in _LABELS:
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
    if not has_text(texts):
        raise CardFormatError(path, card.line, "this card has no text")
    return Placed(card.line, card.category, card.tags, texts)


def _check_counts(path: Path, sections: list[_Section], *, force: bool) -> list[str]:
    wrong = [section for section in sections if section.expected != section.found]
    said = [f"section '{section.name}' says {section.expected} cards and has {section.found}" for section in wrong]
    if said and not force:
        raise CardFormatError(path, wrong[0].line, "; ".join(said) + " (--force takes the file as it is)")
    return [f"{path}:{section.line}: {text}" for section, text in zip(wrong, said, strict=True)]
