"""`assistant ingest`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import AsJson
from assistant.cli.terminal import clean, clean_json

if TYPE_CHECKING:
    from assistant.cli.progress import Progress


def ingest(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Card files (text or JSONL), or folders of them.", exists=True),
    ],
    prune: Annotated[
        bool, typer.Option("--prune", help="Also remove stored cards that these files do not have.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Go on where a section's count does not match its cards.")
    ] = False,
    expand: Annotated[
        bool,
        typer.Option("--expand", help="Let the configured model write aids to find each card by."),
    ] = False,
    max_calls: Annotated[
        int | None,
        typer.Option(
            "--max-calls", min=1, metavar="N", help="With --expand: ask the model at most so often, the rest next time."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put cards into the store, or bring them up to date.

    Unchanged cards cost nothing.
    It may be stopped and started again at any moment: what was stored stays, the rest follows.

    \b
    Examples:
      assistant ingest paper_cards.txt
      assistant ingest cards/*.jsonl --prune
      assistant ingest mine.jsonl --expand --max-calls 100
    """
    if max_calls is not None and not expand:
        raise typer.BadParameter("--max-calls goes with --expand")

    from assistant import Assistant
    from assistant.cli.progress import progress_bar
    from assistant.cli.terminal import console, emit

    with progress_bar() as progress:
        told = _waiting_told(progress)
        report = Assistant(progress=told).ingest(
            paths, prune=prune, force=force, expand=expand, max_calls=max_calls, progress=told
        )
    if as_json:
        typer.echo(clean_json(report.model_dump_json(indent=2)))
        return
    emit(
        console(),
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
        f"{report.removed} removed in {report.seconds:.1f} s",
    )
    sys.stdout.flush()
    for warning in report.warnings:
        emit(console(sys.stderr), f"warning: {clean(warning)}", style="yellow")


def _waiting_told(progress: "Progress") -> "Progress":
    """The same progress, but whom we wait for is said once even where no bar is drawn."""
    if sys.stderr.isatty():
        return progress
    said: set[str] = set()

    def report(done: int, total: int, what: str) -> None:
        if not total and what not in said:
            said.add(what)
            print(clean(what), file=sys.stderr, flush=True)
        progress(done, total, what)

    return report
