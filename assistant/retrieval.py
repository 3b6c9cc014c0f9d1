"""Hybrid retrieval: dense and keyword candidates, fused into one ranking of cards with their best passages."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistant.types import CardHit, Filters
from vectorstore.cards import FIELDS, PaperCard
from vectorstore.keywords import KeywordIndex
from vectorstore.language import language_of
from vectorstore.passages import Passage
from vectorstore.segment import content_terms, terms
from vectorstore.store import CardStore
from vectorstore.tags import normalise

if TYPE_CHECKING:
    import numpy as np

    from vectorstore.embedders import Embedder

_TEXT_LABEL = re.compile(r"t/(?P<field>[a-z]+)/(?P<start>\d+)-(?P<end>\d+)")


@dataclass(frozen=True)
class Weights:
    """How much each signal of a card counts; tuned on the development questions.

    Args:
        keyword: BM25, divided by what a card with every term of the question once would reach.
        question: cosine to the nearest question that the card answers.
        best: cosine to the nearest passage.
        mean: mean cosine of the three nearest passages.
        name: the question names the method that the card introduces (0 to 1).
    """

    keyword: float = 1.0
    question: float = 4.0
    best: float = 3.0
    mean: float = 3.0
    name: float = 2.0


@dataclass
class Signals:
    """What was seen of one card for one question."""

    keyword: float = 0.0
    question: float = 0.0
    passages: list[tuple[float, str]] = field(default_factory=list)
    name: float = 0.0


@dataclass(frozen=True)
class RetrievalSignals:
    """How good the best of what was found is, for deciding whether to answer at all.

    Args:
        top_dense: highest cosine of the question to any entry.
        top_keyword: highest BM25 score.
        coverage: idf-weighted share of the question's content terms that the best card holds, 0 to 1.
    """

    top_dense: float
    top_keyword: float
    coverage: float


@dataclass(frozen=True)
class Retrieved:
    """The ranking with what later steps need again."""

    hits: list[CardHit]
    cards: Mapping[str, PaperCard]
    signals: RetrievalSignals
    vector: "np.ndarray"


class Retriever:
    """Finds cards for a question.

    Args:
        store, keywords, embedder: the two indexes and who makes query vectors.
        named: gives the cards whose own method a question names, with a strength from 0 to 1.
    """

    def __init__(
        self,
        store: CardStore,
        keywords: KeywordIndex,
        embedder: "Embedder",
        named: Any = None,
        weights: Weights | None = None,
    ) -> None:
        self._store, self._keywords, self._embedder = store, keywords, embedder
        self._named = named
        self._weights = weights or Weights()

    def retrieve(self, question: str, *, k: int = 10, filters: Filters | None = None) -> Retrieved:
        """Rank cards for a question in either language.

        Args:
            question: stand-alone wording.
            k: how many cards.
            filters: which cards may be returned.
        """
        allowed = self._allowed(filters)
        vector = self._embedder.embed_array([question], kind="query")[0]
        wanted = content_terms(question)
        seen = self._signals(question, vector, wanted, allowed)
        weights = self._weights
        scores = {card_id: _score(signals, weights) for card_id, signals in seen.items()}
        best = sorted(scores, key=lambda card_id: (-scores[card_id], card_id))[:k]
        cards = self._store.get(best)
        hits = [
            CardHit(
                card_id=card_id,
                title=cards[card_id].title,
                score=round(scores[card_id], 4),
                passages=_passages(cards[card_id], seen[card_id].passages),
            )
            for card_id in best
            if card_id in cards
        ]
        return Retrieved(hits, cards, self._overall(seen, wanted, hits, cards), vector)

    def _allowed(self, filters: Filters | None) -> list[str] | None:
        """The card ids that the filters leave, or None where all are."""
        if not filters:
            return None
        where = where_of(filters)
        ids = self._store.card_ids(where) if where else None
        if filters.cards:
            wanted = set(filters.cards)
            ids = [card_id for card_id in ids if card_id in wanted] if ids is not None else list(filters.cards)
        return ids

    def _signals(
        self, question: str, vector: "np.ndarray", wanted: Sequence[str], allowed: list[str] | None
    ) -> dict[str, Signals]:
        seen: dict[str, Signals] = defaultdict(Signals)
        if allowed is not None and not allowed:
            return seen
        attainable = self._attainable(wanted)
        for card_id, score in self._keywords.search(wanted, _KEYWORD_CARDS, only=allowed):
            seen[card_id].keyword = score / attainable
        where = {"card_id": {"$in": allowed}} if allowed is not None else None
        for entry, similarity in self._store.nearest(vector, _DENSE_ENTRIES, where):
            card_id, _, label = entry.partition("|")
            signals = seen[card_id]
            if label.startswith("q/"):
                signals.question = max(signals.question, similarity)
            else:
                signals.passages.append((similarity, label))
        if self._named is not None:
            within = set(allowed) if allowed is not None else None
            for card_id, strength in self._named(question).items():
                if within is None or card_id in within:
                    seen[card_id].name = strength
        return seen

    def _attainable(self, wanted: Sequence[str]) -> float:
        """The sum of the terms' inverse document frequencies: puts BM25 of any question on one scale."""
        frequencies, total = self._keywords.document_frequencies(wanted)
        return sum(_idf(frequency, total) for frequency in frequencies.values()) or 1.0

    def _overall(
        self,
        seen: Mapping[str, Signals],
        wanted: Sequence[str],
        hits: Sequence[CardHit],
        cards: Mapping[str, PaperCard],
    ) -> RetrievalSignals:
        dense = [max(signals.question, *(s for s, _ in signals.passages), 0.0) for signals in seen.values()]
        top_keyword = max((signals.keyword for signals in seen.values()), default=0.0)
        coverage = 0.0
        if hits and wanted:
            frequencies, total = self._keywords.document_frequencies(wanted)
            weight = {term: _idf(frequency, total) for term, frequency in frequencies.items()}
            held = _terms_of(cards[hits[0].card_id])
            coverage = sum(weight[term] for term in wanted if term in held) / (sum(weight.values()) or 1.0)
        return RetrievalSignals(max(dense, default=0.0), top_keyword, coverage)


