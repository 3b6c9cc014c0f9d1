"""Figures that are no means: F1, the area under a curve, percentiles; each over all resamples at once."""

import numpy as np

from evals.intervals import Numbers

# F1 and the area take rows of (truth, said) and give NaN where the figure is not defined.


def f1(rows: Numbers) -> Numbers:
    """The harmonic mean of precision and recall; not defined where nothing is positive."""
    truth, said = rows[..., 0], rows[..., 1]
    defined = truth.sum(axis=-1)
    return np.where(
        defined > 0, _ratio(2 * (truth * said).sum(axis=-1), truth.sum(axis=-1) + said.sum(axis=-1)), np.nan
    )


def area(rows: Numbers) -> Numbers:
    """The chance that a positive gets a higher score than a negative, ties counting half (Mann and Whitney 1947)."""
    from scipy.stats import rankdata

    truth, score = rows[..., 0], rows[..., 1]
    ranks = rankdata(score, axis=-1)
    positives = truth.sum(axis=-1)
    negatives = truth.shape[-1] - positives
    above = (ranks * truth).sum(axis=-1) - positives * (positives + 1) / 2
    return _ratio(above, positives * negatives)


def median(rows: Numbers) -> Numbers:
    """The value that half of the items stay below."""
    return np.asarray(np.quantile(rows[..., 0], 0.5, axis=-1))


def slowest(rows: Numbers) -> Numbers:
    """The value that 95 of 100 items stay below."""
    return np.asarray(np.quantile(rows[..., 0], 0.95, axis=-1))


def _ratio(above: Numbers, below: Numbers) -> Numbers:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(below > 0, above / np.where(below > 0, below, 1), np.nan))
