"""An `Assistant` set up from the options of a command, ready to be asked."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from assistant.cli.progress import progress_bar

if TYPE_CHECKING:
    from assistant import Assistant
    from assistant.types import Filters


def open_assistant(
    *, model: str | None = None, no_model: bool = False, evidence: int | None = None, answering: bool = False
) -> "Assistant":
    """Open the collection, with a progress bar where the first use has to fill it.

    Args:
        model: the language model to use instead of the configured one.
        no_model: use none.
        evidence: passages given to the model.
        answering: a question comes next.

    Raises:
        typer.BadParameter: both a model and none are asked for.
        UserError: the settings or the store cannot be used.
    """
    if model and no_model:
        raise typer.BadParameter("give --model or --no-model, not both")

    from assistant import Assistant
    from assistant.settings import load_settings

    settings = load_settings(model="none" if no_model else model, evidence=evidence)
    with progress_bar() as progress:
        assistant = Assistant(settings, progress=progress)
        assistant.ready(answering=answering)
    return assistant


def filters_of(
    categories: Sequence[str] | None, tags: Sequence[str] | None, cards: Sequence[str] | None = None
) -> "Filters":
    """The cards that the options of a command allow."""
    from assistant.types import Filters

    return Filters(
        categories=tuple(categories or ()),
        tags=tuple(tags or ()),
        cards=tuple(cards or ()),
    )


def question_text(argument: str) -> str:
    """The question itself; `-` reads it from standard input.

    Raises:
        typer.BadParameter: there is nothing but white space.
    """
    if argument == "-":
        question = sys.stdin.buffer.read().decode("utf-8-sig", "replace")
    else:
        # An argument that is not UTF-8 arrives with surrogates, which no JSON and no model takes.
        question = argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if not question.strip():
        raise typer.BadParameter("the question is empty")
    return question.strip()
