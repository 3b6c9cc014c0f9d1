"""`assistant doctor`."""

from typing import TYPE_CHECKING

import typer

from assistant.cli.options import AsJson
from assistant.cli.terminal import clean, clean_json, console, emit

if TYPE_CHECKING:
    from assistant.cli.checks import Check

_STYLES = {"ok": "green", "warn": "yellow", "fail": "red"}


def doctor(as_json: AsJson = False) -> None:
    """Say what is configured, what works, and how to mend what does not.

    Opens the collection (and sets it up where that has not happened yet) and asks the configured model for
    one word. The exit code is 1 if something fails.

    \b
    Examples:
      assistant doctor
      assistant doctor --json | jq '.checks[] | select(.state != "ok")'
    """
    from assistant.cli.checks import diagnose
    from assistant.cli.progress import progress_bar

    with progress_bar() as progress:
        diagnosis = diagnose(progress)
    if as_json:
        typer.echo(clean_json(diagnosis.model_dump_json(indent=2)))
    else:
        for check in diagnosis.checks:
            _show(check)
    raise typer.Exit(0 if diagnosis.works else 1)


def _show(check: "Check") -> None:
    from rich.text import Text

    line = Text(f"{check.state:<4}  ", style=_STYLES[check.state])
    line.append(f"{check.name:<14}  ", style="bold")
    line.append(clean(check.found), style="default")
    emit(console(), line)
    if check.mend:
        emit(console(), f"mend: {clean(check.mend)}", indent=6, style=_STYLES[check.state])
