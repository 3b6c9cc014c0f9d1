"""How far two graders agree beyond chance."""

import numpy as np

from evals.intervals import Numbers

# Grades are 0, 1 and 2: wrong, partly right, right.
GRADES = 3


def kappa(rows: Numbers) -> Numbers:
    """Cohen's kappa with linear weights (Cohen 1968): 1 is full agreement, 0 what chance gives.

    Args:
        rows: shape (..., items, 2), the two graders' grades 0 to 2.

    Returns:
        Shape (...); NaN where both graders give one and the same grade throughout, which proves nothing.
    """
    first, second = rows[..., 0], rows[..., 1]
    seen = np.abs(first - second).mean(axis=-1)
    shares = [(grades[..., None] == np.arange(GRADES)).mean(axis=-2) for grades in (first, second)]
    far = np.abs(np.subtract.outer(np.arange(GRADES), np.arange(GRADES)))
    chance = np.einsum("...i,ij,...j->...", shares[0], far, shares[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(chance > 0, 1 - seen / np.where(chance > 0, chance, 1), np.nan))


def same(rows: Numbers) -> Numbers:
    """The share of items with equal grades."""
    return np.asarray((rows[..., 0] == rows[..., 1]).mean(axis=-1))


def grade_of(share: float) -> int:
    """A figure between 0 and 1 as a grade: only all is right, and only nothing is wrong."""
    return 2 if share >= 1 else 0 if share <= 0 else 1
