"""The tables of a report as data: who beside whom, before anything is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from evals.report.formatting import MISSING, change, interval, is_worse, meets, shown
from evals.results import ALL, OURS, Measure, Metric, Report, SystemInfo

Tone = Literal["", "best", "bad", "missing"]


@dataclass(frozen=True)
class Cell:
    """One figure.

    Args:
        text: the value.
        detail: its 95% interval, or how far it is from the assistant's.
        tone: `best` of its row, `bad` where a guarantee is broken, `missing` where nothing was measured.
        n: items it rests on.
    """

    text: str = MISSING
    detail: str = ""
    tone: Tone = "missing"
    n: int = 0


@dataclass(frozen=True)
class Head:
    """A row's or a column's name, and a sentence that explains it; rows of one group stand under its name."""

    title: str
    description: str = ""
    ours: bool = False
    group: str = ""


@dataclass(frozen=True)
class Table:
    """Figures in rows and columns.

    Args:
        title: what it shows.
        columns: their heads.
        rows: each with its head, one cell for each column.
    """

    title: str
    columns: Sequence[Head]
    rows: Sequence[tuple[Head, Sequence[Cell]]] = field(default_factory=tuple)


def measured(report: Report, *roles: str) -> list[SystemInfo]:
    """The systems of these roles that have a figure, in the report's order, the assistant first."""
    having = {measure.system for measure in report.measures}
    found = [each for each in report.systems if each.role in roles and each.name in having]
    return sorted(found, key=lambda each: each.name != OURS)


def skipped(report: Report) -> list[SystemInfo]:
    """The systems that could not be measured."""
    return [each for each in report.systems if each.skipped]


def headline(report: Report) -> Table:
    """The headline figures, the assistant beside every baseline."""
    systems = measured(report, "ours", "baseline")
    metrics = [metric for metric in report.metrics if metric.headline and report.measure(metric.key)]
    rows = [(_head(metric), _row(report, metric, systems)) for metric in metrics]
    return Table("Headline figures", [_system(each) for each in systems], rows)


def shared(table: Table) -> Table:
    """The rows of a table in which somebody beside the first column has a figure."""
    rows = [row for row in table.rows if any(cell.tone != "missing" for cell in row[1][1:])]
    return Table(table.title, table.columns, rows)


def ablations(report: Report) -> Table:
    """What each part is worth: the assistant beside the assistant with one part switched off."""
    systems = [*measured(report, "ours"), *measured(report, "ablation")]
    table = Table(
        "With one part switched off",
        [_system(each) for each in systems],
        [
            (_head(metric), [_against_ours(report, metric, system) for system in systems])
            for metric in report.metrics
            if metric.headline
        ],
    )
    return shared(table)


def by_slice(report: Report, part: str, system: str = OURS) -> Table:
    """All figures of one part: over everything, and over each slice that was measured."""
    of_part = [each for each in report.measures if each.part == part and each.system == system]
    slices = list(dict.fromkeys([ALL, *(each.slice for each in of_part)]))
    found = {(each.metric, each.slice): each for each in of_part}
    metrics = [metric for metric in report.metrics if any((metric.key, slice_) in found for slice_ in slices)]
    rows = [
        (Head(slice_title(slice_), slice_), [_cell(found.get((metric.key, slice_)), metric) for metric in metrics])
        for slice_ in slices
    ]
    return Table(part, [Head(metric.title, metric.description) for metric in metrics], rows if metrics else ())


def full_title(metric: Metric) -> str:
    """A metric's name where its part is not plain from where it stands: several parts have a recall."""
    return f"{metric.part} {metric.title}"


_SLICES = {"lang": {"en": "English", "zh": "Chinese"}}


def slice_title(slice_: str) -> str:
    """A slice in words: `lang:zh style:described` is `Chinese, described`."""
    if slice_ == ALL:
        return "all"
    parts = [condition.partition(":")[::2] for condition in slice_.split()]
    return ", ".join(_SLICES.get(name, {}).get(value, value) for name, value in parts)


def _head(metric: Metric) -> Head:
    return Head(metric.title, metric.description, group=metric.part)


def _system(system: SystemInfo) -> Head:
    return Head(system.title or system.name, system.description, system.name == OURS)


def _row(report: Report, metric: Metric, systems: Sequence[SystemInfo]) -> list[Cell]:
    """One metric over several systems, the best of them marked where there is more than one."""
    measures = [report.measure(metric.key, system.name) for system in systems]
    values = [each.value for each in measures if each is not None]
    top = (max(values) if metric.better == "higher" else min(values)) if len(values) > 1 else None
    return [_cell(each, metric, best=each is not None and each.value == top) for each in measures]


def _cell(measure: Measure | None, metric: Metric, best: bool = False) -> Cell:
    if measure is None:
        return Cell()
    tone: Tone = "best" if best else ""
    if measure.system == OURS and not meets(measure.value, metric):
        tone = "bad"
    return Cell(shown(measure.value, metric), interval(measure, metric), tone, measure.n)


def _against_ours(report: Report, metric: Metric, system: SystemInfo) -> Cell:
    """A figure with its distance to the assistant's instead of an interval."""
    measure, ours = report.measure(metric.key, system.name), report.measure(metric.key)
    if measure is None:
        return Cell()
    if system.name == OURS or ours is None:
        return _cell(measure, metric)
    difference = measure.value - ours.value
    tone: Tone = "bad" if is_worse(difference, metric) else ""
    return Cell(shown(measure.value, metric), change(difference, metric), tone, measure.n)
