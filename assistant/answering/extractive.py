"""The answerer without a model: the few sentences of the best card that answer this question."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.answering.intent import Intent, intents_of
from assistant.inert import inert
from assistant.types import CardHit, Query
from vectorstore.cards import FieldName, PaperCard
from vectorstore.disagreements import quotable_passages
from vectorstore.latex import readable
from vectorstore.passages import Passage
from vectorstore.segment import content_terms, terms

Similarity = Callable[[str, Sequence[str]], Sequence[float]]

_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_RESULT = re.compile(r"\d\s?\\?(?:%|[x×](?![A-Za-z])|倍|个?百分点|points?\b|percent)")


@dataclass(frozen=True)
class Weights:
    """How sentences are chosen; tuned on the development questions.

    Args:
        similarity: cosine of the question to the sentence, less the mean over the card.
        overlap: share of the question's terms in the sentence, weighed by rarity within the card.
        coverage: share of the question's terms that no sentence chosen before has.
        intent: the sentence is of the kind that is asked for.
        figure: figures, where an amount is asked for.
        language: the sentence is in the question's language.
        redundancy: share of the sentence that a chosen one says already.
        drop: sentences this much worse than the best are left out.
        longest: most sentences.
        share, headline_share: most of the card's text, without and with a headline result.
    """

    similarity: float = 10.0
    overlap: float = 3.0
    coverage: float = 2.0
    intent: float = 1.0
    figure: float = 1.0
    language: float = 2.0
    redundancy: float = 2.5
    drop: float = 2.4
    longest: int = 4
    share: float = 0.45
    headline_share: float = 0.6


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
    asked: Mapping[str, float]
    figures: frozenset[str]
    result: bool


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
        whole = sum(len(candidate.passage.text) for candidate in candidates)
        chosen = self._chosen(candidates, self._weights.share * whole)
        chosen += _headline(query, candidates, chosen, self._weights.headline_share * whole)
        ordered = sorted(chosen, key=lambda candidate: candidate.place)
        return [SelectedSentence(inert(readable(c.passage.text)), c.passage) for c in ordered]

    def _candidates(self, query: Query, card: PaperCard, similarity: Similarity | None) -> list[_Candidate]:
        passages = quotable_passages(card)
        if not passages:
            return []
        weights = self._weights
        wanted = content_terms(query.standalone)
        held = [_terms_of(passage.text) for passage in passages]
        # A word that every sentence of the card has does not tell one sentence from another.
        frequency = Counter(term for each in held for term in each)
        rarity = {term: math.log(1 + len(passages) / (1 + frequency[term])) for term in wanted}
        attainable = sum(rarity[term] for term in wanted if frequency[term]) or 1.0
        cosines = similarity(query.standalone, [passage.text for passage in passages]) if similarity else None
        mean = sum(cosines) / len(cosines) if cosines else 0.0
        intents = intents_of(query.question)
        candidates = []
        for place, passage in enumerate(passages):
            text = readable(passage.text)
            figures = frozenset(_FIGURE.findall(text))
            asked = {term: rarity[term] / attainable for term in wanted if term in held[place]}
            score = weights.overlap * sum(asked.values())
            score += weights.similarity * (cosines[place] - mean) if cosines else 0.0
            score += weights.intent * _fits(passage.field, text, intents)
            if Intent.AMOUNT in intents:
                score += weights.figure * min(len(figures), 3) / 2
            if passage.language == query.language:
                score += weights.language
            result = _RESULT.search(text) is not None
            candidates.append(_Candidate(passage, place, score, held[place], asked, figures, result))
        return candidates

    def _chosen(self, candidates: Iterable[_Candidate], room: float) -> list[_Candidate]:
        """Best first, each paying for what the ones before already said, until little is gained."""
        weights = self._weights
        left = list(candidates)
        chosen: list[_Candidate] = []
        best: float | None = None

        def gain(candidate: _Candidate) -> float:
            known = frozenset().union(*(other.asked for other in chosen))
            new = sum(weight for term, weight in candidate.asked.items() if term not in known)
            return candidate.score + weights.coverage * new - weights.redundancy * _said(candidate, chosen)

        while left and len(chosen) < weights.longest:
            candidate = max(left, key=gain)
            worth = gain(candidate)
            best = worth if best is None else best
            if worth < best - weights.drop:
                break
            left.remove(candidate)
            if not chosen or (_fits_in(candidate, chosen, room) and not _repeats(candidate, chosen)):
                chosen.append(candidate)
        return chosen


@lru_cache(maxsize=4_096)
def _terms_of(text: str) -> frozenset[str]:
    return frozenset(terms(readable(text)))


def _headline(
    query: Query, candidates: Iterable[_Candidate], chosen: Sequence[_Candidate], room: float
) -> list[_Candidate]:
    """The sentence with a result that fits the question best, where none of those chosen has one.

    In the question's language; in the other one only where an amount is asked for.
    """
    if not chosen or any(candidate.result for candidate in chosen):
        return []
    results = [each for each in candidates if each.result and _fits_in(each, chosen, room)]
    spoken = [each for each in results if each.passage.language == query.language]
    results = spoken or (results if Intent.AMOUNT in intents_of(query.question) else [])
    return [max(results, key=lambda each: each.score)] if results else []


def _fits_in(candidate: _Candidate, chosen: Sequence[_Candidate], room: float) -> bool:
    return len(candidate.passage.text) + sum(len(other.passage.text) for other in chosen) <= room


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
