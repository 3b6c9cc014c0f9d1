"""A circuit breaker: an endpoint that was found dead is left alone for a while, so that it costs only one user time."""

import threading
import time
from collections.abc import Callable

# An endpoint is left alone for several times as long as finding out took, so little time is lost to it on the whole.
_TIMES_AS_LONG = 5.0
_SHORTEST, _LONGEST = 1.0, 60.0


class Breaker:
    """Closed it lets every request through; open it lets none through, until one may try again.

    While that one tries, the others are still kept away.

    Args:
        clock: seconds that never go backwards.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._open_until: float | None = None
        self._pause = 0.0
        self._trying = False

    def enter(self) -> float | None:
        """Ask to be let through.

        Returns:
            None where the request may be sent (`passed`, `failed` or `left` is then to follow), otherwise the
            seconds after which one may try again.
        """
        with self._lock:
            if self._open_until is None:
                return None
            left = self._open_until - self._clock()
            if left > 0:
                return max(left, _SHORTEST)
            # Should nothing more be heard of this try, another one may follow.
            self._open_until, self._trying = self._clock() + _LONGEST, True
            return None

    def passed(self) -> None:
        """The endpoint lives."""
        with self._lock:
            self._open_until, self._pause, self._trying = None, 0.0, False

    def failed(self, cost: float, wished: float = 0.0) -> None:
        """The endpoint is dead.

        Args:
            cost: seconds that it took to find that out.
            wished: seconds for which the endpoint asked to be left alone.
        """
        with self._lock:
            again = 2 * self._pause if self._trying else 0.0
            self._pause = min(max(_TIMES_AS_LONG * cost, wished, again, _SHORTEST), _LONGEST)
            self._open_until = self._clock() + self._pause
            self._trying = False

    def left(self) -> None:
        """The request ended before anything was known of the endpoint."""
        with self._lock:
            if self._trying:
                self._open_until, self._trying = self._clock(), False
