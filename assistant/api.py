"""The functions that `import assistant` offers, all of them over one shared `Assistant`."""

from collections.abc import AsyncIterator, Sequence
from functools import cache
from typing import Any

from assistant.assistant import Assistant
from assistant.types import Answer, CardHit, Event, Verdict


@cache
def default_assistant() -> Assistant:
    """The assistant of the environment's settings, made at first use."""
    return Assistant()


def answer(question: str, **kwargs: Any) -> Answer:
    """`Assistant.answer` with the settings of the environment."""
    return default_assistant().answer(question, **kwargs)


def search(query: str, **kwargs: Any) -> list[CardHit]:
    """`Assistant.search` with the settings of the environment."""
    return default_assistant().search(query, **kwargs)


def verify(claim: str, card_ids: Sequence[str]) -> Verdict:
    """`Assistant.verify` with the settings of the environment."""
    return default_assistant().verify(claim, card_ids)


async def aanswer(question: str, **kwargs: Any) -> Answer:
    """`answer` without blocking the event loop."""
    return await default_assistant().aanswer(question, **kwargs)


async def asearch(query: str, **kwargs: Any) -> list[CardHit]:
    """`search` without blocking the event loop."""
    return await default_assistant().asearch(query, **kwargs)


async def astream(question: str, **kwargs: Any) -> AsyncIterator[Event]:
    """`Assistant.stream` without blocking the event loop."""
    async for event in default_assistant().astream(question, **kwargs):
        yield event
