"""Where the sections and cards of a card text begin: told by what surrounds a line, since an abstract may hold any."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vectorstore.cards import FieldName

LABELS: tuple[tuple[str, FieldName], ...] = (
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
ABSTRACT = re.compile(r"查看完整摘要\s{0,9}\(Abstract\)\s*")

_LABEL_STARTS = tuple(label for label, _ in LABELS)
_COUNT = re.compile(r"(\d{1,9})\s{0,9}篇")
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Heading:
    """A section's name and how many cards it says to hold."""

    name: str
    count: int


@dataclass(frozen=True)
class Layout:
    """The lines, counted from 0, on which sections and cards begin."""

    headings: dict[int, Heading]
    cards: frozenset[int]


def layout_of(lines: list[str]) -> Layout:
    """Find where sections and cards begin.

    A heading is sure where the first card below it has its name for a category. A card begins with an area and a
    category: both known from sure headings, or one of them and labels below; in a file without sure headings, labels
    and then an abstract must follow. Other lines that count cards are headings where a card, a heading or nothing
    comes next.
    """
    filled = [number for number, line in enumerate(lines) if line.strip()]
    following = dict(zip(filled, [*filled[1:], None], strict=False))
    counting = [number for number in filled if _COUNT.search(lines[number].rstrip()[-24:])]
    headings: dict[int, Heading] = {}
    areas, names = set(), set()
    for number in counting:
        area = following[number]
        category = _line(lines, area + 1) if area is not None else ""
        rest = lines[number].strip().removeprefix(category)
        if category and rest != lines[number].strip() and (count := _COUNT.fullmatch(rest.strip())):
            headings[number] = Heading(category, int(count[1]))
            areas.add(_line(lines, area))
            names.add(category)
    cards = set(_cards_known(lines, filled, areas, names) if areas else _cards_labelled(lines))
    for number in reversed(counting):
        after = following[number]
        if after is None or after in cards or after in headings:
            line = lines[number].strip()
            count = _COUNT.search(line)
            if number not in headings and count and count.end() == len(line) and count.start() <= _LONGEST_NAME:
                headings[number] = Heading(line[: count.start()].strip(), int(count[1]))
    return Layout(headings, frozenset(cards))


def has_abstract_line(text: str) -> bool:
    """Whether a text has the line that every card of this format has."""
    return any(ABSTRACT.fullmatch(line) for line in text.split("\n"))


def _cards_known(lines: list[str], filled: list[int], areas: set[str], names: set[str]) -> Iterator[int]:
    """Cards in a file whose areas and categories are known from its headings."""
    before = -2
    for number in filled:
        area, category = _line(lines, number) in areas, _line(lines, number + 1) in names
        cut_off = area and number == filled[-1]
        begins = (area and category) or cut_off or ((area or category) and _labels_follow(lines, number + 2))
        if begins and before != number - 1:
            yield number
            before = number


def _cards_labelled(lines: list[str]) -> Iterator[int]:
    """Cards in a file without headings: two lines above the first labels after an abstract, another abstract below."""
    abstracts = [number for number, line in enumerate(lines) if ABSTRACT.fullmatch(line)]
    after = 0
    for abstract in abstracts:
        start = next((number for number in range(after, abstract) if _labels_follow(lines, number + 2)), None)
        if start is not None:
            yield start
        after = abstract + 1


def _line(lines: list[str], number: int | None) -> str:
    return lines[number].strip() if number is not None and number < len(lines) else ""


def _labels_follow(lines: list[str], number: int) -> bool:
    """Whether a first label stands in this line, or below a line of tags."""
    if _line(lines, number).startswith("#"):
        number += 1
    return _line(lines, number).startswith(_LABEL_STARTS)
