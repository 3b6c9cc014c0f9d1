"""How deep one has to look: recall by the number of cards looked at, for each language."""

from collections.abc import Iterable

from evals.datasets.models import AnyItem
from evals.report.plots.base import SHARES, Panel, Plot
from evals.report.svg import Chart
from evals.report.tables import measured, slice_title
from evals.results import Measure, Outcome, Report

_DEPTH = 10
_RECALL = "retrieval.recall@"


def recall(report: Report) -> Plot | None:
    """How many of the gold cards are found when a reader looks at the first k, for each language."""
    items = {item.id: item for item in report.items}
    lines = measured(report, "ours", "baseline")
    panels, legend = [], {}
    for language in ("en", "zh"):
        chart = Chart(f"Recall by number of cards looked at, {slice_title(f'lang:{language}')} questions")
        x, y = chart.across(1, _DEPTH), chart.up()
        chart.ticks_beside(y, SHARES)
        chart.ticks_below(x, [(k, str(k)) for k in range(1, _DEPTH + 1)], "cards looked at (k)")
        drawn = False
        # The assistant comes last, so that its line lies on top.
        for at, system in reversed(list(enumerate(lines))):
            asked = [
                (outcome, items[outcome.item])
                for outcome in report.outcomes
                if outcome.system == system.name
                and any(key.startswith(_RECALL) for key in outcome.values)
                and items[outcome.item].lang == language
                and items[outcome.item].gold
            ]
            if not asked:
                continue
            drawn = True
            legend[at] = (f"s{at}", system.title or system.name)
            points = [(k, recall_at(asked, k)) for k in range(1, _DEPTH + 1)]
            chart.path([(x(k), y(value)) for k, value in points], f"line s{at}", system.title)
            for k, value in points:
                measure = report.measure(f"{_RECALL}{k}", system.name, f"lang:{language}")
                note = f"{system.title}: {value:.1%} in the first {k}{_in_words(measure)}"
                if at == 0 and measure is not None and measure.low is not None and measure.high is not None:
                    chart.line(x(k), y(measure.low), x(k), y(measure.high), "whisker s0")
                chart.dot(x(k), y(value), f"dot s{at}", note, 3.5 if at == 0 else 2.5)
        if drawn:
            panels.append(Panel(f"{slice_title(f'lang:{language}')} questions", chart.markup()))
    if not panels:
        return None
    return Plot(
        "How deep one has to look",
        "The share of the right cards among the first k, over all questions that cards answer. "
        "Bars are 95% intervals of the assistant's figures.",
        panels,
        [legend[at] for at in sorted(legend)],
    )


def recall_at(outcomes: Iterable[tuple[Outcome, AnyItem]], depth: int) -> float:
    """The share of an item's gold cards among its first `depth`, averaged over items."""
    shares = []
    for outcome, item in outcomes:
        gold = set(item.gold)
        shares.append(len(gold & {found.card_id for found in outcome.found[:depth]}) / len(gold))
    return sum(shares) / len(shares)


def _in_words(measure: Measure | None) -> str:
    if measure is None or measure.low is None or measure.high is None:
        return ""
    return f" (95% interval {measure.low:.1%} to {measure.high:.1%}, {measure.n} questions)"
