"""Whether a card mentions a term: exact over whole words, spelling of blanks and hyphens aside."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from vectorstore.cards import FIELDS, PaperCard
from vectorstore.latex import readable

_GAP = re.compile(r"[\s\-_]+")


def mention_of(term: str) -> Callable[[PaperCard], bool]:
    """A test for cards that mention a term.

    A mention stands in a tag or any text field, in any case, blank, hyphen and underscore being the
    same, and touches no further ASCII letter or digit: `GenEval` is mentioned by `GenEval++`, `AIME`
    is not by `AIME24`. A term of blanks and hyphens alone is mentioned by none.
    """
    parts = [re.escape(part) for part in _GAP.split(_fold(term)) if part]
    if not parts:
        return lambda card: False
    pattern = re.compile(r"(?<![a-z0-9])" + r"[\s\-_]+".join(parts) + r"(?![a-z0-9])")

    def stands_in(card: PaperCard) -> bool:
        texts = [*card.tags, *(card.text(field) for field in FIELDS)]
        return any(pattern.search(form) for text in texts for form in _forms(text))

    return stands_in


@lru_cache(maxsize=16_384)
def _forms(text: str) -> tuple[str, ...]:
    """A text as it stands and as it reads, folded; once where they are the same."""
    return tuple(dict.fromkeys((_fold(text), _fold(readable(text)))))


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
