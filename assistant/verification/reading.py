"""Weighs what the rules see of a claim together with what a network that reads makes of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Passages that the network is shown, as in its training.
SHOWN = 6


@dataclass(frozen=True)
class Together:
    """The weights that `python -m evals.train combine` finds, on the scale of the rules' own score.

    Args:
        rules: for the rules' score.
        reading, reading_zh: for the network's log odds, and what is added for Chinese claims.
        chinese: added for Chinese claims.
        bias: such that 0 is the accepting line.
        unsure_above: down to here the quote is shown instead.
    """

    rules: float
    reading: float
    reading_zh: float
    chinese: float
    bias: float
    unsure_above: float

    def score(self, rules: float, reading: float, *, chinese: float) -> float:
        """The weighted sum.

        Args:
            rules: what the rules make of the claim.
            reading: what the network makes of it.
            chinese: 1 for a Chinese claim, else 0.
        """
        read = (self.reading + self.reading_zh * chinese) * reading
        return self.bias + self.rules * rules + read + self.chinese * chinese


@dataclass(frozen=True)
class Reader:
    """A network, and how much it counts.

    Args:
        read: log odds that passages support a claim, from (claim, titles of its cards, passages, best first), all
            readable.
        weights: how its judgement is weighed with the rules'.
    """

    read: Callable[[str, Sequence[str], Sequence[str]], float]
    weights: Together
