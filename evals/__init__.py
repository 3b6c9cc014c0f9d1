"""Measuring and fitting: what tunes the assistant and tells how good it is; `from evals import run`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evals.results import Report
    from evals.suite import run

__all__ = ["Report", "run"]

# Imported when first used: the assistant's own code never pays for its evaluation.
_HOMES = {"Report": "evals.results", "run": "evals.suite"}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'evals' has no attribute {name!r}")
    return getattr(import_module(home), name)
