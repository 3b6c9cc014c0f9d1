"""Searching and answering in a running process, beside the tutorial pipeline's search."""

from evals.bench.place import Place
from evals.bench.results import Baseline, Figure, Target, Timing
from evals.bench.sections.collecting import TUTORIAL

_KINDS = {"single": "one paper", "unanswerable": "what no card says"}


def search(place: Place) -> list[Figure]:
    """`Assistant.search`."""
    taken = place.fresh.run("asking.search", home=place.home(), limit=place.questions)
    return [
        Figure.timed(
            "search.warm",
            "search",
            Timing.model_validate(taken.result["timing"]),
            baseline=_tutorial(place),
            target=Target(limit=0.015),
            note=f"{taken.result['cards']} cards, each question once",
        ),
        Figure(key="search.memory", title="peak memory", value=taken.peak, unit="bytes"),
    ]


def answer(place: Place) -> list[Figure]:
    """`Assistant.answer` without a model."""
    # Of each of six kinds.
    limit = None if place.questions is None else max(1, place.questions // 6)
    taken = place.fresh.run("asking.answer", home=place.home(), limit=limit)
    figures = [
        Figure.timed(
            "answer.warm",
            "answer, all kinds",
            Timing.model_validate(taken.result["timing"]),
            baseline=_tutorial(place),
            target=Target(limit=0.06),
            note="the tutorial finds four chunks, and no more",
        )
    ]
    for kind, timing in taken.result["kinds"].items():
        title = f"answer, {_KINDS.get(kind, kind)}"
        figures.append(Figure.timed(f"answer.{kind}", title, Timing.model_validate(timing)))
    return [*figures, Figure(key="answer.memory", title="peak memory", value=taken.peak, unit="bytes")]


def _tutorial(place: Place) -> Baseline:
    """The tutorial's search among all cards; in a quick run among chunks whose vectors are drawn at random."""
    found = place.tutorial(drawn=not place.full).result
    return Baseline(name=TUTORIAL, value=Timing.model_validate(found["timing"]).p50)
