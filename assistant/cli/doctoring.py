"""`assistant doctor`."""

from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import AsJson
from assistant.cli.terminal import clean, clean_json, console, emit

if TYPE_CHECKING:
    from assistant.cli.checks import Check

_STYLES = {"ok": "green", "warn": "yellow", "fail": "red"}


Repair = Annotated[
    bool, typer.Option("--repair", help="Set a store that cannot be used aside, and make it anew of what can be read.")
]


def doctor(as_json: AsJson = False, repair: Repair = False) -> None:
    """Say what is configured, what works, and how to mend what does not.

    Opens the collection (and sets it up where that has not happened yet) and asks the configured model for
    one word. The exit code is 1 if something fails.

    \b
    Examples:
      assistant doctor
      assistant doctor --repair
      assistant doctor --json | jq '.checks[] | select(.state != "ok")'
    """
    from assistant.cli.checks import diagnose
    from assistant.cli.progress import progress_bar

    if repair:
        _repair()
    with progress_bar() as progress:
        diagnosis = diagnose(progress)
    if as_json:
        typer.echo(clean_json(diagnosis.model_dump_json(indent=2)))
    else:
        for check in diagnosis.checks:
            _show(check)
    raise typer.Exit(0 if diagnosis.works else 1)


def _repair() -> None:
    from assistant.cli.progress import progress_bar
    from assistant.cli.repairing import repair
    from assistant.settings import load_settings

    with progress_bar() as progress:
        done = repair(load_settings(), progress)
    for line in done:
        # What follows on stdout may be JSON for a script.
        typer.echo(clean(line), err=True)


def _show(check: "Check") -> None:
    from rich.text import Text

    line = Text(f"{check.state:<4}  ", style=_STYLES[check.state])
    line.append(f"{check.name:<14}  ", style="bold")
    line.append(clean(check.found), style="default")
    emit(console(), line)
    if check.mend:
        emit(console(), f"mend: {clean(check.mend)}", indent=6, style=_STYLES[check.state])
