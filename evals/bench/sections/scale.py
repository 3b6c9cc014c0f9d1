"""How time and memory grow with the number of cards."""

from collections.abc import Callable
from dataclasses import dataclass

from evals.bench.growth import LINEAR, growth
from evals.bench.place import Place
from evals.bench.results import Figure, Target, Timing, Unit

_GOAL, _MILLION = 100_000, 1_000_000
# No curve is followed further than to so many times the largest size that was measured.
_FURTHEST = 10
_MADE_UP = "recombined passages, three a card, their vectors recombined too and not embedded"


@dataclass(frozen=True)
class _Size:
    """What was measured at one size."""

    cards: int
    passages: int
    seconds: float
    processor: float
    memory: float
    stored: float
    opened: float
    search: Timing
    search_memory: float


@dataclass(frozen=True)
class _Curve:
    """One thing that grows.

    Args:
        key, title, unit: of its figures.
        value: reads it off a size.
        goal: at 100,000 cards.
    """

    key: str
    title: str
    unit: Unit
    value: Callable[[_Size], float]
    goal: Target | None = None


_CURVES = (
    _Curve("ingest", "ingest", "seconds", lambda size: size.seconds),
    _Curve("memory", "peak memory of the ingest", "bytes", lambda size: size.memory, Target(limit=1.5e9)),
    _Curve("stored", "on disk", "bytes", lambda size: size.stored),
    _Curve("open", "opening the collection", "seconds", lambda size: size.opened),
    _Curve("search", "search, median", "seconds", lambda size: size.search.p50),
    _Curve("search_p95", "search, 95th percentile", "seconds", lambda size: size.search.p95, Target(limit=0.06)),
    _Curve("search_memory", "peak memory of searching", "bytes", lambda size: size.search_memory),
)


def sizes(place: Place) -> list[Figure]:
    """Fill and search collections of several sizes, and extrapolate as far as to a million cards."""
    measured = [_measured(place, cards) for cards in sorted(place.sizes)]
    figures = [figure for curve in _CURVES for figure in _figures(curve, measured)]
    return figures


def _measured(place: Place, cards: int) -> _Size:
    home = place.once(f"home-{cards}")
    filled = place.fresh.run("scaling.fill", home=home, cards=cards, whole=False).result
    found = place.fresh.run("scaling.search", home=home, limit=place.questions).result
    return _Size(
        cards=filled["cards"],
        passages=filled["passages"],
        seconds=filled["seconds"],
        processor=filled["processor"],
        memory=filled["memory"],
        stored=filled["stored"],
        opened=found["opened"],
        search=Timing.model_validate(found["timing"]),
        search_memory=found["memory"],
    )


def _figures(curve: _Curve, measured: list[_Size]) -> list[Figure]:
    figures = []
    for size in measured:
        figures.append(
            Figure(
                key=f"scale.{curve.key}.{size.cards}",
                title=f"{curve.title}, {size.cards:,} cards",
                value=curve.value(size),
                unit=curve.unit,
                n=size.search.n if curve.key.startswith("search") else 1,
                processor=size.processor if curve.key == "ingest" else None,
                target=curve.goal if size.cards == _GOAL else None,
                note=f"{size.passages:,} passages; {_MADE_UP}" if curve.key == "ingest" else "",
            )
        )
    if len(measured) < 2:
        return figures
    at = min(_MILLION, _FURTHEST * measured[-1].cards)
    found = growth([size.cards for size in measured], [curve.value(size) for size in measured], at)
    linear = Target(limit=LINEAR) if curve.key == "ingest" else None
    figures.append(
        Figure(
            key=f"scale.{curve.key}.growth",
            title=f"{curve.title}, power of the number of cards",
            value=found.exponent,
            unit="number",
            n=len(measured),
            target=linear,
        )
    )
    if at > measured[-1].cards:
        figures.append(
            Figure(
                key=f"scale.{curve.key}.{at}",
                title=f"{curve.title}, {at:,} cards, extrapolated",
                value=found.value,
                unit=curve.unit,
                n=0,
                note=found.model,
            )
        )
    return figures
