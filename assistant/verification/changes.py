"""Changes "from 14.4% to 3.6%": one that a claim gives the other way round is not what the card says."""

import re
from collections.abc import Iterable

_NUMBER = r"(\d[\d.,]*)\s?(?:%|个百分点|[kKMBT万亿×x倍])?"
_CHANGES = (
    re.compile(rf"\bfrom\b[^.;,]{{0,40}}?{_NUMBER}[^.;]{{0,40}}?\bto\b[^.;,]{{0,30}}?{_NUMBER}"),
    re.compile(
        rf"[由从][^,，;；。]{{0,25}}?{_NUMBER}[^,，;；。\d]{{0,25}}?[降升提增减到至变][^,，;；。\d]{{0,10}}?{_NUMBER}"
    ),
)


def turned_round(claim: str, lines: Iterable[str]) -> tuple[str, str] | None:
    """The two ends of a change that a claim has, and that the lines have the other way round only.

    Args:
        claim, lines: texts that went through `figures.plain`.
    """
    given = {change for line in lines for change in _changes(line)}
    return next((change for change in _changes(claim) if change not in given and (change[1], change[0]) in given), None)


def _changes(text: str) -> list[tuple[str, str]]:
    found = [(match[1], match[2]) for pattern in _CHANGES for match in pattern.finditer(text)]
    return [(_plain(before), _plain(after)) for before, after in found]


def _plain(number: str) -> str:
    number = number.replace(",", "").rstrip(".")
    return number.rstrip("0").rstrip(".") if "." in number else number
