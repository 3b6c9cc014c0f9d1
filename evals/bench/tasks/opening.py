"""An assistant opened on a home, with no language model."""

from pathlib import Path
from typing import TYPE_CHECKING

from evals.bench.tasks.cards import Disguised
from evals.systems import Progress

if TYPE_CHECKING:
    from assistant import Assistant


def assistant_at(
    home: str, *, builtin: bool = True, own_vectors: bool = False, tell: Progress | None = None
) -> "Assistant":
    """Open a home.

    Args:
        home: the folder.
        builtin: put the built-in corpus into an empty collection.
        own_vectors: use none of the vectors that the package ships.
        tell: told of long work.
    """
    from assistant import Assistant
    from assistant.settings import load_settings

    settings = load_settings(home=Path(home), builtin_corpus=builtin, model="none")
    assistant = Assistant(settings, progress=tell)
    if own_vectors:
        assistant = Assistant(settings, embeddings=Disguised(assistant._collection.embedder), progress=tell)
    return assistant
