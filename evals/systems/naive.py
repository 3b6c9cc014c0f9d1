"""The check that anyone would write first: every figure and every name of a claim stands somewhere in the card."""

import re
import time

from assistant.types import Verdict
from evals import figures
from evals.datasets.models import AnyItem, LabelledClaim
from evals.results import Outcome, SystemInfo
from evals.systems import Bench
from evals.systems.text import card_text

# A word with a digit or a second capital in it is taken for a name.
_NAME = re.compile(r"[A-Za-z][\w-]*(?:[A-Z0-9][\w-]*)")


class NaiveCheck:
    """Accepts a claim whose figures and names all stand in its card."""

    def __init__(self, bench: Bench) -> None:
        self.info = SystemInfo(
            name="naive-check",
            title="naive check",
            role="baseline",
            description="Accepts a claim whose figures and names all stand somewhere in the card.",
        )
        self._bench = bench

    def prepare(self) -> None:
        """Nothing to make ready."""

    def ask(self, item: AnyItem) -> Outcome:
        """Check a claim against its card."""
        if not isinstance(item, LabelledClaim):
            raise TypeError(f"{item.id} is no claim")
        began = time.perf_counter()
        text = card_text(self._bench.cards[item.card])
        folded = text.casefold()
        stand = figures.written(item.claim) <= figures.written(text)
        stand = stand and all(name.casefold() in folded for name in _NAME.findall(item.claim))
        return Outcome(
            task="verify",
            system=self.info.name,
            item=item.id,
            verdict=Verdict(supported=stand, reason="" if stand else "a figure or a name stands nowhere in the card"),
            seconds=time.perf_counter() - began,
        )
