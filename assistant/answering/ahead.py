"""Reads what a model has written so far while it writes on, so that checking its last sentence is all that is left."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from assistant.types import DraftClaim
from assistant.verification import parse_draft

_ENDS = frozenset(".!?。！？;；\n")
# Longer drafts are cut short anyway, and each reading takes up all of it.
_LONGEST = 8_000


class Ahead:
    """Has something done about each sentence of a draft as soon as the next one begins, in another thread.

    Args:
        about: what; its result is not waited for, nor are its errors heard.
    """

    def __init__(self, about: Callable[[DraftClaim], object]) -> None:
        self._about = about
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        self._ends = 0
        self._begun: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def begin(self, job: Callable[[], object]) -> None:
        """Have something else done before any sentence's turn comes."""
        self._pool.submit(job)

    def told(self, text: str) -> None:
        """Take note of the draft so far.

        Args:
            text: all of it.
        """
        ends = sum(text.count(sign) for sign in _ENDS)
        if ends == self._ends or len(text) > _LONGEST:
            return
        self._ends = ends
        for claim in parse_draft(text)[:-1]:
            if claim.text not in self._begun:
                self._begun.add(claim.text)
                self._pool.submit(self._about, claim)