# Entries and cards looked at before ranking: wide enough that a card found by one signal meets the others.
_DENSE_ENTRIES = 400
_KEYWORD_CARDS = 100
# Where a card is not among the nearest entries, the cosine it would have had is below theirs.
_UNSEEN = 0.75


def _idf(frequency: int, total: int) -> float:
    return math.log(1 + (total - frequency + 0.5) / (frequency + 0.5)) if total else 0.0


def _score(signals: Signals, weights: Weights) -> float:
    nearest = sorted((similarity for similarity, _ in signals.passages), reverse=True)[:3]
    padded = nearest + [_UNSEEN] * (3 - len(nearest))
    return (
        weights.keyword * signals.keyword
        + weights.question * max(signals.question, _UNSEEN)
        + weights.best * padded[0]
        + weights.mean * sum(padded) / 3
        + weights.name * signals.name
    )


def where_of(filters: Filters) -> dict[str, Any] | None:
    """Chroma's `where` for the categories and tags of some filters; None where they name neither."""
    parts: list[dict[str, Any]] = []
    if filters.categories:
        parts.append({"category": {"$in": list(filters.categories)}})
    if filters.tags:
        any_tag = [{"tags": {"$contains": normalise(tag)}} for tag in filters.tags]
        parts.append(any_tag[0] if len(any_tag) == 1 else {"$or": any_tag})
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else {"$and": parts}


def _passages(card: PaperCard, found: Iterable[tuple[float, str]]) -> list[Passage]:
    """The card's own passages among the entries found, best first; never one that the card no longer holds."""
    passages = []
    for _, label in sorted(found, reverse=True):
        match = _TEXT_LABEL.fullmatch(label)
        if match is None or match["field"] not in FIELDS:
            continue
        start, end = int(match["start"]), int(match["end"])
        text = getattr(card, match["field"])[start:end]
        if text.strip():
            passages.append(
                Passage(
                    card_id=card.id,
                    field=match["field"],  # type: ignore[arg-type]
                    language=language_of(text),
                    start=start,
                    end=end,
                    text=text,
                )
            )
    return passages


def _terms_of(card: PaperCard) -> set[str]:
    texts = [card.title, *card.tags, *card.aid.questions]
    texts += [part.text(name) for part in (card, card.aid) for name in FIELDS]
    return set(terms("\n".join(texts)))
