"""Errors that are shown to the user as they stand: what is wrong, and what to type next."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class UserError(Exception):
    """Something the user can mend; the message is the whole interface, never a traceback."""


class CardFormatError(UserError):
    """A card file that cannot be read as one.

    Args:
        path: the file.
        line: the line, counted from 1, or None where the whole file is meant.
        problem: what was expected there and what to do.
    """

    def __init__(self, path: Path | str, line: int | None, problem: str) -> None:
        place = f"{path}:{line}" if line is not None else f"{path}"
        super().__init__(f"{place}: {problem}")
        self.path, self.line, self.problem = str(path), line, problem


class StoreError(UserError):
    """The store cannot be used as it is configured."""


class EmbedderError(UserError):
    """The embedder cannot be loaded, or is not the one that made the store."""


@contextmanager
def written(what: str) -> Iterator[None]:
    """Say in one sentence that something in the state folder cannot be written.

    Args:
        what: which file or folder, as a sentence begins.

    Raises:
        StoreError: the system refused it.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{what} cannot be written ({error.strerror or error}); set ASSISTANT_HOME to a folder that can be written"
        ) from error
