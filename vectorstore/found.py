"""The candidates for a question, and the two ways of finding them have in common."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import numpy as np

_Result = TypeVar("_Result")

# So many questions may wait for the store at once; threads are started as they are needed.
_AT_ONCE = 64


@dataclass(frozen=True)
class Found:
    """What was found near a question.

    Args:
        entries: (entry id, cosine), best first.
        words: BM25 of cards.
        fused: where the store fuses both rankings itself, how high each card stands there, from 0 to 1.
    """

    entries: Sequence[tuple[str, float]]
    words: Mapping[str, float]
    fused: Mapping[str, float] = field(default_factory=dict)


class Search(Protocol):
    """Finds candidates."""

    def begin(
        self,
        vector: "np.ndarray",
        wanted: Sequence[str],
        *,
        where: Mapping[str, Any] | None = None,
        only: Sequence[str] | None = None,
    ) -> Callable[[], Found]:
        """Begin to look for entries and cards near a question.

        Args:
            vector: the question's vector.
            wanted: its terms.
            where: Chroma's filter of the passages.
            only: the ids of the cards that the filter leaves.

        Returns:
            What waits for them and gives them.
        """
        ...


def in_background(job: Callable[[], _Result]) -> "Future[_Result]":
    """Have Chroma work in a thread: it computes without Python's lock, or far away, so other work can go on."""
    return _threads().submit(job)


@cache
def _threads() -> ThreadPoolExecutor:
    # Kept: starting a thread for every question took it a twentieth of its time.
    return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="search")
