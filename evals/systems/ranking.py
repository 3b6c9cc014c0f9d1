"""What all systems that rank cards share: a clock, and the passages of a card folded into one place."""

import time
from collections.abc import Iterable

from evals.datasets.models import AnyItem
from evals.metrics.ranking import DEPTH
from evals.results import FoundCard, Outcome, SystemInfo


class Ranker:
    """A system that ranks cards; a subclass gives `_prepared` and `rank`.

    Args:
        info: who it is.
    """

    def __init__(self, info: SystemInfo) -> None:
        self.info = info

    def prepare(self) -> None:
        """Nothing to make ready."""

    def rank(self, question: str) -> list[FoundCard]:
        """The cards for a question, best first."""
        raise NotImplementedError

    def ask(self, item: AnyItem) -> Outcome:
        """Rank the cards for a question; of a conversation only the last question is seen."""
        began = time.perf_counter()
        found = self.rank(item.asked)
        seconds = time.perf_counter() - began
        return Outcome(task="search", system=self.info.name, item=item.id, found=found[:DEPTH], seconds=seconds)


def by_card(scored: Iterable[tuple[str, float]]) -> list[FoundCard]:
    """Cards in the order of their best passage.

    Args:
        scored: (card id, score) of passages, best first.
    """
    best: dict[str, float] = {}
    for card_id, score in scored:
        best.setdefault(card_id, score)
    return [FoundCard(card_id=card_id, score=round(score, 4)) for card_id, score in best.items()]
