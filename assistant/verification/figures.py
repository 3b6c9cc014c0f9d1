"""Figures in English and Chinese text: their value, whatever their spelling, and where they stand."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from vectorstore.latex import readable

_UNITS = dict(zip("one two three four five six seven eight nine".split(), range(1, 10), strict=True))
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
_TEENS = dict(
    zip(
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(),
        range(10, 20),
        strict=True,
    )
)
_SHARES = dict.fromkeys("half halve halved halves halving".split(), 0.5) | {"quarter": 0.25}
_TIMES = dict.fromkeys("twice double doubles doubled doubling".split(), 2) | dict.fromkeys(
    "triple triples tripled".split(), 3
)
# "one" is mostly a pronoun.
_WORDS: dict[str, float] = (
    {word: value for word, value in _UNITS.items() if word != "one"}
    | _TENS
    | _TEENS
    | {"hundred": 100, "thousand": 1000}
    | _SHARES
    | _TIMES
)
_CHINESE_DIGITS = {"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_CHINESE_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_MULTIPLES = {
    "k": 1_000,
    "thousand": 1_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "trillion": 1_000_000_000_000,
    "千": 1_000,
    "万": 10_000,
    "百万": 1_000_000,
    "亿": 100_000_000,
}

_NUMBER = re.compile(
    r"(?P<value>\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?P<multiple>\s?(?:百万|万|亿|千|thousand|million|billion|trillion)|[kK](?![A-Za-z0-9]))?"
    r"(?P<unit>\s?(?:%|percent(?:age)?(?: points?)?|个?百分点|points?\b|pp\b|"
    r"[x×](?![A-Za-z0-9])|times\b|-?fold\b|倍))?",
    re.IGNORECASE,
)
_CHINESE = re.compile(
    r"(?P<percent>百分之)?(?P<value>[零一二两三四五六七八九十百千]+)(?P<multiple>[万亿])?(?P<unit>倍|个百分点|成|半)?"
)
_WORD = re.compile(
    rf"\b(?:(?P<tens>{'|'.join(_TENS)})[- ](?P<ones>{'|'.join(_UNITS)})|(?P<word>{'|'.join(_WORDS)}))\b"
    r"(?:[- ]?(?P<unit>times|fold|percent))?",
    re.IGNORECASE,
)
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
        if match["word"]:
            value, hard = float(_WORDS[match["word"].lower()]), unit != ""
        else:
            value, hard = float(_TENS[match["tens"].lower()] + _UNITS[match["ones"].lower()]), True
        found.append(Figure(value, unit, match.start(), match.end(), hard))
    for match in _CHINESE.finditer(text):
        value = _chinese_value(match["value"])
        counted = match["percent"] or match["unit"] or match["multiple"] or _COUNTED.match(text, match.end())
        if not counted or (value == 1 and not match["unit"]):
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
    """Whether two figures say the same: equal values, and units that do not contradict each other.

    "Twice" and "by 100%", "halved" and "by 50%" are left alone: they are not the same words.
    """
    if one.unit and other.unit and one.unit != other.unit:
        return False
    return abs(one.value - other.value) <= 1e-9 * max(abs(one.value), abs(other.value))


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


def _chinese_value(written: str) -> float:
    total, current = 0, 0
    for character in written:
        if character in _CHINESE_DIGITS:
            current = _CHINESE_DIGITS[character]
        else:
            total += (current or 1) * _CHINESE_UNITS[character]
            current = 0
    return float(total + current)
