"""The wording of a question made clean, and the text of a message."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assistant.inert import visible

# The cards whose own method a text names, with how surely; and the titles of cards, by id.
Named = Callable[[str], Mapping[str, float]]
Titles = Callable[[Sequence[str]], Mapping[str, str]]

LONGEST = 4_000


def clean(text: str) -> str:
    """A question without characters that do not show, folded to one form of each, at most 4,000 characters."""
    folded = unicodedata.normalize("NFKC", visible(text[: 4 * LONGEST].replace("\u00ad", "")))
    return visible(folded)[:LONGEST]


def words_of(message: Mapping[str, Any]) -> str:
    """The text of a message; its content may be a list of parts, of which some are text."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return " ".join(str(part.get("text") or "") for part in parts if isinstance(part, Mapping))
