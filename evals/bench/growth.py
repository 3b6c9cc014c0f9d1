"""How something grows with the size of a collection, and what it comes to at a size that was not measured."""

from collections.abc import Sequence
from dataclasses import dataclass

# Growth above this power of the size is no longer called linear.
LINEAR = 1.1


@dataclass(frozen=True)
class Growth:
    """What was found.

    Args:
        exponent: slope of a straight line through the logarithms: 1 is linear, 0 is constant.
        value: at the size asked for.
        model: from what the value was computed, in words.
    """

    exponent: float
    value: float
    model: str


def growth(sizes: Sequence[float], values: Sequence[float], at: float) -> Growth:
    """Fit what was measured, and extrapolate.

    A part that does not grow and a part in proportion to the size are fitted, neither below zero, by least squares of
    the relative errors. Where the values grow faster than that allows, a power law is taken instead.

    Args:
        sizes: at least two, all different.
        values: measured at them, above zero.
        at: the size asked for.
    """
    import numpy as np

    x, y = np.asarray(sizes, float), np.asarray(values, float)
    exponent, logarithm = np.polyfit(np.log(x), np.log(y), 1)
    if exponent > LINEAR:
        value = float(np.exp(logarithm) * at**exponent)
        return Growth(float(exponent), value, f"power law, exponent {exponent:.2f}")
    columns = np.stack([1 / y, x / y], axis=1)
    fixed, slope = np.linalg.lstsq(columns, np.ones(len(y)), rcond=None)[0]
    if fixed < 0:
        fixed, slope = 0.0, float((x / y).sum() / ((x / y) ** 2).sum())
    elif slope < 0:
        fixed, slope = float((1 / y).sum() / (1 / y**2).sum()), 0.0
    return Growth(float(exponent), float(fixed + slope * at), f"{fixed:.3g} + {slope:.3g} x cards")
