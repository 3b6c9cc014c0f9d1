"""Figures in text, read without any of the assistant's own code: what the suite checks the assistant's check with."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_LATEX_COMMAND = re.compile(r"\\(?:[A-Za-z]+|\s)")
_LATEX_SIGN = re.compile(r"\{,\}|[\\{}$]")
_PERCENT_AFTER = re.compile(
    r"(?:\s*[-–—~至到]\s*\d+(?:\.\d+)?)?\s*(?:%|percent(?:age points?)?\b|个?百分点)", re.IGNORECASE
)
_PERCENT_BEFORE = re.compile(r"百分之\s*$")
_MULTIPLE = re.compile(
    r"\s?(?:(?P<thousand>k(?![A-Za-z])|thousand\b|千)|(?P<wan>万)|(?P<yi>亿)"
    r"|(?P<million>M(?![A-Za-z])|million\b|百万)|(?P<billion>B(?![A-Za-z])|billion\b)"
    r"|(?P<trillion>T(?![A-Za-z])|trillion\b|万亿))"
)
_TIMES = {
    "thousand": 1_000,
    "wan": 10_000,
    "yi": 100_000_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "trillion": 1_000_000_000_000,
}
# A letter, or a letter and a hyphen, in front makes digits part of a name.
_IN_NAME = re.compile(r"(?:[A-Za-z]-?|\d[.]?)$")


@dataclass(frozen=True)
class Amount:
    """One figure by value.

    Args:
        digits: as written.
        value: with the multiple that follows it: 2500000 for `2.5M` and for `250万`.
        percent: it is a percentage.
    """

    digits: Decimal
    value: Decimal
    percent: bool


def plain(text: str) -> str:
    """Text with full-width forms folded, LaTeX's commands and signs and thousands separators gone."""
    folded = _LATEX_COMMAND.sub(" ", unicodedata.normalize("NFKC", text))
    return _GROUPED.sub("", _LATEX_SIGN.sub(lambda match: "," if match[0] == "{,}" else "", folded))


def written(text: str) -> set[tuple[str, bool]]:
    """Every figure as it is written, and whether it is a percentage; digits inside names count too.

    `14.40 %`, `14.4%` and `百分之14.4` are one figure, `14.4` is another; both ends of `18-28%` are percentages.
    """
    readable = plain(text)
    return {(_trimmed(match[0]), _is_percentage(readable, match)) for match in _NUMBER.finditer(readable)}


def amounts(text: str, *, in_names: bool = True) -> list[Amount]:
    """The figures of a text by value, in order.

    Args:
        text: anything.
        in_names: also the digits of names (the 5 of `GPT-5`).
    """
    readable = plain(text)
    found = []
    for match in _NUMBER.finditer(readable):
        if not in_names and _IN_NAME.search(readable[max(0, match.start() - 3) : match.start()]):
            continue
        value = Decimal(match[0])
        multiple = _MULTIPLE.match(readable, match.end())
        times = _TIMES[multiple.lastgroup] if multiple is not None and multiple.lastgroup is not None else 1
        found.append(Amount(value.normalize(), (value * times).normalize(), _is_percentage(readable, match)))
    return found


def _trimmed(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def _is_percentage(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 8) : match.start()]
    return bool(_PERCENT_AFTER.match(text, match.end()) or _PERCENT_BEFORE.search(before))
