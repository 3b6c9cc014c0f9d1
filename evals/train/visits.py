"""Draws what the network sees of one card in one step: statements true and false, twins side by side, questions."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from evals.train.questions import Asked
from evals.train.statements import Said, TrainingCard
from evals.train.twins import Surroundings, clause, surroundings, twin, unrelated, weakened
from vectorstore.language import language_of

_LONGEST = 400


@dataclass(frozen=True)
class Judged:
    """One text beside a card.

    Args:
        text: a statement or a question.
        truth: whether it is supported, or answered.
        shown: places of the passages it is judged by.
        twin_of: place in the visit of the true statement it was made from; -1 for none.
        weight: how much it counts.
        question: whether it is a question.
        told: whether the place of its fault is known (or it has none).
    """

    text: str
    truth: bool
    shown: Sequence[int]
    twin_of: int = -1
    weight: float = 1.0
    question: bool = False
    told: bool = False


class Visits:
    """Draws visits to training cards.

    Args:
        cards: all of them; those held out are left out.
        asked: questions by card.
        seed: source of chance.
    """

    def __init__(self, cards: Sequence[TrainingCard], asked: Mapping[str, Sequence[Asked]], seed: int) -> None:
        self.cards = [card for card in cards if not card.held_out]
        self._asked, self._seed = asked, seed
        by_id = {card.id: card for card in self.cards}
        self._around: dict[str, Surroundings] = {}
        for card in self.cards:
            others = [by_id[other] for other in card.similar if other in by_id]
            near = [said.text for other in others for said in other.said if said.source != "field" and said.supported]
            texts = [*card.passages, *(said.text for said in card.said if said.source == "wording")]
            self._around[card.id] = surroundings(texts, near, card.own_name)

    def order(self, count: int) -> list[TrainingCard]:
        """Cards to visit: every one once before any comes again."""
        draw = random.Random(self._seed)  # noqa: S311
        order: list[TrainingCard] = []
        while len(order) < count:
            order += draw.sample(self.cards, len(self.cards))
        return order[:count]

    def draw(self, card: TrainingCard, number: int, *, late: bool) -> list[Judged]:
        """What is seen at the visit of that number.

        Args:
            card: the card visited.
            number: the visit's; with the seed it fixes every choice.
            late: mostly the claims written for training, with few of the statements made by rules.
        """
        chance = random.Random(self._seed * 1_000_003 + number)  # noqa: S311
        around = self._around[card.id]
        claims = [said for said in card.said if said.source == "claims"]
        made = [said for said in card.said if said.source != "claims"]
        bases = chance.sample(made, min(len(made), 2 if late else 6))
        seen: list[Judged] = []
        for said in [*claims, *bases]:
            natural = said.source == "claims"
            seen.append(
                Judged(said.text, said.supported, said.shown, weight=1.5 if natural else 1.0, told=said.supported)
            )
            if said.supported and chance.random() < (0.5 if natural and late else 0.9):
                false = twin(said.text, around, chance)
                if false is not None:
                    seen.append(Judged(false[0], False, said.shown, len(seen) - 1, told=True))
        true = [said for said in [*claims, *bases] if said.supported]
        seen += self._combined(true, chance)
        seen += self._weakened(true, chance)
        language = chance.choice(["en", "zh"])
        strange = unrelated(language, around, chance)
        if strange and bases and not late:
            seen.append(Judged(strange, False, bases[0].shown))
        return [*seen, *self._questions(card, chance, late)]

    def _combined(self, true: Sequence[Said], chance: random.Random) -> list[Judged]:
        one, other = chance.sample(true, 2) if len(true) > 1 else (None, None)
        if one is None or other is None or language_of(one.text) != language_of(other.text):
            return []
        if len(one.text) + len(other.text) > _LONGEST:
            return []
        half = len(one.shown) // 2 + 1
        shown = list(dict.fromkeys([*one.shown[:half], *other.shown[:half]]))
        return [Judged(clause(one.text, other.text), True, shown, told=True)]

    def _weakened(self, true: Sequence[Said], chance: random.Random) -> list[Judged]:
        found = [(less, said) for said in true if (less := weakened(said.text, chance))]
        return [Judged(less, True, said.shown, told=True) for less, said in found[:1]]

    def _questions(self, card: TrainingCard, chance: random.Random, late: bool) -> list[Judged]:
        own = [one for one in self._asked.get(card.id, ()) if one.answered]
        others = [one for one in self._asked.get(card.id, ()) if not one.answered]
        drawn = chance.sample(own, min(len(own), 3)) + chance.sample(others, min(len(others), 5))
        # Sometimes one passage alone, as a re-ranker in a hurry sees it.
        return [Judged(one.text, one.answered, one.shown[: chance.choice([1, 2, 3])], question=True) for one in drawn]


def changed_tokens(true: Sequence[int], false: Sequence[int]) -> list[int]:
    """For each token of a false twin 1 where it differs from the true one; beside what was taken out, too."""
    marks = [0] * len(false)
    for what, _, _, start, end in SequenceMatcher(None, true, false, autojunk=False).get_opcodes():
        if what == "delete":
            start, end = max(start - 1, 0), min(start + 1, len(false))
        if what != "equal":
            marks[start:end] = [1] * (end - start)
    return marks
