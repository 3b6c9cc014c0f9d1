"""Scored outcomes to figures: every metric of every system over every slice, with its interval."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from evals.datasets.models import AnyItem
from evals.intervals import interval
from evals.metrics import MEASURED
from evals.results import Measure, Outcome
from evals.slices import slices_of

# `all` and the language, which an item has whatever its kind.
_SLICES_OF_ANY_ITEM = 2


def measures_of(outcomes: Iterable[Outcome], items: Mapping[str, AnyItem], *, seed: int = 0) -> list[Measure]:
    """All figures.

    Args:
        outcomes: scored.
        items: what was asked, by id.
        seed: of the bootstrap.
    """
    by_system: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_system[outcome.system].append(outcome)
    found: list[Measure] = []
    for measured in MEASURED:
        metric = measured.metric
        for system, theirs in by_system.items():
            rows: dict[str, list[list[float]]] = defaultdict(list)
            for outcome in theirs:
                if all(source in outcome.values for source in measured.sources):
                    values = [outcome.values[source] for source in measured.sources]
                    slices = slices_of(items[outcome.item])
                    for name in slices[:_SLICES_OF_ANY_ITEM] if not measured.by_kind else slices:
                        rows[name].append(values)
            for name, table in rows.items():
                value, low, high = interval(
                    np.array(table, float), measured.statistic, seed=seed, share=metric.unit == "share"
                )
                if not np.isnan(value):
                    found.append(
                        Measure(
                            metric=metric.key, system=system, slice=name, value=value, low=low, high=high, n=len(table)
                        )
                    )
    return found
