"""A uvicorn server that ends well: what is being answered is finished first, within a limit."""

import signal
import time
from collections.abc import Callable
from types import FrameType

import uvicorn

from assistant.web.health import Health

FINISHING_SECONDS = 30.0
"""How long answers under way may take to finish once the server is told to stop."""


class EndsWell(uvicorn.Server):
    """On SIGTERM or Ctrl-C takes no new questions, finishes those under way and stops; the second time it just stops.

    Args:
        config: of uvicorn.
        health: is told that the server stops.
        working: how many answers are under way.
        end: called before connections are closed, in the event loop.
        limit: seconds that answers may take to finish.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        health: Health,
        *,
        working: Callable[[], int] = lambda: 0,
        end: Callable[[], None] = lambda: None,
        limit: float = FINISHING_SECONDS,
    ) -> None:
        super().__init__(config)
        self._health, self._working, self._end, self._limit = health, working, end, limit
        self._until = 0.0
        self._stopped_by = 0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop. Unlike uvicorn's own, it does not raise the signal again: the exit code is ours."""
        if self._health.stopping:
            self.should_exit = self.force_exit = True
            return
        self._stopped_by = sig
        self._until = time.monotonic() + self._limit
        self._health.stopping = True

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop now; uvicorn asks ten times a second."""
        done = not self._working() or time.monotonic() > self._until
        if self._health.stopping and done and not self.should_exit:
            self._end()
            self.should_exit = True
        return await super().on_tick(counter)

    @property
    def exit_code(self) -> int:
        """0, or what shells expect after Ctrl-C."""
        return 130 if self._stopped_by == signal.SIGINT else 0
