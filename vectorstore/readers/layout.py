"""Where the sections and cards of a card text begin: told by what surrounds a line, since an abstract may hold any."""

import re
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
# A card has nine lines before its abstract; fields may run on.
_LONGEST_CARD_HEAD = 200


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
    cards: set[int] = set()
    for number in filled:
        if number - 1 not in cards and _card_begins(lines, number, areas, names):
            cards.add(number)
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


def _card_begins(lines: list[str], number: int, areas: set[str], names: set[str]) -> bool:
    labelled = _labels_follow(lines, number + 2)
    if not areas:
        return labelled and _abstract_follows(lines, number + 2)
    area, category = _line(lines, number) in areas, _line(lines, number + 1) in names
    return (area and category) or (labelled and (area or category))


def _line(lines: list[str], number: int | None) -> str:
    return lines[number].strip() if number is not None and number < len(lines) else ""


def _labels_follow(lines: list[str], number: int) -> bool:
    """Whether a first label stands in this line, or below a line of tags."""
    if _line(lines, number).startswith("#"):
        number += 1
    return _line(lines, number).startswith(_LABEL_STARTS)


def _abstract_follows(lines: list[str], number: int) -> bool:
    return any(ABSTRACT.fullmatch(line) for line in lines[number : number + _LONGEST_CARD_HEAD])
