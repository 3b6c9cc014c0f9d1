"""A plot: charts that belong together, with a title and a sentence on how to read them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

SHARES = [(at / 4, f"{at * 25}%") for at in range(5)]


@dataclass(frozen=True)
class Panel:
    """One chart under its own title."""

    title: str
    chart: Markup


@dataclass(frozen=True)
class Plot:
    """Charts that belong together.

    Args:
        title: what they show.
        reading: one or two sentences that say how to read them.
        panels: the charts.
        legend: class and name of each line; empty where there is only one.
    """

    title: str
    reading: str
    panels: Sequence[Panel]
    legend: Sequence[tuple[str, str]] = field(default_factory=tuple)
