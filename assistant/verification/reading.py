"""Weighs what the rules see of a claim together with what a network that reads makes of it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import zip_longest

from assistant.names import looks_like_name
from assistant.verification.features import Line
from vectorstore.cards import PaperCard
from vectorstore.figures import plain

# Passages that the network is offered, as in its training; it takes as many as fit.
SHOWN = 6
# Log odds between which the network's lie, with room: no claim of the training or the development sets is beyond.
LOWEST, HIGHEST = -8.0, 5.5

# Log odds that passages support a claim, from the claim and the passages, best first, all readable.
Read = Callable[[str, Sequence[str]], float]


@dataclass(frozen=True)
class Lines:
    """Two lines beside the accepting one, which is at 0.

    Args:
        unsure_above: down to here the quote is shown instead.
        sure_above: from here on a card is believed that the claim did not cite.
    """

    unsure_above: float
    sure_above: float


@dataclass(frozen=True)
class Together:
    """How both are weighed, on the scale of the rules' own score; `python -m evals.train combine` finds it.

    Args:
        reading: what one unit of the network's log odds counts.
        bias: such that 0 is the accepting line.
        lines: where a claim is unsure and where it is sure.
    """

    reading: float
    bias: float
    lines: Lines

    def score(self, rules: float, reading: float) -> float:
        """The weighed sum.

        Args:
            rules: the rules' score of a claim.
            reading: the network's log odds.
        """
        return rules + self.reading * reading + self.bias


@cache
def together() -> Together:
    """The weights shipped with the package."""
    values = json.loads(files(__package__).joinpath("reading.json").read_text("utf-8"))
    return Together(values["reading"], values["bias"], Lines(values["unsure_above"], values["sure_above"]))


def shown_to_network(card: PaperCard, ranked: Sequence[Line]) -> list[str]:
    """Passages as the network reads them: with the name of the card's method, which claims use and they often do not.

    The languages take turns. A claim is always near to what is in its own, and what it says may stand in the other.

    Args:
        card: whose passages they are.
        ranked: by how much of the claim they carry, best first.
    """
    own = [line for line in ranked if line.passage.language == ranked[0].passage.language]
    other = [line for line in ranked if line.passage.language != ranked[0].passage.language]
    in_turn = [line for pair in zip_longest(own, other) for line in pair if line is not None]
    chosen = [line.text for line in in_turn[:SHOWN]]
    name = plain(card.title).partition(":")[0].strip()
    if chosen and looks_like_name(name) and name not in chosen[0]:
        chosen[0] = f"{name}: {chosen[0]}"
    return chosen
