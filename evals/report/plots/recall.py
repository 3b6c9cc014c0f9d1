"""How deep one has to look: recall by the number of cards looked at, by language and by how a card is asked for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from evals.datasets.models import AnyItem, Single
from evals.report.plots.base import SHARES, Panel, Plot
from evals.report.svg import Chart
from evals.report.tables import measured, slice_title
from evals.results import Measure, Outcome, Report, SystemInfo
from evals.slices import slices_of

_DEPTH = 10
_ALL = ("lang:en", "lang:zh")
_SINGLES = tuple(f"{language} style:{style}" for language in _ALL for style in ("named", "described"))
_RECALL = "retrieval.recall@"


def recall(report: Report) -> Plot | None:
    """How many of the gold cards are found when a reader looks at the first k.

    Questions about one card, by language and by whether they name it; where there are none, all by language.
    """
    items = {item.id: item for item in report.items}
    lines = measured(report, "ours", "baseline")
    searched: dict[str, list[tuple[Outcome, AnyItem]]] = defaultdict(list)
    for outcome in report.outcomes:
        if any(key.startswith(_RECALL) for key in outcome.values) and items[outcome.item].gold:
            searched[outcome.system].append((outcome, items[outcome.item]))
    singles = any(isinstance(item, Single) for found in searched.values() for _, item in found)
    panels: list[Panel] = []
    legend: dict[int, tuple[str, str]] = {}
    for slice_ in _SINGLES if singles else _ALL:
        asked = {
            at: [pair for pair in searched[system.name] if slice_ in slices_of(pair[1])]
            for at, system in enumerate(lines)
        }
        asked = {at: pairs for at, pairs in asked.items() if pairs}
        if asked:
            legend |= {at: (f"s{at}", lines[at].title or lines[at].name) for at in asked}
            panels.append(Panel(slice_title(slice_), _panel(report, slice_, lines, asked)))
    if not panels:
        return None
    which = "questions about one card" if singles else "all questions that cards answer"
    return Plot(
        "How deep one has to look",
        f"The share of the right cards among the first k, over {which}. "
        "Bars are 95% intervals of the assistant's figures.",
        panels,
        [legend[at] for at in sorted(legend)],
    )


def _panel(
    report: Report,
    slice_: str,
    lines: Sequence[SystemInfo],
    asked: Mapping[int, Sequence[tuple[Outcome, AnyItem]]],
) -> Markup:
    chart = Chart(f"Recall by number of cards looked at, {slice_title(slice_)} questions", height=250)
    x, y = chart.across(1, _DEPTH), chart.up()
    chart.ticks_beside(y, SHARES)
    chart.ticks_below(x, [(k, str(k)) for k in range(1, _DEPTH + 1)], "cards looked at (k)")
    # The assistant comes last, so that its line lies on top.
    for at, pairs in reversed(list(asked.items())):
        title = lines[at].title or lines[at].name
        points = [(k, recall_at(pairs, k)) for k in range(1, _DEPTH + 1)]
        chart.path([(x(k), y(value)) for k, value in points], f"line s{at}", title)
        for k, value in points:
            measure = report.measure(f"{_RECALL}{k}", lines[at].name, slice_)
            note = f"{title}: {value:.1%} in the first {k}{_in_words(measure)}"
            if at == 0 and measure is not None and measure.low is not None and measure.high is not None:
                chart.line(x(k), y(measure.low), x(k), y(measure.high), "whisker s0")
            chart.dot(x(k), y(value), f"dot s{at}", note, 3.5 if at == 0 else 2.5)
    return chart.markup()


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
