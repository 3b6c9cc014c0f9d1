"""Figures in English and Chinese text: their value, whatever their spelling, and where they stand."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from vectorstore.latex import readable

_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "twenty": 20, "thirty": 30, "forty": 40,
    "fifty": 50, "hundred": 100, "thousand": 1000, "half": 0.5, "halve": 0.5, "halved": 0.5, "halves": 0.5, "halving": 0.5,
    "twice": 2, "double": 2, "doubles": 2, "doubled": 2, "doubling": 2, "triple": 3, "triples": 3, "tripled": 3, "quarter": 0.25,
}  # fmt: skip
_CHINESE_DIGITS = {"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_CHINESE_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_MULTIPLES = {"万": 10_000, "亿": 100_000_000, "k": 1_000, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000,
              "trillion": 1_000_000_000_000, "百万": 1_000_000, "千": 1_000}  # fmt: skip

_NUMBER = re.compile(
    r"(?P<value>\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?P<multiple>\s?(?:百万|万|亿|千|thousand|million|billion|trillion)|[kK](?![A-Za-z0-9]))?"
    r"(?P<unit>\s?(?:%|percent(?:age)?(?: points?)?|个?百分点|points?\b|pp\b|[x×](?![A-Za-z0-9])|times\b|-?fold\b|倍))?",
    re.IGNORECASE,
)
_CHINESE = re.compile(
    r"(?P<percent>百分之)?(?P<value>[零一二两三四五六七八九十百千]+)(?P<multiple>[万亿])?(?P<unit>倍|个百分点|成|半)?"
)
_WORD = re.compile(r"\b(" + "|".join(_WORDS) + r")\b(?:[- ]?(?P<unit>times|fold|percent))?", re.IGNORECASE)
_LITERAL = re.compile(r"\d+(?:[.,]\d+)*")
# What a Chinese numeral must touch to count things; 一些, 统一 and 三元组 are words.
_COUNTED = re.compile(
    r"\s*(?:倍|个|种|项|类|篇|次|步|层|位|名|条|张|组|阶段|大|维|轮|万|亿|成|年|天|小时|分之|款|套|家|部分|方面|点)"
)


@dataclass(frozen=True)
class Figure:
    """One figure: its value, its kind of unit (`%`, `x` or nothing) and its place in the readable text.

    Args:
        hard: written with digits, or so that it can only be an amount; a soft one ("two stages") may be
            said in other words.
    """

    value: float
    unit: str
    start: int
    end: int
    hard: bool


def plain(text: str) -> str:
    """The text that figures are looked for in: readable, full-width folded."""
    return unicodedata.normalize("NFKC", readable(text))


@lru_cache(maxsize=8_192)
def figures_of(text: str) -> tuple[Figure, ...]:
    """The figures of a text that went through `plain`, in order.

    Digits inside a name (`GSM8K`, `Qwen2.5-7B`) are part of the name, not figures.
    """
    found: list[Figure] = []
    for match in _NUMBER.finditer(text):
        if _inside_name(text, match.start(), match.end("value")):
            continue
        value = float(match["value"].replace(",", ""))
        multiple = (match["multiple"] or "").strip().lower()
        found.append(
            Figure(value * _MULTIPLES.get(multiple, 1), _unit(match["unit"]), match.start(), match.end(), True)
        )
    for match in _WORD.finditer(text):
        unit = _unit(match["unit"])
        found.append(Figure(float(_WORDS[match[1].lower()]), unit, match.start(), match.end(), unit != ""))
    for match in _CHINESE.finditer(text):
        value = _chinese_value(match["value"])
        counted = match["percent"] or match["unit"] or match["multiple"] or _COUNTED.match(text, match.end())
        if value is None or not counted or (value == 1 and not match["unit"]):
            continue
        unit = "%" if match["percent"] else _unit(match["unit"])
        if match["unit"] == "成":
            value, unit = value * 10, "%"
        value *= _MULTIPLES.get(match["multiple"] or "", 1)
        found.append(Figure(float(value), unit, match.start(), match.end(), bool(unit or match["multiple"])))
    return tuple(sorted(found, key=lambda figure: figure.start))


def literals(text: str) -> list[str]:
    """Every run of digits of a text, those inside names too, without thousands separators."""
    return [literal.replace(",", "") for literal in _LITERAL.findall(plain(text))]


def same(one: Figure, other: Figure) -> bool:
    """Whether two figures say the same: equal values, and units that do not contradict each other."""
    if one.unit and other.unit and one.unit != other.unit:
        return False
    if abs(one.value - other.value) <= 1e-9 * max(abs(one.value), abs(other.value)):
        return True
    # "twice" and "by 100%", "halved" and "by 50%" are left alone: they are not the same words.
    return False


def _unit(written: str | None) -> str:
    unit = (written or "").strip().lower()
    if not unit:
        return ""
    return "%" if unit[0] in "%p个百" else "x"


def _inside_name(text: str, start: int, end: int) -> bool:
    """Whether digits belong to a word: a letter right before, or a letter after that is no unit."""
    before = text[start - 1] if start else " "
    if before.isascii() and before.isalpha():
        return True
    if before in "-_." and start >= 2 and text[start - 2].isascii() and text[start - 2].isalnum():
        # `Llama-2`, `pass@1-5`; a range such as 10-40% has digits on both sides.
        return not text[start - 2].isdigit()
    after = re.match(r"[A-Za-z]+", text[end : end + 12])
    if after is None:
        return False
    return after.group().lower() not in (
        "x",
        "k",
        "m",
        "b",
        "t",
        "gb",
        "mb",
        "ms",
        "s",
        "h",
        "percent",
        "fold",
        "pp",
        "d",
    )


def _chinese_value(written: str) -> float | None:
    total, current = 0, 0
    for character in written:
        if character in _CHINESE_DIGITS:
            current = _CHINESE_DIGITS[character]
        else:
            total += (current or 1) * _CHINESE_UNITS[character]
            current = 0
    return float(total + current) if written else None
