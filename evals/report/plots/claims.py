"""Which claims the check can tell: how often it is right, by the kind of claim."""

from collections import defaultdict

from markupsafe import Markup

from evals.datasets.models import LabelledClaim
from evals.report.plots.base import SHARES, Panel, Plot
from evals.report.svg import Chart
from evals.results import OURS, Report


def claims(report: Report) -> Plot | None:
    """How often the check is right, by the kind of claim."""
    items = {item.id: item for item in report.items if isinstance(item, LabelledClaim)}
    right: dict[tuple[bool, str], list[bool]] = defaultdict(list)
    for outcome in report.outcomes:
        item = items.get(outcome.item)
        if outcome.system == OURS and outcome.task == "verify" and item is not None:
            verdict = outcome.verdict is not None and outcome.verdict.supported
            right[item.supported, item.kind].append(verdict == item.supported)
    if not right:
        return None
    panels = []
    for truth, title in ((True, "True claims accepted"), (False, "False claims rejected")):
        kinds = [(kind, hits) for (true, kind), hits in right.items() if true == truth]
        if kinds:
            panels.append(Panel(title, _bars(title, kinds)))
    return Plot(
        "Which claims the check can tell",
        "The share of claims about a card that the check judges rightly, by what was done to make them, "
        "with 95% intervals.",
        panels,
    )


def _bars(title: str, kinds: list[tuple[str, list[bool]]]) -> Markup:
    from scipy.stats import binomtest

    tall = 34
    chart = Chart(title, height=58 + tall * len(kinds), left=126)
    x = chart.across(0, 1)
    chart.ticks_below(x, SHARES, "share judged rightly", grid=True)
    ordered = sorted(kinds, key=lambda each: -sum(each[1]) / len(each[1]))
    for row, (kind, hits) in enumerate(ordered):
        y = chart.top + row * tall + 6
        share = sum(hits) / len(hits)
        ends = binomtest(sum(hits), len(hits)).proportion_ci(method="wilson")
        chart.text(chart.left - 10, y + 15, kind.replace("-", " "), "tick", anchor="end")
        chart.bar(x(0), y, x(share) - x(0), tall - 12, "fill s0", f"{kind}: {sum(hits)} of {len(hits)} ({share:.0%})")
        chart.line(x(float(ends.low)), y + 11, x(float(ends.high)), y + 11, "whisker over")
    return chart.markup()
