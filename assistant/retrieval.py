"""Hybrid retrieval: dense and keyword candidates, fused into one ranking of cards with their best passages."""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistant.types import CardHit, Filters
from vectorstore.cards import FIELDS, PaperCard
from vectorstore.found import Found, Search, in_background
from vectorstore.hybrid import HybridIndex, HybridSearch, WordIndex
from vectorstore.keywords import KeywordIndex
from vectorstore.language import language_of
from vectorstore.passages import Passage
from vectorstore.segment import query_terms
from vectorstore.store import CardStore
from vectorstore.tags import normalise

if TYPE_CHECKING:
    import numpy as np

    from vectorstore.embedders import Embedder

_TEXT_LABEL = re.compile(r"t/(?P<field>[a-z]+)/(?P<start>\d+)-(?P<end>\d+)")


@dataclass(frozen=True)
class Weights:
    """How much each signal of a card counts; tuned on the development questions, with and without aids.

    Args:
        keyword: BM25, divided by the sum of the question's inverse document frequencies.
        latent: cosine in the latent space of the collection's words.
        question, questions: cosine to the nearest of the questions that the card answers, and their mean.
        passage, passages: cosine to the nearest passage, and the mean of the three nearest.
        stand_in: so much of the passages' signals stands in for the questions' where those are lower, so that a
            card without questions has a chance beside one with them.
        name: the question names the method that the card introduces (0 to 1).
        fused: how high the card stands in the store's own fusion of both rankings (0 to 1), where it makes one.
    """

    keyword: float = 18.0
    latent: float = 12.0
    question: float = 70.0
    questions: float = 24.0
    passage: float = 10.0
    passages: float = 10.0
    stand_in: float = 0.5
    name: float = 10.0
    fused: float = 1.0


@dataclass(slots=True)
class Signals:
    """What was seen of one card for one question; what is near stands best first."""

    keyword: float = 0.0
    latent: float = 0.0
    questions: list[float] = field(default_factory=list)
    passages: list[tuple[float, str]] = field(default_factory=list)
    name: float = 0.0
    fused: float = 0.0


@dataclass(frozen=True)
class _Allowed:
    """What the filters leave: the cards' ids, and Chroma's `where` for their passages."""

    ids: list[str]
    where: dict[str, Any]


@dataclass(frozen=True)
class RetrievalSignals:
    """How good the best of what was found is, for deciding whether to answer at all.

    Args:
        passage: highest cosine of the question to a passage; questions that cards answer are left out, since not
            every card has them.
        keyword: highest BM25 score, divided as for `Weights.keyword`.
    """

    passage: float
    keyword: float


@dataclass(frozen=True)
class Retrieved:
    """The ranking with what later steps need again."""

    hits: list[CardHit]
    cards: Mapping[str, PaperCard]
    signals: RetrievalSignals
    vector: "np.ndarray"


class LocalSearch:
    """Finds candidates by their vectors in the store and by their words in the keyword index.

    Args:
        store, keywords: the two indexes.
    """

    def __init__(self, store: CardStore, keywords: KeywordIndex) -> None:
        self._store, self._keywords = store, keywords

    def begin(
        self,
        vector: "np.ndarray",
        wanted: Sequence[str],
        *,
        where: Mapping[str, Any] | None = None,
        only: Sequence[str] | None = None,
    ) -> Callable[[], Found]:
        """Begin to look for entries and cards near a question; see `Search`."""
        entries = in_background(lambda: self._entries(vector, where, only))
        words = dict(self._keywords.search(wanted, _KEYWORD_CARDS, only=only))
        return lambda: Found(entries.result(), words)

    def _entries(
        self, vector: "np.ndarray", where: Mapping[str, Any] | None, only: Sequence[str] | None
    ) -> list[tuple[str, float]]:
        """The nearest entries that a filter leaves.

        Chroma goes through all that it holds for a filter, so where many cards pass it, it is sooner asked for more
        entries, of which enough will be theirs.
        """
        if where is None or only is None:
            return self._store.nearest(vector, _DENSE_ENTRIES, where)
        share = len(only) / max(1, self._keywords.count())
        if share >= _COMMON:
            allowed = set(only)
            more = self._store.nearest(vector, math.ceil(_DENSE_ENTRIES / share))
            entries = [(entry, cosine) for entry, cosine in more if entry.partition("|")[0] in allowed]
            if len(entries) >= _ENOUGH_ENTRIES:
                return entries[:_DENSE_ENTRIES]
        return self._store.nearest(vector, _DENSE_ENTRIES, where)


