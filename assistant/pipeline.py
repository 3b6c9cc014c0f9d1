"""The way from a question to its verified answer, step by step."""

from collections.abc import Generator, Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from assistant.assembly import abstained, from_quotes
from assistant.routes import ROUTES, Parts
from assistant.types import Answer, Answered, Event, EvidenceFound, Filters, Query, Step

if TYPE_CHECKING:
    from assistant.catalog.holdings import Holdings
    from assistant.retrieval import Retrieved

# Cards that an answer may draw on; the ranking is far surer of the first than of the tenth.
_CARDS = 10
# Half a second of imports, of patterns mostly and of the dictionary that cuts Chinese into words.
_NEEDED = (
    "assistant.understanding.kinds",
    "assistant.retrieval",
    "assistant.abstention",
    "assistant.answering.extractive",
    "assistant.catalog.holdings",
    "assistant.following",
    "rapidfuzz.process",
    "rjieba",
)


def import_ahead() -> None:
    """Import what most answers need, where there is time before the first question."""
    for module in _NEEDED:
        import_module(module)


def answered(question: str, parts: Parts, filters: Filters | None = None, *, show_all: bool = False) -> Iterator[Event]:
    """Everything that happens between a question and its answer, which comes last.

    Args:
        question: as typed, not empty.
        parts: what it is answered with.
        filters: which cards may be used.
        show_all: a list or overview is wanted to its end, whether or not the question says so.
    """
    yield Step(step="understanding")
    if parts.writer is not None:
        parts.writer.model.warm()
    query = _understood(question, parts, filters)
    if show_all:
        query = query.model_copy(update={"show_all": True})
    route = ROUTES.get(query.kind)
    answer = (yield from route(query, parts)) if route is not None else None
    if answer is None:
        query = query.model_copy(update={"kind": "single"})
        answer = yield from _from_passages(query, parts)
    answer = answer.model_copy(update={"kind": query.kind})
    yield Answered(answer=answer.model_copy(update={"followups": _followups(query, answer, parts)}))


def _understood(question: str, parts: Parts, filters: Filters | None) -> Query:
    """What a question means: by rules, and by the model where one is configured and may know better."""
    from assistant.understanding import understand

    names, known = parts.collection.names(), partial(_known, parts)
    query = understand(question, parts.history, filters, names.cards_named, parts.titles, known)
    if parts.writer is None:
        return query
    from assistant.understanding.by_model import Surroundings, is_worth_asking, understood

    settings = parts.writer.settings
    if not is_worth_asking(query, settings.understanding):
        return query

    def read(wording: str) -> Query:
        return understand(wording, (), filters, names.cards_named, parts.titles, known)

    around = Surroundings(parts.history, names, parts.titles, known(), read, settings.context_tokens)
    return understood(query, parts.writer.model, around)


def _known(parts: Parts) -> "Holdings":
    from assistant.catalog.holdings import holdings_of

    return holdings_of(parts.collection)


def _followups(query: Query, answer: Answer, parts: Parts) -> list[str]:
    from assistant.following import followups

    shown = answer.cards[:2]
    alike = parts.collection.keywords.latent.like(shown[0], 2) if shown else []
    found = parts.collection.cards([*shown, *alike])
    return followups(query, answer, {card_id: found[card_id] for card_id in (*shown, *alike) if card_id in found})


def _from_passages(query: Query, parts: Parts) -> Generator[Event, None, Answer]:
    """Answer from the passages of the nearest cards: written by the model, or else in the cards' own sentences."""
    from assistant.abstention import decide, decide_on_premise

    yield Step(step="searching")
    collection = parts.collection
    retrieved = collection.retriever().retrieve(query.standalone, k=_CARDS, filters=query.filters)
    yield EvidenceFound(hits=retrieved.hits)
    names = collection.names()
    decision = decide(query, retrieved.hits, retrieved.cards, names, retrieved.signals)
    if decision.answer and parts.checker is not None:
        decision = decide_on_premise(query, retrieved.hits, retrieved.cards, names, parts.checker)
    if not decision.answer:
        return abstained(query, retrieved.hits, decision.reason)
    notes: list[str] = []
    if parts.writer is not None:
        written = yield from parts.writer.written(query, parts.history, retrieved.hits, retrieved.cards, notes)
        if written is not None:
            return written
    return _extracted(query, retrieved, parts, notes)


def _extracted(query: Query, retrieved: "Retrieved", parts: Parts, notes: Sequence[str]) -> Answer:
    from assistant.answering.extractive import ExtractiveAnswerer

    # The first card alone answers.
    similarity = parts.collection.similarity(
        retrieved.vector, [retrieved.cards[hit.card_id] for hit in retrieved.hits[:1]]
    )
    selected = ExtractiveAnswerer().draft(query, retrieved.hits, retrieved.cards, similarity=similarity)
    if not selected:
        return abstained(query, retrieved.hits, "", notes=notes)
    return from_quotes(query, selected, retrieved.cards, notes)
