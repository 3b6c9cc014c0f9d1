"""How much one client may ask for: requests a minute, answers at once, and the size of a question."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from vectorstore.errors import UserError

Result = TypeVar("Result")

MAX_QUESTION = 4_000
"""Characters of the longest question that is taken; far more than any question about papers needs."""

MAX_BODY = 4_000_000
"""Bytes of the largest request body that is read."""


class BusyError(UserError):
    """All places are taken; the same request may succeed a moment later."""


class RateLimit:
    """At most so many requests of each client in a moving window.

    Args:
        rate: as the `limits` library writes it, e.g. `240/minute`.

    Raises:
        UserError: the rate cannot be read.
    """

    def __init__(self, rate: str) -> None:
        from limits import parse
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        try:
            self._rate = parse(rate)
        except ValueError:
            raise UserError(f"{rate!r} is no rate; write one as 240/minute") from None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def take(self, client: str) -> bool:
        """Count one request of a client; False where it is one too many, which is not counted."""
        return self._limiter.hit(self._rate, client)

    def used_up(self, client: str) -> bool:
        """Whether the next request of a client would be one too many; counts nothing."""
        return not self._limiter.test(self._rate, client)

    @property
    def seconds(self) -> int:
        """How long a client that was refused does best to wait, at most."""
        return int(self._rate.get_expiry())


class Gate:
    """Lets a few calls work at once and a few more wait; refuses the rest, so that no one waits in vain.

    Args:
        working: calls that work at once.
        waiting: calls that may wait for a place.
    """

    def __init__(self, working: int, waiting: int) -> None:
        self._places = asyncio.Semaphore(working)
        self._room = working + waiting
        self._inside = 0
        self._lock = threading.Lock()

    async def through(self, call: Callable[..., Result], *arguments: Any) -> Result:
        """Run a blocking call in a thread when its turn comes.

        Raises:
            BusyError: there is no room even to wait.
        """
        with self._lock:
            if self._inside >= self._room:
                raise BusyError("the server is busy; please ask again in a moment")
            self._inside += 1
        try:
            async with self._places:
                return await asyncio.to_thread(call, *arguments)
        finally:
            with self._lock:
                self._inside -= 1


def fitting(question: str) -> str:
    """The question, where it is not longer than any question needs to be.

    Raises:
        UserError: it is.
    """
    if len(question) > MAX_QUESTION:
        raise UserError(
            f"the question has {len(question):,} characters; at most {MAX_QUESTION:,} are taken, so shorten it"
        )
    return question