class Retriever:
    """Finds cards for a question.

    Args:
        store, keywords, embedder: the two indexes and who makes query vectors.
        named: gives the cards whose own method a question names, with a strength from 0 to 1.
        read: gives the cards of some ids; None reads them in the store.
        within: gives the ids of the cards that some filters leave; None asks the store for them.
    """

    def __init__(
        self,
        store: CardStore,
        keywords: WordIndex,
        embedder: "Embedder",
        named: Callable[[str], Mapping[str, float]] | None = None,
        weights: Weights | None = None,
        *,
        read: Callable[[Sequence[str]], Mapping[str, PaperCard]] | None = None,
        within: Callable[[Filters], list[str]] | None = None,
    ) -> None:
        self._store, self._keywords, self._embedder = store, keywords, embedder
        self._search: Search = (
            HybridSearch(store, keywords) if isinstance(keywords, HybridIndex) else LocalSearch(store, keywords)
        )
        self._named = named
        self._read, self._within = read or store.get, within or self._stored_within
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
        seen, unseen = self._signals(question, vector, allowed)
        scores = {card_id: _score(signals, self._weights, unseen) for card_id, signals in seen.items()}
        best = sorted(scores, key=lambda card_id: (-scores[card_id], card_id))[:k]
        cards = self._read(best)
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
        return Retrieved(hits, cards, _overall(seen, unseen), vector)

    def _allowed(self, filters: Filters | None) -> "_Allowed | None":
        """What the filters leave, or None where all is allowed."""
        if not filters:
            return None
        where = where_of(filters)
        ids = self._within(filters)
        # Categories and tags stand beside every passage: that is shorter to ask for than all their cards' ids.
        return _Allowed(ids, {"card_id": {"$in": ids}} if filters.cards or where is None else where)

    def _stored_within(self, filters: Filters) -> list[str]:
        where = where_of(filters)
        if where is None:
            return list(filters.cards)
        ids = self._store.card_ids(where)
        return [card_id for card_id in ids if card_id in filters.cards] if filters.cards else ids

    def _signals(
        self, question: str, vector: "np.ndarray", allowed: "_Allowed | None"
    ) -> tuple[dict[str, Signals], float]:
        """What each candidate shows, and the cosine that whatever was not among the nearest stays below."""
        seen: dict[str, Signals] = defaultdict(Signals)
        unseen = 1.0
        if allowed is not None and not allowed.ids:
            return seen, unseen
        only = allowed.ids if allowed is not None else None
        wanted = query_terms(question)
        where = allowed.where if allowed is not None else None
        search = self._search.begin(vector, wanted, where=where, only=only)
        # Chroma computes by itself, so what takes Python's own time is done meanwhile.
        attainable = self._attainable(wanted)
        named = self._named(question) if self._named is not None else {}
        latent = self._keywords.latent
        cosines = latent.cosines(wanted)
        found = search()
        for card_id, score in found.words.items():
            seen[card_id].keyword = score / attainable
        for card_id, place in found.fused.items():
            seen[card_id].fused = place
        for entry, similarity in found.entries:
            card_id, _, label = entry.partition("|")
            unseen = min(unseen, similarity)
            if label.startswith("q/"):
                seen[card_id].questions.append(similarity)
            else:
                seen[card_id].passages.append((similarity, label))
        within = set(only) if only is not None and named else None
        for card_id, strength in named.items():
            if within is None or card_id in within:
                seen[card_id].name = strength
        for card_id, cosine in latent.nearest(cosines, _LATENT_CARDS, also=list(seen), only=only).items():
            seen[card_id].latent = max(0.0, cosine)
        return seen, unseen

    def _attainable(self, wanted: Sequence[str]) -> float:
        """The sum of the terms' inverse document frequencies: puts BM25 of any question on one scale."""
        return sum(self._keywords.inverse_frequencies(wanted).values()) or 1.0


# Entries and cards looked at before ranking: wide enough that a card found by one signal meets the others.
_DENSE_ENTRIES = 450
_KEYWORD_CARDS = 200
# From this share of the cards on, what a filter leaves is looked for among more of the nearest, and so few suffice.
_COMMON, _ENOUGH_ENTRIES = 0.05, 200
_LATENT_CARDS = 50
# A card is given three nearest passages and six nearest questions; those not seen count as `unseen`.
_PASSAGES, _QUESTIONS = 3, 6


def _score(signals: Signals, weights: Weights, unseen: float) -> float:
    """The weighted sum, from 0 upwards: cosines count as far as they exceed that of the unseen."""

    question = questions = passage = passages = 0.0
    if signals.questions:
        nearest = signals.questions[:_QUESTIONS]
        question, questions = nearest[0] - unseen, (sum(nearest) - unseen * len(nearest)) / _QUESTIONS
    if signals.passages:
        nearest = [similarity for similarity, _ in signals.passages[:_PASSAGES]]
        passage, passages = nearest[0] - unseen, (sum(nearest) - unseen * len(nearest)) / _PASSAGES
    return (
        weights.keyword * signals.keyword
        + weights.latent * signals.latent
        + weights.question * max(question, weights.stand_in * passage)
        + weights.questions * max(questions, weights.stand_in * passages)
        + weights.passage * passage
        + weights.passages * passages
        + weights.name * signals.name
        + weights.fused * signals.fused
    )


def _overall(seen: Mapping[str, Signals], unseen: float) -> RetrievalSignals:
    """Of all that was seen; where questions alone were among the nearest, a passage is at most as near as the last."""
    passages = [signals.passages[0][0] for signals in seen.values() if signals.passages]
    return RetrievalSignals(
        passage=max(passages, default=unseen if seen else 0.0),
        keyword=max((signals.keyword for signals in seen.values()), default=0.0),
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
                    field=match["field"],
                    language=language_of(text),
                    start=start,
                    end=end,
                    text=text,
                )
            )
    return passages
