"""The answerer without a model: the few sentences of the best card that answer this question."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from assistant.answering.intent import Intent, intents_of
from assistant.types import CardHit, Query
from vectorstore.cards import FieldName, PaperCard
from vectorstore.disagreements import quotable_passages
from vectorstore.latex import readable
from vectorstore.passages import Passage
from vectorstore.segment import content_terms, terms

Similarity = Callable[[str, Sequence[str]], Sequence[float]]

_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True)
class Weights:
    """How sentences are chosen; tuned on the development questions."""

    similarity: float = 10.0
    overlap: float = 3.0
    intent: float = 1.0
    figure: float = 1.0
    language: float = 1.2
    redundancy: float = 2.5
    drop: float = 1.6
    longest: int = 4
    share: float = 0.45


@dataclass(frozen=True)
class SelectedSentence:
    """One sentence of an extractive answer: what is shown, and the exact passage it is."""

    text: str
    passage: Passage


@dataclass(frozen=True)
class _Candidate:
    passage: Passage
    place: int
    score: float
    terms: frozenset[str]
    figures: frozenset[str]


class ExtractiveAnswerer:
    """Chooses sentences; every one is a whole passage of a card, so nothing in it can be wrong but the choice.

    Args:
        weights: how the choice is made.
    """

    def __init__(self, weights: Weights | None = None) -> None:
        self._weights = weights or Weights()

    def draft(
        self,
        query: Query,
        hits: Sequence[CardHit],
        cards: Mapping[str, PaperCard],
        *,
        similarity: Similarity | None = None,
    ) -> list[SelectedSentence]:
        """The sentences that answer a question, in reading order.

        Args:
            query: the question.
            hits: ranked cards; the first one answers.
            cards: the cards by id.
            similarity: cosine of the question to texts; None does without.
        """
        if not hits:
            return []
        card = cards[hits[0].card_id]
        candidates = self._candidates(query, card, similarity)
        chosen = self._chosen(candidates, sum(len(c.passage.text) for c in candidates))
        ordered = sorted(chosen, key=lambda candidate: candidate.place)
        return [SelectedSentence(readable(c.passage.text), c.passage) for c in ordered]

    def _candidates(self, query: Query, card: PaperCard, similarity: Similarity | None) -> list[_Candidate]:
        passages = quotable_passages(card)
        if not passages:
            return []
        weights = self._weights
        wanted = content_terms(query.standalone)
        held = [frozenset(terms(readable(passage.text))) for passage in passages]
        # A word that every sentence of the card has does not tell one sentence from another.
        frequency = Counter(term for each in held for term in each)
        rarity = {term: math.log(1 + len(passages) / (1 + frequency[term])) for term in wanted}
        attainable = sum(rarity[term] for term in wanted if frequency[term]) or 1.0
        cosines = similarity(query.standalone, [passage.text for passage in passages]) if similarity else None
        mean = sum(cosines) / len(cosines) if cosines else 0.0
        intents = intents_of(query.question)
        candidates = []
        for place, passage in enumerate(passages):
            figures = frozenset(_FIGURE.findall(readable(passage.text)))
            score = weights.overlap * sum(rarity[t] for t in wanted if t in held[place]) / attainable
            score += weights.similarity * (cosines[place] - mean) if cosines else 0.0
            score += weights.intent * _fits(passage.field, readable(passage.text), intents)
            if Intent.AMOUNT in intents:
                score += weights.figure * min(len(figures), 3) / 2
            if passage.language == query.language:
                score += weights.language
            candidates.append(_Candidate(passage, place, score, held[place], figures))
        return candidates

    def _chosen(self, candidates: Iterable[_Candidate], total: int) -> list[_Candidate]:
        """Best first, each paying for what the ones before already said, until little is gained."""
        weights = self._weights
        left = list(candidates)
        chosen: list[_Candidate] = []
        length = 0
        best = max((candidate.score for candidate in left), default=0.0)
        while left and len(chosen) < weights.longest:
            gains = {id(c): c.score - weights.redundancy * _said(c, chosen) for c in left}
            candidate = max(left, key=lambda c: gains[id(c)])
            if chosen and gains[id(candidate)] < best - weights.drop:
                break
            left.remove(candidate)
            if chosen and (length + len(candidate.passage.text) > weights.share * total or _repeats(candidate, chosen)):
                continue
            chosen.append(candidate)
            length += len(candidate.passage.text)
        return chosen


def _said(candidate: _Candidate, chosen: Sequence[_Candidate]) -> float:
    """How much of a sentence the chosen ones hold already, 0 to 1."""
    if not chosen or not candidate.terms:
        return 0.0
    return max(len(candidate.terms & other.terms) / len(candidate.terms) for other in chosen)


def _repeats(candidate: _Candidate, chosen: Sequence[_Candidate]) -> bool:
    """The same figures again, in the other language or another field."""
    known = frozenset().union(*(other.figures for other in chosen))
    return bool(candidate.figures) and candidate.figures <= known and _said(candidate, chosen) > 0.3


_FIELDS_FOR: Mapping[Intent, tuple[FieldName, ...]] = {
    Intent.HOW: ("method",),
    Intent.TESTED: ("experiments",),
    Intent.AMOUNT: ("experiments", "analysis"),
    Intent.FINDING: ("analysis", "contribution"),
    Intent.WHY: ("analysis", "motivation"),
    Intent.WHAT: ("tldr", "contribution", "method"),
    Intent.PROBLEM: ("problem", "motivation"),
}


def _fits(field: FieldName, text: str, intents: frozenset[Intent]) -> float:
    """Whether a sentence is of the kind that is asked for: by its field, or by the words it uses."""
    return max((1.0 if field in _FIELDS_FOR[i] else 0.8 if i.says(text) else 0.0 for i in intents), default=0.0)
