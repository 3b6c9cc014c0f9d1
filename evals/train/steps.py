"""Draws what the network sees in one step: all claims of some cards, true and false ones side by side."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from evals.train.examples import Example


@dataclass(frozen=True)
class Recipe:
    """How the network is trained.

    Args:
        epochs: how often every claim is seen.
        cards: whose claims are seen in one step.
        rate, head_rate: highest learning rates of the layers and of the head.
        apart: what it counts that a card's true claims stand above its false ones.
        seed: source of all chance but where the head begins, so that runs differ in what they saw alone.
    """

    epochs: int = 3
    cards: int = 3
    rate: float = 1.2e-4
    head_rate: float = 5e-4
    apart: float = 0.5
    seed: int = 0


class Steps:
    """Draws the steps; with the seed, a step's number fixes all of it.

    Args:
        examples: those held out are left out.
        recipe: how.
    """

    def __init__(self, examples: Sequence[Example], recipe: Recipe) -> None:
        self._recipe = recipe
        groups: dict[str, list[Example]] = defaultdict(list)
        for one in examples:
            if not one.held_out:
                groups[one.card].append(one)
        self._groups = list(groups.values())
        self.each_epoch = -(-len(self._groups) // recipe.cards)

    def draw(self, number: int) -> list[list[Example]]:
        """The claims of the step of that number, from 0, by card."""
        order = list(range(len(self._groups)))
        random.Random(self._recipe.seed * 7_919 + number // self.each_epoch).shuffle(order)  # noqa: S311
        start = number % self.each_epoch * self._recipe.cards
        return [self._groups[place] for place in order[start : start + self._recipe.cards]]
