"""Numbers passages as they are first cited, so that the same words keep their number through a whole answer."""

from collections.abc import Iterable, Mapping

from assistant.types import Citation
from vectorstore.cards import PaperCard
from vectorstore.passages import Passage


class Citations:
    """The citations of one answer in the order of their numbers.

    Args:
        cards: the cards by id.
        before: citations that the answer has already.
    """

    def __init__(self, cards: Mapping[str, PaperCard], before: Iterable[Citation] = ()) -> None:
        self._cards = cards
        self.all: list[Citation] = list(before)
        self._numbers = {(one.card_id, one.field, one.start, one.end): one.marker for one in self.all}
        self._next = max(self._numbers.values(), default=0) + 1

    def marker(self, passage: Passage) -> int:
        """The number that cites a passage."""
        key = (passage.card_id, passage.field, passage.start, passage.end)
        if key not in self._numbers:
            self._numbers[key] = self._next
            self._next += 1
            self.all.append(
                Citation(
                    marker=self._numbers[key],
                    card_id=passage.card_id,
                    title=self._cards[passage.card_id].title,
                    field=passage.field,
                    quote=passage.text,
                    start=passage.start,
                    end=passage.end,
                )
            )
        return self._numbers[key]
