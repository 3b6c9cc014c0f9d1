"""Figures in a card's summaries that its abstract, the authority, does not have; they are never quoted."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from vectorstore.cards import FIELDS, FieldName, PaperCard
from vectorstore.latex import readable
from vectorstore.passages import Passage, passages_of

_MULTIPLES = {
    "千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8, "十亿": 1e9, "百亿": 1e10, "千亿": 1e11, "万亿": 1e12,
    "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
}  # fmt: skip
_WORDS = {
    "zero": 0, "one": 1, "single": 1, "first": 1, "two": 2, "both": 2, "second": 2, "twice": 2, "double": 2,
    "doubles": 2, "doubled": 2, "doubling": 2, "dual": 2, "pair": 2, "three": 3, "third": 3, "triple": 3, "triples": 3,
    "tripled": 3, "four": 4, "fourth": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80,
    "ninety": 90, "hundred": 100, "hundreds": 100, "thousand": 1000, "thousands": 1000, "half": 50, "halve": 50,
    "halves": 50, "halved": 50, "halving": 50, "quarter": 25, "magnitude": 10,
}  # fmt: skip
_CHINESE_DIGITS = {"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_CHINESE_UNITS = {"十": 10, "百": 100, "千": 1000}

_NUMBER = re.compile(
    r"(?P<value>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:\s?(?P<word>[百千万十]?亿|[百千]?万|千|(?:thousand|million|billion|trillion)\b)|(?P<letter>[kKmMbBtT])(?![A-Za-z]))?"
    r"(?:\s?(?:%|倍|[x×](?![A-Za-z])))?",
    re.IGNORECASE,
)
# A digit after one of these belongs to a name: Qwen2.5, GPT-4, pass@1.
_IN_NAME = re.compile(r"[A-Za-z](?:[-_.@^]|\d*\.)?$|[A-Za-z][-\w.]*\d-$")
_ITEM_BEFORE = re.compile(r"(?:^|[;；。:：,，、(\n])\s*$")
_ITEM_AFTER = re.compile(r"[.)、](?!\d)")
_FROM_TO = re.compile(r"\bfrom\s(?P<before>[^.;]{1,40}?)\sto\s(?P<after>[^.;]{1,40})")
_RANGE = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s?(?:to|-|–|~|到|至)\s?(?=\d)")
_WORD = re.compile(r"[a-z]+")
_CHINESE_NUMBER = re.compile(r"[零一二两三四五六七八九十百千]+")


@dataclass(frozen=True)
class StrayFigure:
    """A figure of a summary that the abstract does not have.

    Args:
        field: the summary's field.
        figure: as it stands there in readable text, with its unit.
    """

    field: FieldName
    figure: str


def figures_not_in_abstract(card: PaperCard) -> tuple[StrayFigure, ...]:
    """The figures that a card's summaries (TL;DR and the Chinese fields) have and its abstract does not, in order.

    Values are compared, not spellings: 1.2万, 12k and 12,000 are one value, and so are 99.7% and a 99.71% that it
    rounds. Figures worked out from the abstract's own (75 from 240 is 69% less) are no disagreement, nor are digits in
    names, the numbers of items, or amounts in Chinese numerals. It rather misses a disagreement than marks a card
    that has none. A card without an abstract has nothing to disagree with.
    """
    if not card.abstract.strip():
        return ()
    authority = _Authority(_plain(card.abstract))
    stray = []
    for field in FIELDS:
        if field == "abstract":
            continue
        text = _plain(card.text(field))
        for number in _NUMBER.finditer(text):
            if _counts(text, number) and not authority.has(number):
                stray.append(StrayFigure(field, number[0].strip()))
    return tuple(dict.fromkeys(stray))


@lru_cache(maxsize=1_024)
def quotable_passages(card: PaperCard) -> tuple[Passage, ...]:
    """The passages of a card that an answer may rest on, in reading order: all but those with such a figure."""
    stray = figures_not_in_abstract(card)
    return tuple(
        passage
        for passage in passages_of(card)
        if not any(passage.field == one.field and one.figure in _plain(passage.text) for one in stray)
    )


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", readable(text))


def _counts(text: str, number: re.Match[str]) -> bool:
    """Whether digits are an amount, and not part of a name, the number of an item or the 1 of 1/100."""
    before, after = text[max(0, number.start() - 24) : number.start()], text[number.end() : number.end() + 2]
    if _IN_NAME.search(before) or (number["value"] == "1" and after[:1] == "/"):
        return False
    return not (len(number["value"]) < 3 and _ITEM_BEFORE.search(before) and _ITEM_AFTER.match(after))


def _value(number: re.Match[str]) -> float:
    return float(number["value"].replace(",", "")) * _multiple(number)


def _multiple(number: re.Match[str]) -> float:
    return _MULTIPLES.get((number["word"] or number["letter"] or "").lower(), 1.0)


class _Authority:
    """The values that an abstract has."""

    def __init__(self, abstract: str) -> None:
        self.exact: set[float] = set(_spelled(abstract))
        self.rounded: set[float] = set(_worked_out(abstract))
        for number in _NUMBER.finditer(abstract):
            # "7B" is a size by its letter and a value by its digits.
            self.exact |= {_value(number), float(number["value"].replace(",", ""))}
            if _counts(abstract, number):
                self.rounded.add(_value(number))
        for start in _RANGE.finditer(abstract):
            # "0.4 to 5 billion" begins at 0.4 billion.
            end = _NUMBER.match(abstract, start.end())
            if end:
                self.exact.add(float(start[1]) * _multiple(end))

    def has(self, number: re.Match[str]) -> bool:
        value = _value(number)
        if any(abs(value - known) <= 1e-9 * max(1.0, value) for known in self.exact):
            return True
        # One unit in the last place that the summary gives.
        digits = number["value"].replace(",", "")
        step = value / float(digits) * 10.0 ** -len(digits.partition(".")[2]) if float(digits) else 0.0
        return any(-0.5 * step <= known - value < step for known in self.rounded)


def _spelled(text: str) -> Iterator[float]:
    for word in _WORD.findall(text.lower()):
        value = _WORDS.get(word.removesuffix("fold"))
        if value is not None:
            yield value
    for number in _CHINESE_NUMBER.findall(text):
        total = current = 0
        for character in number:
            if character in _CHINESE_DIGITS:
                current = _CHINESE_DIGITS[character]
            else:
                total, current = total + (current or 1) * _CHINESE_UNITS[character], 0
        yield float(total + current)


def _worked_out(text: str) -> Iterator[float]:
    """Differences, ratios and changes in percent between the ends of every "from 240K to 75K"."""
    for match in _FROM_TO.finditer(text):
        ends = [_NUMBER.search(match[end]) for end in ("before", "after")]
        values = [_value(end) for end in ends if end]
        if len(values) == 2 and min(values) > 0:
            low, high = min(values), max(values)
            yield from (high - low, high / low, (high - low) / values[0] * 100)
