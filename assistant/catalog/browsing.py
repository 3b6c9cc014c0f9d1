"""The cards as a reader goes through them: some rows at a time, narrowed by words, a category and a tag."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.types import CardPage, CardRow, Filters
from vectorstore.cards import PaperCard
from vectorstore.latex import readable

if TYPE_CHECKING:
    from assistant.catalog.holdings import Holdings

_GAP = re.compile(r"[\s\-_]+")
_LONGEST_SUMMARY = 400
_MOST_WORDS = 20


class Browsing:
    """Looks through what a collection holds.

    Args:
        holdings: its cards at one revision.
    """

    def __init__(self, holdings: "Holdings") -> None:
        self._holdings = holdings

    def page(self, words: str = "", *, filters: Filters | None = None, start: int = 0, size: int = 60) -> CardPage:
        """Some of the cards, in the collection's order.

        Args:
            words: each stands in the card's row: its id, title, tags or summary, as a whole or as the beginning, middle
                or end of a word.
            filters: which cards there may be.
            start, size: of those cards, from which on and how many.
        """
        among = self._holdings.within(filters or Filters())
        wanted = _folded(words).split()[:_MOST_WORDS]
        if wanted:
            headed = self._holdings.headed(wanted)
            among = [card for card in among if card.id in headed]
        rows = [_row(card) for card in self._holdings.read(among[start : start + size])]
        return CardPage(rows=rows, found=len(among), total=len(self._holdings.cards))

    def rows(self, card_ids: Sequence[str]) -> list[CardRow]:
        """The rows of some cards, in their order, those that exist."""
        known = self._holdings.by_id
        return [_row(card) for card in self._holdings.read([known[each] for each in card_ids if each in known])]

    def categories(self) -> list[tuple[str, int]]:
        """The categories with their numbers of cards, largest first."""
        return Counter(card.category for card in self._holdings.cards).most_common()

    def tags(self, most: int) -> list[tuple[str, int]]:
        """The tags that most cards have, with how many."""
        return Counter(tag for card in self._holdings.cards for tag in card.tags).most_common(most)


def heading_of(card: PaperCard) -> str:
    """What `Browsing.page` looks for words in."""
    row = _row(card)
    return _folded(" ".join([row.card_id, row.title, row.summary, *row.tags]))


def _row(card: PaperCard) -> CardRow:
    stored = card.tldr or card.abstract or card.method
    cut = stored if len(stored) <= _LONGEST_SUMMARY else f"{stored[:_LONGEST_SUMMARY]}…"
    return CardRow(
        card_id=card.id,
        title=readable(card.title),
        category=card.category,
        tags=[readable(tag) for tag in card.tags],
        summary=readable(cut),
    )


def _folded(text: str) -> str:
    return _GAP.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()
