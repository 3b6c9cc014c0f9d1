"""Figures in a card's summaries that its abstract, the authority, does not have; they are never quoted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from vectorstore.cards import FIELDS, FieldName, PaperCard
from vectorstore.figures import MULTIPLES, Figure, figures_of, plain
from vectorstore.passages import Passage, passages_of

_DIGITS = re.compile(r"(?P<value>\d[\d,]*(?:\.\d+)?)(?P<letter>[kKmMbBtT](?![A-Za-z]))?")
_ITEM_BEFORE = re.compile(r"(?:^|[;；。:：,，、(\n])\s*$")
_ITEM_AFTER = re.compile(r"[.)、](?!\d)")
_IN_NAME = re.compile(r"[A-Za-z][^\s,，、;；]*-$")
_FROM_TO = re.compile(r"\bfrom\s(?P<before>[^.;]{1,40}?)\sto\s(?P<after>[^.;]{1,40})")
_RANGE = re.compile(r"(?<![\d.])(?P<start>\d+(?:\.\d+)?)\s?(?:to|-|–|~|到|至)\s?(?=\d)")


@dataclass(frozen=True)
class StrayFigure:
    """A figure of a summary that the abstract does not have.

    Args:
        field: the summary's field.
        figure: as it stands there in readable text, with its unit.
    """

    field: FieldName
    figure: str


@lru_cache(maxsize=1_024)
def figures_not_in_abstract(card: PaperCard) -> tuple[StrayFigure, ...]:
    """The figures that a card's summaries (TL;DR and the Chinese fields) have and its abstract does not, in order.

    Values are compared, not spellings: 1.2万, 12k and 12,000 are one value, and so are 99.7% and a 99.71% that it
    rounds. Figures worked out from the abstract's own (75 from 240 is 69% less) are no disagreement, nor are digits in
    names, the numbers of items, or amounts in Chinese numerals. It rather misses a disagreement than marks a card
    that has none. A card without an abstract has nothing to disagree with.
    """
    if not card.abstract.strip():
        return ()
    known = tuple(_values(plain(card.abstract)))
    stray = []
    for field in FIELDS:
        text = plain(card.text(field)) if field != "abstract" else ""
        for figure in figures_of(text):
            digits = _DIGITS.search(text, figure.start, figure.end)
            if digits and _counts(text, figure, digits) and not _known(figure.value, digits["value"], known):
                stray.append(StrayFigure(field, text[figure.start : figure.end].strip()))
    return tuple(dict.fromkeys(stray))


@lru_cache(maxsize=1_024)
def quotable_passages(card: PaperCard) -> tuple[Passage, ...]:
    """The passages of a card that an answer may rest on, in reading order: all but those with such a figure."""
    stray = figures_not_in_abstract(card)
    return tuple(
        passage
        for passage in passages_of(card)
        if not any(passage.field == one.field and one.figure in plain(passage.text) for one in stray)
    )


def _counts(text: str, figure: Figure, digits: re.Match[str]) -> bool:
    """Whether digits are an amount, and not a single one, the number of an item, a part of a name or the 2 of 2D."""
    before, after = text[max(0, figure.start - 24) : figure.start], text[figure.end : figure.end + 2]
    if figure.value == 1 or after[:1] == "D" or _IN_NAME.search(before):
        return False
    return not (len(digits["value"]) < 3 and _ITEM_BEFORE.search(before) and _ITEM_AFTER.match(after))


def _known(value: float, digits: str, known: tuple[float, ...]) -> bool:
    """Whether a summary's figure is one of the abstract's, or rounds or cuts one in its last place."""
    digits = digits.replace(",", "")
    step = value / float(digits) * 10.0 ** -len(digits.partition(".")[2]) if float(digits) else 0.0
    return any(abs(value - one) <= 1e-9 * max(1.0, value) or -0.5 * step <= one - value < step for one in known)


def _values(text: str) -> Iterator[float]:
    """The values that an abstract has or leads to."""
    for figure in figures_of(text):
        yield figure.value
        if figure.value == 0.5:
            yield 50.0
    for digits in _DIGITS.finditer(text):
        # "7B" is a size by its letter and a value by its digits, in a name too.
        value = float(digits["value"].rstrip(",").replace(",", ""))
        yield from (value, value * MULTIPLES.get((digits["letter"] or "").lower(), 1))
    for start in _RANGE.finditer(text):
        # "0.4 to 5 billion" begins at 0.4 billion.
        end = next((figure for figure in figures_of(text) if figure.start >= start.end()), None)
        digits_of_end = _DIGITS.match(text, start.end())
        if end is not None and digits_of_end and float(digits_of_end["value"].rstrip(",").replace(",", "")):
            scale = end.value / float(digits_of_end["value"].rstrip(",").replace(",", ""))
            yield float(start["start"]) * scale
    for change in _FROM_TO.finditer(text):
        # The difference, the ratio and the change in percent between the ends of "from 240K to 75K".
        ends = [figures_of(change[end]) for end in ("before", "after")]
        if all(ends):
            before, after = ends[0][0].value, ends[1][0].value
            if min(before, after) > 0:
                difference = abs(after - before)
                yield from (difference, max(before, after) / min(before, after), difference / before * 100)
