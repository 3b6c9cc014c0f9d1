"""LaTeX cut into tokens, and which of them belong together."""

import re

_TOKEN = re.compile(r"\\(?:[A-Za-z]+\*?|.|$)|[{}$^_\[\]]|[^\\{}$^_\[\]]+", re.DOTALL)
_LONGEST_FORMULA = 600
_MATH_SIGN = re.compile(r"[\\^_{}=<>≈×]")
_PROSE_PRICE = re.compile(r"\d.*(?:[a-z]{3,}|[-–—/,(]$|\s$)", re.DOTALL)


def tokens_of(text: str) -> list[str]:
    """Commands, single signs of LaTeX, and the words between them; joined they are the text."""
    return _TOKEN.findall(text)


def pairs(tokens: list[str]) -> dict[int, int]:
    """Where each brace and each bracket closes."""
    close: dict[int, int] = {}
    stacks: dict[str, list[int]] = {"{": [], "[": []}
    for place, part in enumerate(tokens):
        if part in stacks:
            stacks[part].append(place)
        elif part in ("}", "]"):
            stack = stacks["{" if part == "}" else "["]
            if stack:
                close[stack.pop()] = place
    return close


def formulas(tokens: list[str]) -> set[int]:
    """The dollars that open or close a formula; the others are prices and the like."""
    found: set[int] = set()
    opens: int | None = None
    for place, part in enumerate(tokens):
        if part != "$":
            continue
        if opens is None:
            opens = place
        elif place == opens + 1 or _is_formula("".join(tokens[opens + 1 : place])):
            found |= {opens, place}
            opens = None
        else:
            opens = place
    return found


def _is_formula(inside: str) -> bool:
    if len(inside) > _LONGEST_FORMULA or "\n\n" in inside:
        return False
    if _MATH_SIGN.search(inside):
        return not (inside[0].isdigit() and inside[-1].isspace())
    return not (inside[0].isspace() or inside[-1].isspace() or _PROSE_PRICE.match(inside))
