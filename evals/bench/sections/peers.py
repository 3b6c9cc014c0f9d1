"""Index and search of those one would otherwise use, on the same cards with the same embedder and no model."""

from evals.bench.fresh import Taken
from evals.bench.place import Place
from evals.bench.results import Baseline, Figure, Timing
from evals.bench.sections.collecting import ingested_sample

_PAPERQA = "PaperQA2"
_OURS = "this assistant"


def ours(place: Place) -> list[Figure]:
    """The assistant."""
    taken, found = _ours(place)
    timing = Timing.model_validate(found.result["timing"])
    return _figures("ours", _OURS, taken.result["seconds"], timing, max(taken.peak, found.peak), None)


def tutorial(place: Place) -> list[Figure]:
    """LangChain's tutorial pipeline."""
    return _peer(place, "tutorial", "LangChain tutorial", place.tutorial())


def paperqa(place: Place) -> list[Figure]:
    """PaperQA2's index and retrieval."""
    python = str(place.paperqa_python) if place.paperqa_python else None
    taken = place.fresh.run(
        "peers.paperqa",
        home=place.once("paperqa"),
        cards=place.file,
        limit=place.limit,
        asked=place.questions,
        python=python,
    )
    return _peer(place, "paperqa", _PAPERQA, taken)


def _ours(place: Place) -> tuple[Taken, Taken]:
    taken = place.ingested() if place.full else ingested_sample(place)
    if place.full:
        return taken, place.fresh.run("asking.search", home=place.home(), limit=place.questions)
    home = place.once("home-sample")
    return taken, place.fresh.run("asking.search", home=home, limit=place.questions, own_vectors=True)


def _peer(place: Place, key: str, name: str, taken: Taken) -> list[Figure]:
    mine, searched = _ours(place)
    timing = Timing.model_validate(taken.result["timing"])
    held = (
        mine.result["seconds"],
        Timing.model_validate(searched.result["timing"]).p50,
        float(max(mine.peak, searched.peak)),
    )
    return _figures(key, name, taken.result["index"], timing, taken.peak, held)


def _figures(
    key: str, name: str, index: float, timing: Timing, memory: int, held: tuple[float, float, float] | None
) -> list[Figure]:
    note = "imports of its libraries included"
    baselines = [Baseline(name=_OURS, value=value) for value in held] if held is not None else [None] * 3
    return [
        Figure(key=f"peers.{key}.index", title=f"{name}: index", value=index, baseline=baselines[0], note=note),
        Figure.timed(f"peers.{key}.search", f"{name}: search", timing, baseline=baselines[1]),
        Figure(
            key=f"peers.{key}.memory",
            title=f"{name}: peak memory",
            value=memory,
            unit="bytes",
            baseline=baselines[2],
        ),
    ]
