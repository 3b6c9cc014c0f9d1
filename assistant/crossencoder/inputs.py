"""How a claim and passages become the network's input: one row of token ids, the claim's own first."""

from collections.abc import Sequence
from dataclasses import dataclass

# A passage that has room for fewer tokens than this is left out rather than cut.
_FEWEST = 12


@dataclass(frozen=True)
class Pair:
    """One input.

    Args:
        ids: token ids, all of it.
        told: how many of them, from the first on, are the claim's.
    """

    ids: list[int]
    told: int


def pair(claim: Sequence[int], passages: Sequence[Sequence[int]], longest_claim: int, longest: int) -> Pair:
    """Join a claim and passages: ``<s> claim </s> passage </s> passage </s>``.

    Args:
        claim: its ids, with the begin and end tokens around it.
        passages: the same of each, best first; as many are taken as there is room for.
        longest_claim: tokens of the claim; what is beyond is cut off.
        longest: tokens in all.
    """
    ids = [*claim[: longest_claim - 1], claim[-1]] if len(claim) > longest_claim else list(claim)
    told = len(ids)
    for passage in passages:
        room = longest - len(ids)
        if room < _FEWEST:
            break
        ids += [*passage[1:-1][: room - 1], passage[-1]]
    return Pair(ids, told)
