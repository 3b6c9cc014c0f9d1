"""Whether a card mentions a term: exact over whole words, spelling of blanks and hyphens aside."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from vectorstore.cards import FIELDS, PaperCard
from vectorstore.latex import readable

_GAP = re.compile(r"[\s\-_]+")
# Stands between the texts of a card: no term goes from one into the next.
_BETWEEN = "\x00"


def mention_of(term: str) -> Callable[[PaperCard], bool]:
    """A test for cards that mention a term.

    A mention stands in a tag or any text field, in any case, blank, hyphen and underscore being the
    same, and touches no further ASCII letter or digit: `GenEval` is mentioned by `GenEval++`, `AIME`
    is not by `AIME24`. A term of blanks and hyphens alone is mentioned by none.
    """
    stands_in = mention_in(term)
    return lambda card: any(stands_in(form) for text in _texts(card) for form in _forms(text))


def mention_in(term: str) -> Callable[[str], bool]:
    """The same test for a text as `folded` or `folded_card` gives it."""
    parts = _parts(term)
    if not parts:
        return lambda text: False
    pattern = re.compile(r"(?<![a-z0-9])" + r"[\s\-_]+".join(map(re.escape, parts)) + r"(?![a-z0-9])")
    # Looking for a plain string first is what makes a search of all cards quick.
    longest = plainest(term)
    return lambda text: longest in text and pattern.search(text) is not None


def plainest(term: str) -> str:
    """What every text that mentions a term holds as it is, in `folded` form; empty where nothing mentions it."""
    return max(_parts(term), key=len, default="")


def _parts(term: str) -> list[str]:
    return [part for part in _GAP.split(_fold(term)) if part]


def folded(text: str) -> str:
    """One text as it stands and as it reads, ready for `mention_in`."""
    return _BETWEEN.join(_forms(text))


def folded_card(card: PaperCard) -> str:
    """All that a card's mentions are looked for in, ready for `mention_in`."""
    return _BETWEEN.join(form for text in _texts(card) for form in _forms(text))


def _texts(card: PaperCard) -> list[str]:
    return [*card.tags, *(card.text(field) for field in FIELDS)]


@lru_cache(maxsize=16_384)
def _forms(text: str) -> tuple[str, ...]:
    """A text as it stands and as it reads, folded; once where they are the same."""
    return tuple(dict.fromkeys((_fold(text), _fold(readable(text)))))


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
