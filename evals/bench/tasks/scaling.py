"""Large collections of synthetic cards: filling one, and searching in it."""

import time
from pathlib import Path
from typing import Any

from evals.bench.clock import processor_time, timed
from evals.bench.memory import peak
from evals.bench.tasks.asking import RANKED
from evals.bench.tasks.cards import questions
from evals.bench.tasks.opening import assistant_at
from evals.systems import Progress


def fill(tell: Progress, *, home: str, cards: int, whole: bool) -> dict[str, Any]:
    """Ingest so many synthetic cards; their vectors are recombined and not embedded.

    Args:
        home: the assistant's, empty but for the unpacked embedder.
        cards: how many.
        whole: as many passages a card as the full card file has, 27 in place of 3.
    """
    from assistant import Assistant
    from evals.bench.synthetic import FULL, RecombiningEmbedder, write

    folder = Path(home)
    files = write(folder / "synthetic.jsonl", cards, shape=FULL if whole else None)
    real = assistant_at(home, builtin=False)
    embedder = RecombiningEmbedder(real._collection.embedder)
    assistant = Assistant(real.settings, embeddings=embedder, progress=tell)
    before = peak()
    spent, began = processor_time(), time.perf_counter()
    assistant.ingest(files, progress=tell)
    seconds = time.perf_counter() - began
    processor = processor_time() - spent
    status = assistant.status()
    for file in files:
        file.unlink()
    stored = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {
        "seconds": seconds,
        "processor": processor,
        "memory_before": before,
        "memory": peak(),
        "cards": status["cards"],
        "passages": status["passages"],
        "stored": stored,
    }


def search(tell: Progress, *, home: str, limit: int) -> dict[str, Any]:
    """Open a large collection, and search in it.

    Args:
        home: the assistant's, filled before.
        limit: at most so many questions.
    """
    began = time.perf_counter()
    assistant = assistant_at(home, builtin=False)
    assistant.ready()
    opened = time.perf_counter() - began
    began = time.perf_counter()
    warming, asked = questions(limit, kinds=RANKED)
    assistant.search(warming[0])
    first = time.perf_counter() - began
    for question in warming[1:]:
        assistant.search(question)
    timing = timed(assistant.search, asked, lambda done: tell(done, len(asked), "searching among synthetic cards"))
    return {"opened": opened, "first": first, "timing": timing.model_dump(), "memory": peak()}
