"""How often the attacks are repeated: a little by default, more where the environment says so, and then counted.

`TRUST_ROUNDS` multiplies every number of repetitions, `TRUST_SECONDS` has each fuzzed test go on with new examples
for so long, `TRUST_KILLS` is how often an ingest is killed.
"""

import functools
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import HealthCheck, settings

TIMES = int(os.environ.get("TRUST_ROUNDS", "1"))
"""By what the default numbers of repetitions are multiplied."""

SECONDS = float(os.environ.get("TRUST_SECONDS", "0"))
"""How long a fuzzed test goes on; 0 is until it had its number of examples."""

KILLS = int(os.environ.get("TRUST_KILLS", 3 * TIMES))
"""How often an ingest into each kind of store is killed."""

REPORTED: defaultdict[str, Counter[str]] = defaultdict(Counter)
"""What was counted, by what: shown when all tests have run."""


def report(what: str, counted: Mapping[str, int]) -> None:
    """Have figures shown at the end, added to those of the same name."""
    REPORTED[what].update(counted)


def tries(number: int, *, share: float = 1.0) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """So many examples for a test of Hypothesis; slow ones are no failure on a busy machine.

    Args:
        number: how many by default.
        share: of `SECONDS`, for what is one of many within a test.
    """
    often = settings(
        max_examples=number * TIMES,
        deadline=None,
        derandomize=TIMES == 1 and not SECONDS,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
    )

    def applied(test: Any) -> Callable[..., None]:
        counted = REPORTED[test.__name__]
        inner = test.hypothesis.inner_test

        @functools.wraps(inner)
        def one(*args: Any, **kwargs: Any) -> None:
            counted["examples"] += 1
            inner(*args, **kwargs)
            counted["survived"] += 1

        test.hypothesis.inner_test = one
        bounded = often(test)

        @functools.wraps(bounded)
        def repeated(*args: Any, **kwargs: Any) -> None:
            until = time.monotonic() + share * SECONDS
            bounded(*args, **kwargs)
            while time.monotonic() < until:
                bounded(*args, **kwargs)

        return repeated

    return applied
