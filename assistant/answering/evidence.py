"""Ranked cards to the numbered passages that a model may cite."""

from collections.abc import Mapping, Sequence

from assistant.types import CardHit, Evidence
from vectorstore.cards import PaperCard
from vectorstore.disagreements import quotable_passages
from vectorstore.passages import Passage

# The best card's whole abstract is worth more than a tenth card's one sentence.
_PER_CARD = (6, 3, 2, 2)
_PER_LATER_CARD = 1


def numbered(
    hits: Sequence[CardHit], cards: Mapping[str, PaperCard], limit: int, *, evenly: bool = False
) -> list[Evidence]:
    """Choose and number evidence, best card first, each card's passages in reading order.

    Args:
        hits: ranked cards with their best passages.
        cards: the cards by id.
        limit: how many passages at most.
        evenly: every card gets as many, as where several are set side by side; otherwise the first gets most.
    """
    shares = _even(len(hits), limit) if evenly else (*_PER_CARD, *[_PER_LATER_CARD] * len(hits))
    chosen: list[tuple[CardHit, Passage]] = []
    for hit, share in zip(hits, shares, strict=False):
        own = quotable_passages(cards[hit.card_id])
        order = {(passage.field, passage.start): place for place, passage in enumerate(own)}
        found = [passage for passage in dict.fromkeys(hit.passages) if passage in own]
        best = found + [passage for passage in own if passage not in found]
        picked = sorted(best[:share], key=lambda passage: order.get((passage.field, passage.start), 0))
        chosen += [(hit, passage) for passage in picked]
    return [
        Evidence(number=number, title=hit.title, passage=passage, score=hit.score)
        for number, (hit, passage) in enumerate(chosen[:limit], start=1)
    ]


def _even(cards: int, limit: int) -> list[int]:
    """So many passages for each card, the first ones getting what does not divide."""
    whole, rest = divmod(limit, max(1, cards))
    return [whole + (place < rest) for place in range(cards)]
