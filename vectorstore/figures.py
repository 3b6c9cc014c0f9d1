"""Figures in English and Chinese text: their value, whatever their spelling, and where they stand."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

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
_ROUND = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
# Said of an amount, each is a figure of its own: "twice", "halved", "a dozen".
_SAID: dict[str, tuple[float, str]] = (
    dict.fromkeys("half halve halves halved halving".split(), (0.5, ""))
    | dict.fromkeys("twice double doubles doubled doubling".split(), (2, "x"))
    | dict.fromkeys("thrice triple triples tripled tripling".split(), (3, "x"))
    | dict.fromkeys("quadruple quadruples quadrupled quadrupling".split(), (4, "x"))
    | {"dozen": (12, "")}
)
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8}
_PARTS |= {"ninth": 9, "tenth": 10, "hundredth": 100, "thousandth": 1_000}
_CHINESE_DIGITS = {"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_CHINESE_UNITS = {"十": 10, "百": 100, "千": 1000}
MULTIPLES = {
    "k": 1_000,
    "thousand": 1_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "trillion": 1_000_000_000_000,
    "m": 1_000_000,
    "b": 1_000_000_000,
    "t": 1_000_000_000_000,
    "千": 1_000,
    "万": 10_000,
    "百万": 1_000_000,
    "千万": 10_000_000,
    "亿": 100_000_000,
    "十亿": 1_000_000_000,
    "万亿": 1_000_000_000_000,
}

_NUMBER = re.compile(
    r"(?P<percent>百分之)?"
    r"(?P<value>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?P<multiple>\s?(?:[百千]万|[十万]?亿|万|千|(?i:thousand|million|billion|trillion)(?![A-Za-z]))|[kKMBTb](?![A-Za-z0-9]))?"
    r"(?P<unit>\s?(?:%|(?i:percent(?:age)?(?: points?)?)|个?百分点|points?(?![A-Za-z])|pp(?![A-Za-z])|"
    r"[xX×](?![A-Za-z0-9])|times(?![A-Za-z])|-?fold(?![A-Za-z])|倍))?",
)
_CHINESE = re.compile(
    r"(?P<percent>百分之)?(?P<value>[零一二两三四五六七八九十百千]+(?:点[零一二三四五六七八九]+)?)(?P<multiple>[万亿]+)?"
    r"(?P<unit>倍|个百分点|番|成(?P<tenths>[一二三四五六七八九])?|半|分之(?P<over>[一二两三四五六七八九十]+))?"
)
# A word may touch Chinese, which `\b` takes for more of it.
_END = r"(?![A-Za-z])"
_ROUNDED = rf"(?:{'|'.join(_ROUND)}){_END}"
_SMALL = rf"(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_UNITS)}){_END})?|{'|'.join([*_TEENS, *_UNITS])})"
_RUN = rf"(?:{_SMALL}[- ])?{_ROUNDED}(?:(?: and |[- ])(?:{_SMALL}{_END}(?:[- ]{_ROUNDED})?|{_ROUNDED}))*|{_SMALL}"
_WORD = re.compile(
    rf"(?<![A-Za-z])(?:(?:(?P<over>an?|one|two|three|four)[- ](?P<part>{'|'.join(_PARTS)})s?"
    rf"|(?P<run>{_RUN})|(?P<said>{'|'.join(_SAID)})){_END}(?:[- ]?(?P<unit>times|fold|percent){_END})?"
    rf"|(?P<times>{_SMALL}|{'|'.join(_ROUND)})fold{_END})",
    re.IGNORECASE,
)
_LITERAL = re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?")
_TO = re.compile(r"\s?(?:-|–|—|~|to|到|至)\s?")
_TOKEN_BEFORE = re.compile(r"[A-Za-z0-9._@+-]+$", re.ASCII)
_UNIT_LETTERS = frozenset("x k m b t gb mb ms s h percent percentage fold pp d points point times pt".split())
# What a Chinese numeral must touch to count things; 一些, 统一 and 三元组 are words.
_COUNTED = re.compile(
    r"\s*(?:倍|个|种|项|类|篇|次|步|层|位|名|条|张|组|阶段|大|维|轮|万|亿|成|年|天|小时|分之|款|套|家|部分|方面|点)"
)


@dataclass(frozen=True)
class Figure:
    """One figure: its value, its kind of unit (`%`, `points`, `x` or nothing) and its place in the readable text.

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

    Digits inside a name (`GSM8K`, `Llama-2`) are part of the name, not figures, but a size at its end
    (`Qwen2.5-7B`) is one.
    """
    found: list[Figure] = []
    for match in _NUMBER.finditer(text):
        size = (match["multiple"] or "") in ("B", "b", "M") and text[match.start() - 1 : match.start()] == "-"
        if not size and _inside_name(text, match.start("value"), match.end("value")):
            continue
        value = float(match["value"].replace(",", ""))
        multiple = (match["multiple"] or "").strip().lower()
        found.append(
            Figure(
                value * MULTIPLES.get(multiple, 1),
                "%" if match["percent"] else _unit(match["unit"]),
                match.start(),
                match.end(),
                True,
            )
        )
    for match in _WORD.finditer(text):
        amount = _worded(match)
        if amount is not None:
            value, unit, hard = amount
            found.append(Figure(value, unit, match.start(), match.end(), hard))
    for match in _CHINESE.finditer(text):
        value = _chinese_value(match["value"])
        # 千万不要 is no number, 三千万 is one.
        multiple = match["multiple"] if match["value"].strip("百千") else ""
        counted = match["percent"] or match["unit"] or multiple or _COUNTED.match(text, match.end())
        if not counted or (value == 1 and not match["unit"] and not match["multiple"]):
            continue
        unit = "%" if match["percent"] else _unit(match["unit"])
        if match["over"]:
            value, unit = _chinese_value(match["over"]) / (value or 1), ""
        elif match["unit"] == "半":
            value, unit = (0.5, "") if value == 1 else (value + 0.5, "")
        elif (match["unit"] or "").startswith("成"):
            value, unit = value * 10 + _CHINESE_DIGITS.get(match["tenths"] or "", 0), "%"
        for multiple in match["multiple"] or "":
            value *= MULTIPLES[multiple]
        # A part may be said in another way: a third of the time, three times as fast.
        hard = not match["over"] and bool(match["unit"] or unit or match["multiple"])
        found.append(Figure(float(value), unit, match.start(), match.end(), hard))
    return tuple(_ranged(list(_apart(found)), text))


def _ranged(found: list[Figure], text: str) -> list[Figure]:
    """Figures with the unit that the end of a range gives its start: 10-40% begins at 10%."""
    for place, (one, other) in enumerate(pairwise(found)):
        if one.hard and not one.unit and other.unit in ("%", "x") and _TO.fullmatch(text, one.end, other.start):
            found[place] = replace(one, unit=other.unit)
    return found


def _apart(found: list[Figure]) -> Iterator[Figure]:
    """Figures in order, of any that overlap the one that begins first: the 百 of 百分之3.6 is none."""
    reached = 0
    for figure in sorted(found, key=lambda figure: (figure.start, -figure.end)):
        if figure.start >= reached:
            yield figure
            reached = figure.end


def literals(text: str) -> list[str]:
    """Every run of digits of a text, those inside names too, without thousands separators and closing zeros."""
    found = (literal.replace(",", "") for literal in _LITERAL.findall(plain(text)))
    return [literal.rstrip("0").rstrip(".") if "." in literal else literal for literal in found]


def same(one: Figure, other: Figure) -> bool:
    """Whether two figures say the same: equal values, and units that do not contradict each other.

    "Twice" and "by 100%", "halved" and "by 50%" are left alone: they are not the same words.
    """
    if one.unit and other.unit and one.unit != other.unit and {one.unit, other.unit} != {"%", "points"}:
        return False
    return abs(one.value - other.value) <= 1e-9 * max(abs(one.value), abs(other.value))


def backed(claimed: Figure, given: Figure) -> bool:
    """Whether a figure of a card carries one of a claim: the same, and a percentage where the other is one.

    Half is 50% too, and twice as much is 100% more.
    """
    if same(claimed, given):
        # "In two ways" is not "twice as much".
        return {claimed.unit, given.unit} != {"%", ""} and (given.hard or not claimed.unit)
    for one, other in ((claimed, given), (given, claimed)):
        if other.unit == "%" and (one.value, one.unit, other.value) in ((0.5, "", 50.0), (2.0, "x", 100.0)):
            return True
    return False


def _unit(written: str | None) -> str:
    unit = (written or "").strip().lower()
    if not unit:
        return ""
    if unit in ("point", "points"):
        return "points"
    return "%" if unit[0] in "%p个百" else "x"


def _inside_name(text: str, start: int, end: int) -> bool:
    """Whether digits belong to a word: one that begins with a letter, or goes on with letters that are no unit."""
    before = _TOKEN_BEFORE.search(text[max(0, start - 40) : start])
    # `Llama-2-7B` and `pass@1` are names; 1.7B-4B and 10-40% are ranges.
    if before is not None and before.group()[0].isalpha():
        return True
    after = re.match(r"[A-Za-z]+", text[end : end + 12])
    return after is not None and "." not in text[start:end] and after.group().lower() not in _UNIT_LETTERS


def _worded(match: re.Match[str]) -> tuple[float, str, bool] | None:
    """Value, unit and hardness of an English figure in words; a bare small count is soft, "one" is none."""
    if match["part"]:
        many = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4}[match["over"].lower()]
        return many / _PARTS[match["part"].lower()], "", False
    if match["times"]:
        return _count(match["times"]), "x", True
    unit = _unit(match["unit"])
    if match["said"]:
        value, said = _SAID[match["said"].lower()]
        return float(value), unit or said, match["said"].lower() != "dozen"
    value = _count(match["run"])
    if value == 1 and not unit:
        return None
    return value, unit, unit != "" or len(re.findall(r"[a-z]+", match["run"].lower())) > 1


def _count(written: str) -> float:
    """The value of "two hundred and five", "ninety-seven"."""
    total = current = 0.0
    for word in re.findall(r"[a-z]+", written.lower()):
        if word == "and":
            continue
        if word == "hundred":
            current = (current or 1) * 100
        elif word in _ROUND:
            total, current = total + (current or 1) * _ROUND[word], 0.0
        else:
            current += _UNITS.get(word) or _TEENS.get(word) or _TENS[word]
    return total + current


def _chinese_value(written: str) -> float:
    whole, _, part = written.partition("点")
    total, current = 0, 0
    for character in whole:
        if character in _CHINESE_DIGITS:
            current = _CHINESE_DIGITS[character]
        else:
            total += (current or 1) * _CHINESE_UNITS[character]
            current = 0
    decimals = "".join(str(_CHINESE_DIGITS[digit]) for digit in part)
    return float(f"{total + current}.{decimals or 0}")
