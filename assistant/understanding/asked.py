"""The words of a list or count question, told apart but not yet understood."""

from dataclasses import dataclass
from typing import Literal

ListingKind = Literal["list", "count"]


@dataclass(frozen=True)
class Asked:
    """A sentence that asks which cards, or how many.

    Args:
        kind: which of the two.
        wanted, unwanted: the words that name what the cards mention and do not mention.
        topical: they are said to be about it, not to mention or use it.
        tentative: so only where it names something and nothing else; "who solves proofs?" asks for something else.
    """

    kind: ListingKind
    wanted: str = ""
    unwanted: str = ""
    topical: bool = False
    tentative: bool = False
