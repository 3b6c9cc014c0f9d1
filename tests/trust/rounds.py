"""How often the attacks are repeated: a little by default, more where TRUST_ROUNDS says so."""

import os

from hypothesis import HealthCheck, settings

TIMES = int(os.environ.get("TRUST_ROUNDS", "1"))
"""By what the default numbers of repetitions are multiplied."""


def tries(number: int) -> settings:
    """Hypothesis's settings for so many examples by default; slow ones are no failure on a busy machine."""
    return settings(
        max_examples=number * TIMES,
        deadline=None,
        derandomize=TIMES == 1,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
