"""How sure a figure is: bootstrap intervals over the items it rests on."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
# Takes (..., items, columns) and gives (...): one figure for each resample.
Statistic = Callable[[Numbers], Numbers]

LEVEL = 0.95
_RESAMPLES = 1_000


def mean(rows: Numbers) -> Numbers:
    """The mean of the first column."""
    return np.asarray(rows[..., 0].mean(axis=-1))


def interval(
    rows: Numbers, statistic: Statistic = mean, *, seed: int = 0, share: bool = True
) -> tuple[float, float, float]:
    """A figure and the ends of its 95% percentile bootstrap interval (Efron 1979).

    Where all items of a share came out alike, no resample differs: the exact binomial interval
    (Clopper and Pearson 1934) then says how little so few items prove.

    Args:
        rows: float64 of shape (items, columns), at least one item.
        statistic: the figure; must work on a leading axis of resamples.
        seed: equal seeds give equal intervals.
        share: values lie between 0 and 1.

    Returns:
        The figure, the lower and the upper end; NaN throughout where the figure is not defined.
    """
    value = float(statistic(rows))
    if np.isnan(value):
        return value, value, value
    if share and statistic is mean and value in (0.0, 1.0):
        return value, *_exact(len(rows), value)
    drawn = statistic(rows[_resamples(len(rows), seed)])
    drawn = drawn[~np.isnan(drawn)]
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail]) if len(drawn) else (value, value)
    return value, float(low), float(high)


@lru_cache(maxsize=512)
def _resamples(size: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng((seed, size)).integers(0, size, (_RESAMPLES, size))


@lru_cache(maxsize=1_024)
def _exact(size: int, value: float) -> tuple[float, float]:
    from scipy.stats import binomtest

    found = binomtest(round(value * size), size).proportion_ci(confidence_level=LEVEL, method="exact")
    return float(found.low), float(found.high)
