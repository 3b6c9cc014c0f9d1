"""Ingest: from nothing, again, and what a killed one loses."""

import time
from pathlib import Path
from typing import Any

from evals.systems import Progress


def ingest(tell: Progress, *, home: str, cards: str | None, own_vectors: bool = False) -> dict[str, Any]:
    """Bring a collection up to a card file, in a process that has nothing open yet.

    Args:
        home: the assistant's; empty for an ingest from nothing.
        cards: the file; None for the built-in cards.
        own_vectors: use none of the vectors that the package ships.
    """
    began = time.perf_counter()
    from evals.bench.tasks.opening import assistant_at

    imported = time.perf_counter()
    assistant = assistant_at(home, builtin=cards is None, own_vectors=own_vectors, tell=tell)
    if cards is None:
        assistant.ready()
        return {"seconds": time.perf_counter() - imported, "cards": assistant.status()["cards"]}
    from_nothing = assistant.ingest([Path(cards)], progress=tell)
    seconds = time.perf_counter() - imported
    # Once more in the same process: what is left when everything is open.
    again = time.perf_counter()
    repeated = assistant.ingest([Path(cards)], progress=tell)
    return {
        "imports": imported - began,
        "seconds": seconds,
        "again": time.perf_counter() - again,
        "changed": from_nothing.added + from_nothing.updated,
        "changed_again": repeated.added + repeated.updated,
        "passages": assistant.status()["passages"],
        "cards": assistant.status()["cards"],
    }
