"""Searching and answering in a process that is warm."""

from typing import Any

from evals.bench.clock import each_timed, timed, timing_of
from evals.bench.tasks.cards import questions
from evals.bench.tasks.opening import assistant_at
from evals.systems import Progress

_KINDS = ("single", "compare", "topic", "list", "count", "unanswerable")
RANKED = ("single", "compare", "topic")


def search(tell: Progress, *, home: str, limit: int | None, own_vectors: bool = False) -> dict[str, Any]:
    """Search with questions of the evaluation suite.

    Args:
        home: the assistant's, its collection ready.
        limit: at most so many questions; None for all.
        own_vectors: as when it was made.
    """
    assistant = assistant_at(home, own_vectors=own_vectors)
    warming, asked = questions(limit, kinds=RANKED)
    for question in warming:
        assistant.search(question)
    timing = timed(assistant.search, asked, lambda done: tell(done, len(asked), "searching"))
    return {"timing": timing.model_dump(), "cards": assistant.status()["cards"]}


def answer(tell: Progress, *, home: str, limit: int | None) -> dict[str, Any]:
    """Answer questions of the evaluation suite without a model.

    Args:
        home: the assistant's, its collection ready.
        limit: at most so many questions of each kind; None for all.
    """
    assistant = assistant_at(home)
    by_kind = {kind: questions(limit, kinds=[kind]) for kind in _KINDS}
    for warming, _ in by_kind.values():
        for question in warming:
            assistant.answer(question)
    seconds: dict[str, list[float]] = {}
    processor = 0.0
    for kind, (_, asked) in by_kind.items():
        tell(len(seconds), len(by_kind), "answering")
        seconds[kind], spent = each_timed(assistant.answer, asked)
        processor += spent
    every = [each for theirs in seconds.values() for each in theirs]
    return {
        "timing": timing_of(every, processor).model_dump(),
        "kinds": {kind: timing_of(theirs).model_dump() for kind, theirs in seconds.items() if theirs},
    }
