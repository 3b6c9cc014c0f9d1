"""Whether a card mentions a term: exact over whole words, spelling of blanks and hyphens aside."""

import re
import unicodedata
from collections.abc import Callable

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
        return any(pattern.search(_fold(text)) or pattern.search(_fold(readable(text))) for text in texts)

    return stands_in


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
