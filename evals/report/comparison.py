"""What moved between two reports, for a terminal or a pipe."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

from assistant.cli.terminal import clean, console, emit
from evals.report.formatting import between, change, shown
from evals.report.tables import Cell, Head, Table, Tone, full_title, slice_title
from evals.report.terminal import show_table
from evals.results import ALL, Metric

if TYPE_CHECKING:
    from evals.compare import Change, Comparison

_LISTED = 10
_WORDS = {
    "broken": "guarantee broken",
    "lost": "significant loss",
    "gained": "significant gain",
    "unsure": "may be chance",
    "untested": "not tested",
}


def show_comparison(comparison: "Comparison", stream: TextIO | None = None) -> None:
    """Write every figure that moved, with its interval and verdict, and the questions behind it.

    Args:
        comparison: from `evals.compare.compare`.
        stream: where to; stdout by default.
    """
    out = console(stream)
    metrics = {metric.key: metric for metric in comparison.metrics}
    heads = [Head(title) for title in ("old", "new", "change", "95% interval", "p", "verdict")]
    rows = [
        (Head(_title(each, metrics)), _cells(each, metrics[each.metric]))
        for each in comparison.changes
        if _is_shown(each)
    ]
    if rows:
        show_table(out, Table(f"What moved since {comparison.old}", heads, rows))
        emit(out, "")
    emit(out, f"{comparison.steady} figures did not move")
    for worse, title in ((True, "Worse"), (False, "Better")):
        by_item: dict[str, list[str]] = {}
        asked = {}
        for moved in comparison.moved:
            if moved.worse == worse:
                by_item.setdefault(moved.item, []).append(full_title(metrics[moved.metric]))
                asked[moved.item] = moved.asked
        if by_item:
            emit(out, f"\n{title} in {len(by_item)} question{'s' if len(by_item) > 1 else ''}", style="bold")
        for item, titles in list(by_item.items())[:_LISTED]:
            emit(out, clean(f"{item} ({', '.join(titles)}): {asked[item]}"), indent=2)
        if len(by_item) > _LISTED:
            emit(out, f"and {len(by_item) - _LISTED} more", indent=2, style="dim")
    for note in comparison.notes:
        emit(out, clean(f"note: {note}"), style="dim")
    lost = comparison.losses
    emit(out, "")
    if lost:
        emit(out, clean(f"Lost: {'; '.join(_title(each, metrics) for each in lost)}"), style="bold red")
    else:
        emit(out, "No significant loss", style="bold green")


def _is_shown(change: "Change") -> bool:
    """One language alone is worth a line only where it tells something."""
    return change.slice == ALL or change.verdict in ("broken", "lost", "gained")


def _title(change: "Change", metrics: Mapping[str, Metric]) -> str:
    title = full_title(metrics[change.metric])
    return title if change.slice == ALL else f"{title}, {slice_title(change.slice)}"


def _cells(moved: "Change", metric: Metric) -> list[Cell]:
    spread = ""
    if moved.low is not None and moved.high is not None:
        spread = between(moved.low, moved.high, metric)
    tone: Tone = "bad" if moved.verdict in ("broken", "lost") else "best" if moved.verdict == "gained" else ""
    chance = "" if moved.p is None else "<0.001" if moved.p < 0.001 else f"{moved.p:.3f}"
    return [
        Cell(shown(moved.old, metric), "", ""),
        Cell(shown(moved.new, metric), "", ""),
        Cell(change(moved.difference, metric), "", tone),
        Cell(spread, "", ""),
        Cell(chance, "", ""),
        Cell(_WORDS[moved.verdict], "", tone),
    ]
