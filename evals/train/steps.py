"""Draws what the network sees in one step: statements true and false, twins side by side, questions with rivals."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from assistant.verification.reading import SHOWN, introduced
from evals.train.questions import Asked
from evals.train.statements import Said, TrainingCard
from evals.train.twins import Surroundings, clause, surroundings, twin, unrelated, weakened
from vectorstore.language import language_of
from vectorstore.segment import terms

_LONGEST = 400
# In each step.
CLAIMS, _STRANGERS, _MADE, _QUESTIONS, _RIVALS = 18, 6, 6, 6, 4


@dataclass(frozen=True)
class Judged:
    """One text beside passages.

    Args:
        text: a statement or a question.
        passages: what it is judged by, best first.
        truth: whether it is supported, or answered.
        twin_of: place in the step of the true statement it was made from; -1 for none.
        weight: how much it counts.
        question: the question itself, where it is one; empty for a statement.
        told: whether the place of its fault is known (or it has none).
    """

    text: str
    passages: Sequence[str]
    truth: bool
    twin_of: int = -1
    weight: float = 1.0
    question: str = ""
    told: bool = False

    @classmethod
    def of(cls, card: TrainingCard, said: Said, weight: float = 1.0) -> "Judged":
        """A statement as it was gathered."""
        return cls(said.text, told_of(card, said.shown), said.supported, weight=weight, told=said.supported)


def told_of(card: TrainingCard, places: Sequence[int]) -> list[str]:
    """Passages of a card as the check shows them to the network."""
    return introduced(card.own_name, [card.passages[place] for place in places])


class Steps:
    """Draws the steps of a training.

    Args:
        cards: all of them; those held out are left out.
        asked: questions by card.
        seed: source of chance.
    """

    def __init__(self, cards: Sequence[TrainingCard], asked: Mapping[str, Sequence[Asked]], seed: int) -> None:
        kept = [card for card in cards if not card.held_out]
        self._seed, self._cards = seed, {card.id: card for card in kept}
        self._around: dict[str, Surroundings] = {}
        self._held: dict[tuple[str, int], set[str]] = {}
        for card in kept:
            others = [self._cards[other] for other in card.similar if other in self._cards]
            near = [said.text for other in others for said in other.said if said.source != "field" and said.supported]
            texts = [*card.passages, *(said.text for said in card.said if said.source == "wording")]
            self._around[card.id] = surroundings(texts, near, card.own_name)
        said = [(card, one) for card in kept for one in card.said]
        self._claims = [one for one in said if one[1].source == "claims"]
        self._made = [one for one in said if one[1].source != "claims"]
        self._asked: dict[str, list[tuple[TrainingCard, Asked]]] = defaultdict(list)
        for card_id, ones in asked.items():
            for one in ones:
                if card_id in self._cards:
                    self._asked[one.text].append((self._cards[card_id], one))
        self._questions = [
            text
            for text, ones in self._asked.items()
            if any(one.answered for _, one in ones) and any(not one.answered for _, one in ones)
        ]

    def draw(self, number: int) -> list[Judged]:
        """What is seen in the step of that number; with the seed it fixes every choice."""
        chance = random.Random(self._seed * 1_000_003 + number)  # noqa: S311
        seen: list[Judged] = []
        turn = self._turn(self._claims, number, CLAIMS)
        for card, said in turn:
            self._add(seen, card, said, chance, share=0.4, weight=1.5)
        for card, said in [one for one in turn if one[1].supported][:_STRANGERS]:
            seen += self._beside_another(card, said, chance)
        for card, said in chance.sample(self._made, min(_MADE, len(self._made))):
            self._add(seen, card, said, chance, share=0.9, weight=1.0)
        card = chance.choice(list(self._cards.values()))
        true = [said for said in card.said if said.supported]
        seen += self._combined(card, true, chance)
        seen += self._weakened(card, true, chance)
        strange = unrelated(chance.choice(["en", "zh"]), self._around[card.id], chance)
        if strange and true:
            seen.append(Judged(strange, told_of(card, chance.choice(true).shown), False))
        return [*seen, *self._rivals(number, chance)]

    def _turn(
        self, what: Sequence[tuple[TrainingCard, Said]], number: int, size: int
    ) -> list[tuple[TrainingCard, Said]]:
        """The next ones of a shuffled round: every one once before any comes again."""
        found = []
        for place in range(number * size, (number + 1) * size):
            lap, at = divmod(place, len(what))
            found.append(what[self._order(lap, len(what))[at]])
        return found

    def _order(self, lap: int, size: int) -> list[int]:
        if getattr(self, "_lap", None) != (lap, size):
            order = list(range(size))
            random.Random(self._seed * 7919 + lap).shuffle(order)  # noqa: S311
            self._lap, self._shuffled = (lap, size), order
        return self._shuffled

    def _add(
        self, seen: list[Judged], card: TrainingCard, said: Said, chance: random.Random, share: float, weight: float
    ) -> None:
        seen.append(Judged.of(card, said, weight))
        if said.supported and chance.random() < share:
            false = twin(said.text, self._around[card.id], chance)
            if false is not None:
                seen.append(Judged(false[0], seen[-1].passages, False, len(seen) - 1, told=True))

    def _beside_another(self, card: TrainingCard, said: Said, chance: random.Random) -> list[Judged]:
        """The same words, true of one card and not of another: what is written alone must not tell."""
        near = [self._cards[one] for one in card.similar if one in self._cards and one != card.id]
        if not near:
            return []
        other, text = chance.choice(near), said.text
        if card.own_name and other.own_name:
            text = text.replace(card.own_name, other.own_name)
        wanted = set(terms(text))
        places = sorted(range(len(other.passages)), key=lambda place: -len(wanted & self._terms(other, place)))
        return [Judged(text, told_of(other, places[:SHOWN]), False)]

    def _terms(self, card: TrainingCard, place: int) -> set[str]:
        key = (card.id, place)
        if key not in self._held:
            self._held[key] = set(terms(card.passages[place]))
        return self._held[key]

    def _combined(self, card: TrainingCard, true: Sequence[Said], chance: random.Random) -> list[Judged]:
        one, other = chance.sample(true, 2) if len(true) > 1 else (None, None)
        if one is None or other is None or language_of(one.text) != language_of(other.text):
            return []
        if len(one.text) + len(other.text) > _LONGEST:
            return []
        half = len(one.shown) // 2 + 1
        shown = list(dict.fromkeys([one.shown[0], other.shown[0], *one.shown[1:half], *other.shown[1:half]]))
        return [Judged(clause(one.text, other.text), told_of(card, shown), True, told=True)]

    def _weakened(self, card: TrainingCard, true: Sequence[Said], chance: random.Random) -> list[Judged]:
        found = [(less, said) for said in true if (less := weakened(said.text, chance))]
        return [Judged(less, told_of(card, said.shown), True, told=True) for less, said in found[:1]]

    def _rivals(self, number: int, chance: random.Random) -> list[Judged]:
        """Questions, each beside the card that answers it and some that only come near."""
        found: list[Judged] = []
        for question in chance.sample(self._questions, min(_QUESTIONS, len(self._questions))):
            ones = self._asked[question]
            right = [one for one in ones if one[1].answered]
            wrong = [one for one in ones if not one[1].answered]
            for card, one in [*right[:1], *chance.sample(wrong, min(len(wrong), _RIVALS))]:
                # Sometimes one passage alone, as a re-ranker in a hurry sees it.
                shown = one.shown[: chance.choice([1, 1, 2, 3])]
                found.append(Judged(question, told_of(card, shown), one.answered, question=question))
        return found


def changed_tokens(true: Sequence[int], false: Sequence[int]) -> list[int]:
    """For each token of a false twin 1 where it differs from the true one; beside what was taken out, too."""
    marks = [0] * len(false)
    for what, _, _, start, end in SequenceMatcher(None, true, false, autojunk=False).get_opcodes():
        if what == "delete":
            start, end = max(start - 1, 0), min(start + 1, len(false))
        if what != "equal":
            marks[start:end] = [1] * (end - start)
    return marks
