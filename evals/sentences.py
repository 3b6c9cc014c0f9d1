"""What an answer shows: its sentences, each with the citations that it carries."""

import re
from dataclasses import dataclass

_MARKER = re.compile(r"\[(\d{1,4})\]")
_MARKERS = re.compile(r"(?:\s*\[\d{1,4}\])+")
# A marker that follows an end of sentence belongs to the sentence before it, so only what has none is cut here.
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\u3400-\u9fff“\"'(])|(?<=[。！？])\s*(?=\S)|\n+")


@dataclass(frozen=True)
class Shown:
    """One sentence of an answer, without its markers, and the numbers they hold."""

    text: str
    markers: tuple[int, ...]


def shown(text: str) -> list[Shown]:
    """The sentences of an answer's Markdown, in order.

    A stretch of text belongs to the markers at its end. In a stretch without markers every sentence
    stands alone, since nothing is said to carry it.

    Args:
        text: an answer as it is shown.
    """
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
