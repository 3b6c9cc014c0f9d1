"""What one would otherwise have, over the same cards, with the same embedder and no language model."""

import time
from pathlib import Path
from typing import Any

from evals.bench.clock import timed
from evals.bench.tasks.asking import RANKED
from evals.bench.tasks.cards import Disguised, Drawn, cards_of, questions
from evals.bench.tasks.opening import assistant_at
from evals.systems import Bench, Progress
from evals.systems.baselines import Tutorial
from evals.systems.paperqa import PaperQA
from evals.systems.ranking import Ranker


def tutorial(
    tell: Progress, *, home: str, cards: str | None, limit: int | None, asked: int | None, drawn: bool = False
) -> dict[str, Any]:
    """LangChain's retrieval tutorial: index the cards, then search among them.

    Args:
        home: a folder of its own, in which the embedder is unpacked; nothing that was embedded before may be there.
        cards: the card file; None for the built-in cards.
        limit: at most so many of the cards.
        asked: at most so many questions; None for all.
        drawn: draw the chunks' vectors at random, which spares the time to embed them; for the time to search.
    """
    return _measured(Tutorial(_bench(tell, home, cards, limit, None, drawn)), tell, asked)


def paperqa(
    tell: Progress, *, home: str, cards: str | None, limit: int | None, asked: int | None, python: str | None
) -> dict[str, Any]:
    """PaperQA2's index and retrieval; as for `tutorial`.

    Args:
        python: an interpreter that has it; None for this one.
    """
    return _measured(PaperQA(_bench(tell, home, cards, limit, python, False)), tell, asked)


def _bench(tell: Progress, home: str, cards: str | None, limit: int | None, python: str | None, drawn: bool) -> Bench:
    from assistant import Assistant

    real = assistant_at(home, tell=tell)
    inner = real._collection.embedder
    embedder = Drawn(inner) if drawn else Disguised(inner)
    embedder.embed_array(["warm-up"])
    embedder.embed_query("warm-up")
    bench = Bench(Assistant(real.settings, embeddings=embedder), Path(home), Path(python) if python else None, tell)
    # Read from the file, so that nothing but the peer holds a store.
    bench.cards = {card.id: card for card in cards_of(cards, limit)}
    return bench


def _measured(ranker: Ranker, tell: Progress, limit: int | None) -> dict[str, Any]:
    began = time.perf_counter()
    ranker.prepare()
    indexed = time.perf_counter() - began
    warming, asked = questions(limit, kinds=RANKED)
    for question in warming:
        ranker.rank(question)
    timing = timed(ranker.rank, asked, lambda done: tell(done, len(asked), f"{ranker.info.title}: searching"))
    return {"index": indexed, "timing": timing.model_dump()}
