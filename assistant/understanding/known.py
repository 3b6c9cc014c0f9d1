"""What understanding a question may ask about the collection that it is put to."""

from collections.abc import Callable, Sequence
from typing import Protocol


class Known(Protocol):
    """The terms, tags and categories of a collection."""

    @property
    def categories(self) -> Sequence[str]:
        """The categories that its cards have."""

    def has_tag(self, tag: str) -> bool:
        """Whether a card has this tag, in any spelling."""

    def mentions(self, term: str) -> int:
        """How many cards mention a term (see `vectorstore.mentions`)."""


# Made when first asked for: an ordinary question needs none of it.
Knowledge = Callable[[], Known]
