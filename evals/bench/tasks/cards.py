"""The cards and questions that are measured with."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from evals.datasets import builtin_items
from evals.datasets.models import BaseQuestion, FollowUp
from evals.systems import Progress
from vectorstore.cards import PaperCard
from vectorstore.embedders.base import Embedder, Kind, Vectors

T = TypeVar("T")

# One question in so many is asked to warm up and never timed: nothing that is timed was asked before.
_WARMING = 10


def cards_of(source: str | None, limit: int | None = None) -> list[PaperCard]:
    """The cards of a file, or the built-in ones.

    Args:
        source: the file; None for the built-in cards.
        limit: at most so many, spread over all of them.
    """
    from vectorstore.corpus import builtin_cards, with_builtin_aid
    from vectorstore.readers import read_cards

    found = [with_builtin_aid(card) for card in read_cards(Path(source)).cards] if source else list(builtin_cards())
    return spread(found, limit)


def spread(values: Sequence[T], limit: int | None) -> list[T]:
    """At most so many of some values, the same distance from each other."""
    if limit is None or limit >= len(values):
        return list(values)
    return [values[place * len(values) // limit] for place in range(limit)]


def passages_of(cards: Sequence[PaperCard]) -> list[str]:
    """What is embedded of some cards when they are ingested, questions left out."""
    from vectorstore.ingest import entries_of

    return [source.embedded for card in cards for source in entries_of(card) if source.kind == "passage"]


def questions(limit: int | None = None, *, kinds: Sequence[str] = ()) -> tuple[list[str], list[str]]:
    """Questions of the evaluation suite: those to warm up with, and those to be timed.

    Args:
        limit: at most so many of the latter.
        kinds: which; all but follow-ups without it.
    """
    held = [each for each in builtin_items() if isinstance(each, BaseQuestion) and not isinstance(each, FollowUp)]
    asked = [each.asked for each in held if not kinds or each.kind in kinds]
    warming = asked[::_WARMING]
    return warming, spread([each for place, each in enumerate(asked) if place % _WARMING], limit)


def sample(tell: Progress, *, out: str, limit: int) -> dict[str, Any]:
    """Write some of the built-in cards to a file of their own.

    Args:
        out: the file.
        limit: how many.
    """
    lines = [
        card.model_dump(mode="json", exclude={"aid"}, exclude_defaults=True) | {"questions": card.aid.questions}
        for card in cards_of(None, limit)
    ]
    Path(out).write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return {"cards": len(lines)}


class Disguised(Embedder):
    """The real embedder under a name of its own, for which the package ships no vectors: all texts are embedded.

    Args:
        inner: the real one.
    """

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner

    @property
    def fingerprint(self) -> str:
        """Nobody else's."""
        return f"measured-{self._inner.fingerprint}"

    @property
    def dimension(self) -> int:
        """That of the real one."""
        return self._inner.dimension

    def embed_array(self, texts: Sequence[str], *, kind: Kind = "passage") -> Vectors:
        """See `Embedder`."""
        return self._inner.embed_array(texts, kind=kind)


class Drawn(Disguised):
    """Real vectors for queries, and such as are drawn at random for passages: to search among them takes as long."""

    @property
    def fingerprint(self) -> str:
        """Nobody else's."""
        return f"drawn-{super().fingerprint}"

    def embed_array(self, texts: Sequence[str], *, kind: Kind = "passage") -> Vectors:
        """See `Embedder`."""
        import numpy as np

        from vectorstore.embedders.base import unit_rows

        if kind == "query":
            return super().embed_array(texts, kind=kind)
        return unit_rows(np.random.default_rng(0).standard_normal((len(texts), self.dimension), np.float32))
