"""Who is measured: the assistant, what a user would otherwise have, and the assistant with a part switched off."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from evals.datasets.models import AnyItem
from evals.results import Outcome, SystemInfo

if TYPE_CHECKING:
    from assistant import Assistant
    from assistant.collection import Collection
    from vectorstore.cards import PaperCard
    from vectorstore.embedders import Embedder

Progress = Callable[[int, int, str], None]


class Unavailable(Exception):
    """A system that cannot be measured here; the message says why, and what would make it possible."""


@dataclass
class Bench:
    """What systems are made from.

    Args:
        assistant: the one that is measured.
        folder: of the run.
        peers_python: interpreter that has packages which cannot be installed beside this one's.
        progress: called with (done, total, what).
    """

    assistant: "Assistant"
    folder: Path
    peers_python: Path | None
    progress: Progress

    @property
    def collection(self) -> "Collection":
        """The assistant's collection."""
        return self.assistant._collection

    @property
    def model(self) -> str | None:
        """The language model that writes the assistant's answers; None where none does."""
        return str(self.assistant.model().endpoint.model) if self.assistant._writes() else None

    @property
    def embedder(self) -> "Embedder":
        """The embedder that every system shares, so that none wins by a better one."""
        return self.collection.embedder

    @property
    def cache(self) -> Path:
        """Folder for what is costly to make again and serves other runs too, such as a baseline's vectors."""
        return self.assistant.settings.home / "evaluation-vectors"

    @cached_property
    def cards(self) -> "dict[str, PaperCard]":
        """Every card of the collection."""
        return {card.id: card for card in self.assistant.cards()}


class System(Protocol):
    """Someone who can be asked."""

    @property
    def info(self) -> SystemInfo:
        """Name and description."""

    def prepare(self) -> None:
        """Make ready to be asked; done only where something is left to ask.

        Raises:
            Unavailable: it cannot be measured here.
        """

    def ask(self, item: AnyItem) -> Outcome:
        """Put one item to it; the outcome is not scored yet.

        Args:
            item: a question for who ranks or answers, a claim for who verifies.
        """
