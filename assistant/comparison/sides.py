"""Finds the card of each side of a comparison on its own, so that no side crowds out another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assistant.abstention import decide
from assistant.inert import inert
from assistant.names import NameIndex, fold, looks_like_name, own_name
from assistant.types import CardHit, Query
from vectorstore.cards import PaperCard
from vectorstore.mentions import mention_of

if TYPE_CHECKING:
    import numpy as np

    from assistant.collection import Collection

_CARDS = 10
_MOST = 6
# A name that two cards introduce counts half for each.
_NAMED = 0.4
_SHORTEST_NAME = 3


@dataclass(frozen=True)
class Side:
    """One side and what the cards have of it.

    Args:
        said: as the question puts it.
        query: the question as if it were about this side alone.
        card: the card that is about it; None where none is.
        hits: ranked cards, that card first.
        vector: of the query's wording.
        silent: why what is asked cannot be answered of it, one sentence; empty where it can.
        by_name: whether the card was found by its name.
        cards: the cards of the hits, by id.
    """

    said: str
    query: Query
    card: PaperCard | None
    hits: Sequence[CardHit]
    vector: "np.ndarray"
    silent: str = ""
    by_name: bool = False
    cards: Mapping[str, PaperCard] = field(default_factory=dict)


def found_sides(query: Query, collection: "Collection") -> list[Side] | None:
    """What is found of each side, in the question's order.

    Args:
        query: a question with at least two sides.
        collection: the cards.

    Returns:
        None where the question is about one card after all: both descriptions lead to it, or one side is only the
        rival in the results of the other.
    """
    names = collection.names()
    wanted = list(dict.fromkeys(query.sides))[:_MOST]
    by_id = collection.cards(wanted)
    context = _context(query)
    found: dict[str, Side] = {}
    # What is named has the first claim on its card: a side that is described may be near it too.
    for said in sorted(wanted, key=lambda said: not (said in by_id or _own(said, names))):
        taken = {side.card.id for side in found.values() if side.card}
        found[said] = _found(said, query, context, collection, names, by_id.get(said), taken)
    sides = [found[said] for said in wanted]
    return None if _is_about_one(sides) else sides


def _own(said: str, names: NameIndex) -> set[str]:
    """The cards whose own name a side is."""
    return {card_id for card_id, sureness in names.cards_named(said).items() if sureness >= _NAMED}


def _context(query: Query) -> str:
    """The question without its sides: what is asked of each of them."""
    text = query.standalone
    for said in sorted(query.sides, key=len, reverse=True):
        text = text.replace(said, " ")
    return " ".join(text.split())


def _found(
    said: str,
    query: Query,
    context: str,
    collection: "Collection",
    names: NameIndex,
    given: PaperCard | None,
    taken: set[str],
) -> Side:
    name = given.title if given else said
    asked = query.model_copy(update={"question": f"{name} {context}", "standalone": f"{name} {context}", "sides": ()})
    retrieved = collection.retriever().retrieve(asked.standalone, k=_CARDS, filters=query.filters)
    own = {given.id} if given else _own(said, names)
    free = [hit for hit in retrieved.hits if hit.card_id not in taken]
    best = next((hit for hit in free if hit.card_id in own), None)
    if best is None:
        # The index of names leaves out those too short to be told from words.
        called = (hit for hit in free if fold(own_name(retrieved.cards[hit.card_id]) or "") == fold(said))
        best = next(called, None)
    by_name = best is not None
    if best is None and not own and not names.unknown_names(said):
        best = free[0] if free else None
    if best is None:
        return Side(said, asked, None, retrieved.hits, retrieved.vector, _nobody(said, query, bool(own)))
    hits = [best, *(hit for hit in retrieved.hits if hit is not best)]
    decision = decide(asked, hits, retrieved.cards, names, retrieved.signals)
    return Side(
        said,
        asked,
        retrieved.cards[best.card_id],
        hits,
        retrieved.vector,
        "" if decision.answer else decision.reason,
        by_name,
        retrieved.cards,
    )


def _nobody(said: str, query: Query, outside: bool) -> str:
    said = inert(said)
    if outside and query.filters:
        return f"{said} 不在筛选范围之内。" if query.language == "zh" else f"{said} is outside the filters."
    return f"没有关于 {said} 的卡片。" if query.language == "zh" else f"No card is about {said}."


def _is_about_one(sides: Sequence[Side]) -> bool:
    found = [side for side in sides if side.card]
    described = [side for side in found if not side.by_name]
    if len(described) == len(sides) and len({_first(side) for side in sides}) == 1:
        return True
    for side in described:
        # GRPO in "how does X differ from GRPO": no card's own, and X's card speaks of it.
        word = side.said.strip()
        if len(fold(word)) < _SHORTEST_NAME or not looks_like_name(word) or " " in word:
            continue
        mentioned = mention_of(word)
        if any(other.card and other.by_name and mentioned(other.card) for other in sides):
            return True
    return False


def _first(side: Side) -> str:
    return max(side.hits, key=lambda hit: hit.score).card_id if side.hits else ""
