"""A benchmark's figures as a table for a terminal or a pipe."""

from typing import TextIO

from assistant.cli.terminal import clean, console, emit
from evals.bench.results import Figure, Report, Target, Unit
from evals.report.formatting import MISSING
from evals.report.tables import Cell, Head, Table
from evals.report.terminal import show_table

_COLUMNS = ("value", "p95", "times", "processor", "held against", "ratio", "goal", "met")


def show(report: Report, stream: TextIO | None = None) -> None:
    """Write all figures, the machine, and what could not be measured.

    Args:
        report: the run.
        stream: where to; stdout by default.
    """
    out = console(stream)
    show_table(out, table_of(report))
    emit(out, "")
    notes = [f"{figure.title}: {figure.note}" for figure in report.figures if figure.note]
    for note in notes:
        emit(out, clean(note), style="dim")
    for missing in report.missing:
        emit(out, clean(f"not measured: {missing.section} ({missing.why})"), style="yellow")
    machine = report.machine
    known = f" with {', '.join(machine.instructions)}" if machine.instructions else ""
    emit(
        out,
        clean(
            f"{report.mode}, {report.corpus}, {report.seconds / 60:.1f} min; {machine.processor}{known}, "
            f"{machine.cores} cores, {shown(machine.memory, 'bytes')}, Python {machine.python}; {machine.revision}"
        ),
    )
    if report.busy:
        emit(out, f"The machine was busy (load {machine.load}): only ratios and processor time count.", style="yellow")


def table_of(report: Report) -> Table:
    """The figures in rows, by section."""
    return Table("How fast it is", [Head(title) for title in _COLUMNS], [_row(figure) for figure in report.figures])


def _row(figure: Figure) -> tuple[Head, list[Cell]]:
    unit, baseline = figure.unit, figure.baseline
    cells = [
        Cell(shown(figure.value, unit), tone="best" if figure.met else "bad" if figure.met is False else ""),
        _cell(shown(figure.p95, unit) if figure.p95 is not None else ""),
        _cell(str(figure.n) if figure.n > 1 else ""),
        _cell(shown(figure.processor, "seconds") if figure.processor is not None else ""),
        _cell(f"{baseline.name}, {shown(baseline.value, unit)}" if baseline is not None else ""),
        _cell(f"{figure.ratio:.3g}" if figure.ratio is not None else ""),
        _cell(_goal(figure.target, unit) if figure.target is not None else ""),
        _cell("" if figure.met is None else "yes" if figure.met else "no"),
    ]
    return Head(clean(figure.title), figure.note, group=figure.section), cells


def _cell(text: str) -> Cell:
    return Cell(text, tone="") if text else Cell(MISSING)


def _goal(target: Target, unit: Unit) -> str:
    limit = f"{target.limit:.3g}" if target.of == "ratio" else shown(target.limit, unit)
    of = {"value": "", "p95": "p95 ", "ratio": "ratio "}[target.of]
    return f"{of}{target.bound} {limit}"


def shown(value: float, unit: Unit) -> str:
    """A value as people read it: `4.6 ms`, `143 s`, `3,412 tokens/s`, `0.85 GB`."""
    match unit:
        case "seconds":
            return _seconds(value)
        case "tokens/s":
            return f"{value:,.0f} tokens/s"
        case "bytes":
            return f"{value / 1e9:.2f} GB" if value >= 1e8 else f"{value / 1e6:.0f} MB"
        case "share":
            return f"{value * 100:.0f}%"
        case "score":
            return f"{value:.3f}"
        case "number":
            return f"{value:.3g}"


def _seconds(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f} s"
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.3g} ms"
