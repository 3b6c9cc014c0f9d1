"""Card texts as they survive their export, LaTeX, Markdown and all, to readable words; figures stay."""

import re
from functools import lru_cache

from vectorstore.latex_scan import spoken
from vectorstore.latex_tables import LOST, LOST_IN_MATH
from vectorstore.rewrap import rewrapped

# A control character that was a backslash and a letter: \alpha, \beta, \frac, \varepsilon.
_CONTROL = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v"}
_LOST_CONTROL = re.compile(r"[\a\b\f\v](?=[a-z])")
_LOST = re.compile(rf"[ \t\n]?(?<![A-Za-z\\])({'|'.join(LOST)})(?![A-Za-z])")
_LOST_IN_MATH = re.compile(rf"(?<=\$)[ \t\n]+({'|'.join(LOST_IN_MATH)})(?![A-Za-z])")
_LOST_STYLE = re.compile(r"[ \t]?(?<![A-Za-z\\])(ext(?:bf|it|tt|sc|rm|sf|normal)?)(?=\{)")
_LOST_BACKSLASH = re.compile(r"(?<![A-Za-z\\])(math(?:rm|bf|cal|bb|it|sf|tt)|text(?:bf|it|tt|sc|rm|sf)?)(?=\{)")
_DOUBLED = re.compile(r"(?<!\\)\\{2,}+(?=[A-Za-z%$&#_{}])")
_TIE = re.compile(r"(?<=[\w.,;:)\]}])~(?=[\w\\$(\[{])|~(?=https?://|\\url)")
_RANGE = re.compile(r"(?:^|[\s(\u3400-\u9fff])[$]?[+-]?\d[\d.,]*[%A-Za-z]{0,3}$")

_STARS = re.compile(r"(?<!\*)(\*{2,})(?!\*)")
_STARRED = re.compile(r"(?<![A-Za-z0-9_*\\])\*(?=[^\s*])([^*\n]{1,300}?)(?<=[^\s*])\*(?![A-Za-z0-9_*])")
_UNDERLINED = re.compile(r"(?<![\w/.])_(?=[^\s_])([^_\n]{1,300}?)(?<=[^\s_])_(?!\w)")
_BOLD = re.compile(r"(?<!\w)__(?=[^\s_])([^_\n]{1,300}?)(?<=[^\s_])__(?!\w)")
_DASHES = re.compile(r"(?<=[^\s-])(---?)(?=[^\s-])|(?<=\s)(---?)(?=\s)")
_CODE = re.compile(r"(?<!`)`([^`'\n]{1,200})`(?!`)")
_QUOTED = re.compile(r"(?<![`\w])`([^`'\n]{1,200})'(?!\w)")
_LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\((https?://[^\s()]{1,300})\)")
_BLANKS = re.compile(r"[ \t\u00a0]+")
_INVISIBLE = str.maketrans(
    dict.fromkeys("\u00ad\u200b\u2060\ufeff", "") | {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"}
)
_PLAIN = re.compile(r"[^\\$~{}^_*`\[\n\a\b\f\v\u00ad\u200b\u2060\ufeffﬀ-ﬄ]*")
_LONGEST_KEPT = 4_000


def readable(text: str) -> str:
    """The words of a field as a person would read them.

    Args:
        text: a stored field or a span of one; anything is accepted.

    Returns:
        The text without LaTeX and Markdown marks, hard line wraps undone; every figure is still there.
        Text that had neither comes back as it was, runs of blanks apart. Linear in the text's length.
    """
    return _kept(text) if len(text) <= _LONGEST_KEPT else _readable(text)


def _readable(text: str) -> str:
    if not _PLAIN.fullmatch(text) or "- " in text or "--" in text or "ext" in text or _LOST.search(text):
        text = text.translate(_INVISIBLE)
        text = _repaired(text)
        text = _TIE.sub(_tied, text)
        if "\\" in text or "$" in text or "{" in text or "}" in text:
            text = spoken(text)
        text = _unmarked(text)
        text = rewrapped(text)
    return _BLANKS.sub(" ", text).strip()


_kept = lru_cache(maxsize=16_384)(_readable)


def _repaired(text: str) -> str:
    """Put back the backslashes that an export took for control characters or doubled."""
    text = _LOST_CONTROL.sub(lambda found: _CONTROL[found[0]], text)
    text = _LOST_IN_MATH.sub(lambda found: "\\" + LOST_IN_MATH[found[1]], text)
    text = _LOST.sub(lambda found: "\\" + LOST[found[1]], text)
    text = _LOST_STYLE.sub(r"\\t\1", text)
    text = _LOST_BACKSLASH.sub(r"\\\1", text)
    return _DOUBLED.sub(r"\\", text)


def _tied(found: re.Match[str]) -> str:
    """A tie is a blank, but between two amounts a tilde means 'to'."""
    before = found.string[max(0, found.start() - 16) : found.start()]
    after = found.string[found.end()]
    return "~" if after.isdigit() and _RANGE.search(before) else " "


def _unmarked(text: str) -> str:
    """Drop Markdown's marks and LaTeX's quotes."""
    if "*" in text:
        text = _STARS.sub(_star, text)
        text = _STARRED.sub(r"\1", text)
    if "--" in text:
        text = _DASHES.sub(lambda found: "—" if len(found[0]) == 3 else "–", text)
    if "_" in text:
        text = _BOLD.sub(r"\1", text)
        text = _UNDERLINED.sub(r"\1", text)
    if "](" in text:
        text = _LINK.sub(lambda link: link[1] if link[1] == link[2] else f"{link[1]} ({link[2]})", text)
    if "`" in text:
        if "``" in text:
            text = text.replace("``", '"').replace("''", '"')
        text = _QUOTED.sub(r"'\1'", text)
        text = _CODE.sub(r"\1", text)
    return text


def _star(found: re.Match[str]) -> str:
    """Runs of stars mark bold and italic; between two numbers, or alone, they are meant."""
    before = found.string[max(0, found.start() - 1) : found.start()]
    after = found.string[found.end() : found.end() + 1]
    meant = (before.isdigit() and after.isdigit()) or (not before.strip() and not after.strip())
    return found[0] if meant else ""
