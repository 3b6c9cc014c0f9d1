"""Lines of at most so many columns, for text that mixes English and Chinese."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

_WIDE = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff01-\uffef\U00020000-\U0003ffff"
_OPENING = "“‘《〈「『【〔(["
_CLOSING = "”’》〉」』】〕),。、;:!?,.;:!?)\\]%"
# What stays on one line: blanks, a Chinese character with the punctuation that holds on to it, or a run of
# anything else; a figure or a name is never cut in two.
_PIECE = re.compile(rf"\s+|[{re.escape(_OPENING)}]*[{_WIDE}][{_CLOSING}]*|[^\s{_WIDE}]+[{_CLOSING}]*", re.DOTALL)


def wrapped(text: "Text", width: int) -> list["Text"]:
    """Break a text into lines, between words or between Chinese characters.

    Args:
        text: styled; its own line feeds stay.
        width: columns, where a Chinese character takes two; a single longer piece sticks out.
    """
    from rich.cells import cell_len

    lines: list[Text] = []
    for paragraph in text.split("\n", allow_blank=True):
        cuts, used = [], 0
        for piece in _PIECE.finditer(paragraph.plain):
            columns = cell_len(piece[0])
            if used and used + columns > width and not piece[0].isspace():
                cuts.append(piece.start())
                used = 0
            used += columns
        for line in paragraph.divide(cuts):
            line.rstrip()
            lines.append(line)
    return lines
