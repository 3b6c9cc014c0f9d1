"""Weighs what the rules see of a claim together with what a network that reads makes of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.names import looks_like_name

# Passages that the network is offered, as in its training; it takes as many as fit.
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
        read: log odds that passages support a claim, from (claim, passages, best first), all readable.
        weights: how its judgement is weighed with the rules'.
    """

    read: Callable[[str, Sequence[str]], float]
    weights: Together


def method_name(title: str) -> str:
    """The name that a card's method goes by: what stands before the colon of its title; empty where that is no name."""
    name = title.partition(":")[0].strip()
    return name if looks_like_name(name) else ""


def introduced(name: str, passages: Sequence[str]) -> list[str]:
    """Passages of one card, the first with the name its method goes by, which claims use and sentences often do not."""
    return [f"{name}: {passages[0]}", *passages[1:]] if name and passages and name not in passages[0] else [*passages]
