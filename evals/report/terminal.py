"""The report's tables for a terminal or a pipe."""

from typing import TYPE_CHECKING, TextIO

from assistant.cli.terminal import clean, console, emit
from evals.report.tables import Cell, Table, ablations, headline, skipped
from evals.results import OURS, Report

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

_STYLES = {"best": "bold green", "bad": "bold red", "missing": "dim", "": ""}
# In a pipe nothing is wrapped.
_ENDLESS = 10_000


def show_report(report: Report, stream: TextIO | None = None) -> None:
    """Write the headline figures, the assistant beside every baseline, then the ablations.

    Args:
        report: what was measured.
        stream: where to; stdout by default. Coloured in a terminal, plain aligned text elsewhere.
    """
    out = console(stream)
    first = headline(report)
    if first.rows:
        show_table(out, first)
    second = ablations(report)
    if second.rows:
        emit(out, "")
        show_table(out, second)
    failed = report.failures()
    count = len({each.item for each in failed})
    of = len({each.item for each in report.outcomes if each.system == OURS})
    emit(out, "")
    emit(out, f"{of} questions and claims in {_duration(report.info.seconds)}; {count} of them need a look")
    for system in skipped(report):
        emit(out, clean(f"not measured: {system.title or system.name} ({system.skipped})"), style="dim")
    for note in report.notes:
        emit(out, clean(note), style="dim")


def show_table(out: "Console", table: Table) -> None:
    """Write one table; columns that do not fit side by side follow below, each time beside the first one."""
    emit(out, table.title, style="bold")
    width = out.width if out.is_terminal else _ENDLESS
    columns = list(range(len(table.columns)))
    while columns:
        for stacked in (False, True):
            drawn = _drawn(table, columns, stacked, out.is_terminal)
            if _width(out, drawn) <= width:
                break
        fitting = len(columns)
        while fitting > 1 and _width(out, drawn) > width:
            fitting -= 1
            drawn = _drawn(table, columns[:fitting], True, out.is_terminal)
        _print(out, drawn)
        rest = columns[fitting:]
        # What comes below is read against the first column again, unless that alone fills the width.
        columns = ([0, *rest] if fitting > 1 else rest) if rest else []


def _drawn(table: Table, columns: list[int], stacked: bool, styled: bool) -> "RichTable":
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(box=box.SIMPLE_HEAD if styled else None, pad_edge=False, padding=(0, 2, 0, 0))
    drawn.add_column("")
    for at in columns:
        head = table.columns[at]
        title = clean(head.title)
        drawn.add_column(Text(title.replace(" ", "\n") if stacked else title, "bold" if head.ours else ""))
    group = ""
    for head, cells in table.rows:
        if head.group != group:
            group = head.group
            drawn.add_row(Text(clean(group), "bold cyan"))
        drawn.add_row(
            Text(("  " if head.group else "") + clean(head.title), "bold" if head.ours else ""),
            *(_text(cells[at], stacked) for at in columns),
        )
    return drawn


def _text(cell: Cell, stacked: bool) -> "Text":
    from rich.text import Text

    text = Text(cell.text, _STYLES[cell.tone])
    if cell.detail:
        text.append(f"\n{cell.detail}" if stacked else f" ({cell.detail})", "dim")
    return text


def _width(out: "Console", drawn: "RichTable") -> int:
    from rich.measure import Measurement

    return Measurement.get(out, out.options.update(width=_ENDLESS), drawn).maximum


def _print(out: "Console", drawn: "RichTable") -> None:
    if out.is_terminal:
        out.print(drawn)
        return
    from rich.console import Console

    plain = Console(width=_ENDLESS, force_terminal=False, color_system=None, markup=False, highlight=False)
    with plain.capture() as captured:
        plain.print(drawn)
    out.file.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
