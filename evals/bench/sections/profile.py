"""Where the time of a cold `assistant ask` and of warm answers goes."""

from collections.abc import Mapping

from evals.bench.place import Place
from evals.bench.results import Baseline, Figure
from evals.bench.sections.cold import QUESTION

_SHOWN = 10


def cold(place: Place) -> list[Figure]:
    """A cold start, by library."""
    found = place.fresh.run("profiling.cold", home=place.home(), question=QUESTION).result
    whole = Baseline(name="all of it", value=found["seconds"])
    imports: Mapping[str, float] = found["libraries"]
    figures = [_figure("cold", f"import of {name}", spent, whole) for name, spent in list(imports.items())[:_SHOWN]]
    rest = found["seconds"] - sum(imports.values())
    return [
        *figures,
        _figure("cold", "import of all the others", sum(list(imports.values())[_SHOWN:]), whole),
        _figure("cold", "everything but imports", rest, whole),
    ]


def answer(place: Place) -> list[Figure]:
    """Warm answers, by module."""
    found = place.fresh.run("profiling.answer", home=place.home(), limit=100 if place.full else 40).result
    modules: Mapping[str, float] = found["modules"]
    whole = Baseline(name="an answer, profiled", value=sum(modules.values()))
    note = f"on average over {found['answers']} answers; the profiler makes Python's own share larger than it is"
    figures = [_figure("answer", name, spent, whole) for name, spent in list(modules.items())[:_SHOWN]]
    figures[0].note = note
    return [*figures, _figure("answer", "everything else", sum(list(modules.values())[_SHOWN:]), whole)]


def _figure(key: str, title: str, spent: float, whole: Baseline) -> Figure:
    kind = "cold ask" if key == "cold" else "warm answer"
    return Figure(key=f"profile.{key}.{title}", title=f"{kind}: {title}", value=spent, baseline=whole)
