"""Which cards a topic is squarely about: the nearest ones, and those that are like the nearest."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.types import CardHit, Filters

if TYPE_CHECKING:
    from assistant.collection import Collection
    from assistant.retrieval import Retrieved

# So many cards are looked at; the first few say what the topic looks like.
_CARDS = 40
_MODELS = 3
# How much being like them counts beside the retrieval's own score.
_LIKENESS = 0.3
# Shares of the best card's score, tuned on the development questions: above the first a card is squarely about the
# topic, above the second it comes near it, above the third it is shown where everything is asked for.
_ABOUT, _NEAR, _FAR = 0.57, 0.42, 0.35
# The list looks complete where one card is so much worse than the one before it.
_STEP = 0.12
# So many are listed unless more are squarely about the topic, or everything is asked for.
_LISTED = 10


@dataclass(frozen=True)
class Ranking:
    """The cards on a topic.

    Args:
        retrieved: as found.
        hits: every card looked at, best first.
        about: how many of them are squarely about the topic.
        near: how many more come near it.
        complete: whether the scores fall off clearly behind those that are squarely about it.
    """

    retrieved: "Retrieved"
    hits: Sequence[CardHit]
    about: int
    near: int
    complete: bool


def ranked(wording: str, collection: "Collection", filters: Filters, *, everything: bool = False) -> Ranking:
    """Rank the cards on a topic.

    A card that is like the best ones ranks higher than its own words alone would have it: what is written about one
    topic uses many words for it (Rocchio's relevance feedback over the mean vectors of cards).

    Args:
        wording: the question, stand-alone.
        collection: the cards.
        filters: which cards may be used.
        everything: whether the ones further off are wanted too.
    """
    retrieved = collection.retriever().retrieve(wording, k=_CARDS, filters=filters)
    shares = _shares(retrieved.hits, collection)
    order = sorted(range(len(shares)), key=lambda place: -shares[place])
    hits = [retrieved.hits[place].model_copy(update={"score": round(shares[place], 4)}) for place in order]
    scores = [hit.score for hit in hits]
    about = sum(score >= _ABOUT for score in scores)
    near = sum(score >= _NEAR for score in scores)
    listed = sum(score >= _FAR for score in scores) if everything else min(near, max(about, _LISTED))
    return Ranking(retrieved, hits, about, listed - about, _falls_off(scores, about, near))


def _falls_off(scores: Sequence[float], about: int, near: int) -> bool:
    """Whether there is a clear step behind the cards that are squarely about the topic."""
    behind = scores[max(0, about - 1) : near + 1]
    return near < len(scores) and any(one - next_one >= _STEP for one, next_one in pairwise(behind))


def _shares(hits: Sequence[CardHit], collection: "Collection") -> list[float]:
    """For each card its score as a share of the best one's, mixed with its likeness to the best ones."""
    import numpy as np

    if not hits:
        return []
    best = hits[0].score or 1.0
    vectors = collection.store.vectors([hit.card_id for hit in hits])
    held = [list(vectors[hit.card_id].values()) for hit in hits]
    if not all(held):
        return [hit.score / best for hit in hits]
    means = np.array([np.mean(rows, axis=0) for rows in held])
    means -= means.mean(axis=0)
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
    weights = np.array([hit.score for hit in hits[:_MODELS]])
    centre = weights @ means[:_MODELS]
    likeness = means @ (centre / max(float(np.linalg.norm(centre)), 1e-9))
    mixed = [hit.score / best + _LIKENESS * float(like) for hit, like in zip(hits, likeness, strict=True)]
    top = max(mixed)
    return [max(0.0, one / top) if top > 0 else 0.0 for one in mixed]
