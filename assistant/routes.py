"""Who answers which kind of question; a kind without a route of its own is answered from the best passages."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.types import Answer, Event, Kind, Query

if TYPE_CHECKING:
    from assistant.answering.writing import Writer
    from assistant.collection import Collection
    from assistant.verification import Checker


@dataclass(frozen=True)
class Parts:
    """What a route works with.

    Args:
        collection: the cards.
        checker: gives the check of what a question takes for granted; None where that is not checked.
        writer: the model and the check of what it writes; None where none writes.
        history: the conversation so far, messages in OpenAI's form; an assistant's message may also hold `cards`,
            the ids of the cards that it showed.
    """

    collection: "Collection"
    checker: "Callable[[], Checker] | None"
    writer: "Writer | None"
    history: Sequence[Mapping[str, Any]]

    def titles(self, card_ids: Sequence[str]) -> dict[str, str]:
        """The titles of those of some cards that exist, by id."""
        found = self.collection.cards(card_ids) if card_ids else {}
        return {card_id: card.title for card_id, card in found.items()}


# Gives None where the question turns out to be an ordinary one after all.
Route = Callable[[Query, Parts], Generator[Event, None, Answer | None]]


def _compared(query: Query, parts: Parts) -> Generator[Event, None, Answer | None]:
    from assistant.comparison import compared

    return (yield from compared(query, parts))


def _surveyed(query: Query, parts: Parts) -> Generator[Event, None, Answer | None]:
    from assistant.overview import surveyed

    return (yield from surveyed(query, parts))


def _listed(query: Query, parts: Parts) -> Generator[Event, None, Answer | None]:
    from assistant.catalog.listing import listed

    return (yield from listed(query, parts))


def _counted(query: Query, parts: Parts) -> Generator[Event, None, Answer | None]:
    from assistant.catalog.trends import counted

    return (yield from counted(query, parts))


def _introduced(query: Query, parts: Parts) -> Generator[Event, None, Answer | None]:
    from assistant.catalog.introduction import introduced

    return (yield from introduced(query, parts))


ROUTES: Mapping[Kind, Route] = {
    "compare": _compared,
    "topic": _surveyed,
    "list": _listed,
    "count": _listed,
    "trend": _counted,
    "chat": _introduced,
}
