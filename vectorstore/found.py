"""The candidates for a question, and the two ways of finding them have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np


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

    def found(
        self,
        vector: "np.ndarray",
        wanted: Sequence[str],
        *,
        where: Mapping[str, Any] | None = None,
        only: Sequence[str] | None = None,
    ) -> Found:
        """Entries and cards near a question.

        Args:
            vector: the question's vector.
            wanted: its terms.
            where: Chroma's filter of the passages.
            only: the ids of the cards that the filter leaves.
        """
        ...
