"""How a text and passages become the network's input: ids, and marks that say what stands on both sides."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

# What is known of a token before any layer: special, the text's (held by the passages or not), the passages' (held
# by the text or not).
MARKS = ("special", "held", "not held", "read", "shared")
_SPECIAL, _HELD, _NOT_HELD, _READ, _SHARED = range(len(MARKS))
_FEWEST = 12


@dataclass(frozen=True)
class Pair:
    """One input.

    Args:
        ids: token ids, all of it.
        marks: for each of them a place in `MARKS`.
        told: how many tokens, from the first on, are the text's.
    """

    ids: list[int]
    marks: list[int]
    told: int


def pair(text: Sequence[int], passages: Sequence[Sequence[int]], longest: int) -> Pair:
    """Join a text and passages: ``<s> text </s> passage </s> passage </s>``.

    Args:
        text: its ids, with the begin and end tokens around it.
        passages: the same of each, best first; as many are taken as there is room for.
        longest: tokens in all.
    """
    ids = list(text)
    taken: list[int] = []
    for passage in passages:
        room = longest - len(ids) - len(taken)
        if room < _FEWEST and taken:
            break
        end = passage[-1]
        inner = passage[1:-1][: max(room - 1, 1)]
        taken += [*inner, end]
    special = {text[0], text[-1]}
    return Pair(
        [*ids, *taken],
        [*_marks(ids, set(taken), special, _HELD, _NOT_HELD), *_marks(taken, set(ids), special, _SHARED, _READ)],
        len(ids),
    )


def _marks(ids: Sequence[int], there: Collection[int], special: Collection[int], yes: int, no: int) -> list[int]:
    return [_SPECIAL if one in special else yes if one in there else no for one in ids]
