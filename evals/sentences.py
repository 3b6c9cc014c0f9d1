"""What an answer shows: its sentences, each with the citations that it carries."""

import re
from dataclasses import dataclass

_MARKER = re.compile(r"\[(\d{1,4})\]")
_MARKERS = re.compile(r"(?:\s*\[\d{1,4}\])+")
# A marker that follows an end of sentence belongs to the sentence before it, so only what has none is cut here.
# The name of a paper before a line, or the heading of a group.
_LABEL = re.compile(r"^(?:- )?\*\*[^*]+\*\*\s*[:：]?\s*")
_CELL = re.compile(r"(?<!\\)\|")
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\u3400-\u9fff“\"'(])|(?<=[。！？])\s*(?=\S)|\n+")


@dataclass(frozen=True)
class Shown:
    """One sentence of an answer, without its markers, and the numbers they hold."""

    text: str
    markers: tuple[int, ...]


def shown(text: str) -> list[Shown]:
    """The sentences of an answer's Markdown, in order; of a table the cells.

    A stretch of text belongs to the markers at its end. In a stretch without markers every sentence
    stands alone, since nothing is said to carry it.

    Args:
        text: an answer as it is shown.
    """
    return [one for piece in _pieces(text) for one in _sentences(piece)]


def _pieces(text: str) -> list[str]:
    """The text in parts that no sentence runs across; the names and headings before them are left out."""
    lines = text.split("\n")
    if not any(line.startswith(("|", "- ", "**")) for line in lines):
        return [text]
    found = []
    for line in lines:
        if not line.startswith("|"):
            found.append(_LABEL.sub("", line))
        elif any(_MARKER.search(cell) for cell in _CELL.split(line)):
            # The first cell is the row's heading, and a cell without a marker says that the card is silent.
            found += [cell.replace("\\|", "|") for cell in _CELL.split(line) if _MARKER.search(cell)]
    return found


def _sentences(text: str) -> list[Shown]:
    found: list[Shown] = []
    start = 0
    for match in _MARKERS.finditer(text):
        stretch = text[start : match.start()]
        start = match.end()
        numbers = tuple(dict.fromkeys(int(number) for number in _MARKER.findall(match[0])))
        if _says_something(stretch):
            found.append(Shown(_tidy(stretch), numbers))
        elif found:
            last = found[-1]
            found[-1] = Shown(last.text, tuple(dict.fromkeys((*last.markers, *numbers))))
    found += [Shown(_tidy(piece), ()) for piece in _END.split(text[start:]) if _says_something(piece)]
    return found


def _says_something(text: str) -> bool:
    return bool(re.search(r"\w", text))


def _tidy(text: str) -> str:
    return " ".join(text.split()).lstrip(".。;；,， ").strip()
