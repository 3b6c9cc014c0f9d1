"""Does it know when it does not know: the confidence behind the decision to answer, against the truth."""

from collections import defaultdict

from evals.datasets.models import Unanswerable
from evals.report.plots.base import SHARES, Panel, Plot
from evals.report.svg import Chart
from evals.results import OURS, Report

_BINS = 10


def calibration(report: Report) -> Plot | None:
    """Whether the confidence behind the decision to answer means what it says."""
    items = {item.id: item for item in report.items}
    said = [
        (outcome.signals["confidence"], not isinstance(items[outcome.item], Unanswerable))
        for outcome in report.outcomes
        if outcome.system == OURS and outcome.task == "answer" and "confidence" in outcome.signals
    ]
    if not said:
        return None
    from scipy.stats import binomtest

    bins: dict[int, list[bool]] = defaultdict(list)
    sums: dict[int, float] = defaultdict(float)
    for confidence, answerable in said:
        at = min(int(confidence * _BINS), _BINS - 1)
        bins[at].append(answerable)
        sums[at] += confidence
    chart = Chart("Share of questions that the cards answer, by confidence")
    x, y = chart.across(0, 1), chart.up()
    chart.ticks_beside(y, SHARES)
    chart.ticks_below(x, SHARES, "confidence that the cards have an answer")
    chart.line(x(0), y(0), x(1), y(1), "diagonal")
    for at, truths in sorted(bins.items()):
        count, held = len(truths), sum(truths)
        place = x(sums[at] / count)
        ends = binomtest(held, count).proportion_ci(method="wilson")
        chart.line(place, y(float(ends.low)), place, y(float(ends.high)), "whisker s0")
        note = f"{at * 10} to {at * 10 + 10}% confident: {count} questions, {held} of them have an answer"
        chart.dot(place, y(held / count), "dot s0", note, 3 + 5 * (count / len(said)) ** 0.5)
    spread = Chart("Number of questions by confidence", height=290)
    x = spread.across(0, 1)
    counts = {truth: [sum(each == truth for each in bins[at]) for at in range(_BINS)] for truth in (True, False)}
    highest = max(max(counts[True]), max(counts[False]))
    highest += highest % 2
    tall = spread.up(0, highest)
    spread.ticks_beside(tall, [(0, "0"), (highest / 2, str(highest // 2)), (highest, str(highest))])
    wide = (spread.right - spread.left) / _BINS / 2 - 2
    for truth, style, words in ((True, "fill s0", "answerable"), (False, "fill s1", "not answerable")):
        for at, count in enumerate(counts[truth]):
            place = x(at / _BINS) + (1 if truth else wide + 3)
            note = f"{at * 10} to {at * 10 + 10}% confident: {count} {words}"
            spread.bar(place, tall(count), wide, spread.bottom - tall(count), style, note)
    spread.ticks_below(x, SHARES, "confidence that the cards have an answer")
    error = sum((confidence - answerable) ** 2 for confidence, answerable in said) / len(said)
    return Plot(
        "Does it know when it does not know?",
        "Before answering, the assistant weighs how likely it is that the cards have an answer. Where that is well "
        "calibrated, the dots lie on the diagonal, and the two kinds of questions stand apart on the right. "
        f"Mean squared error of the confidence (Brier score): {error:.3f}; 0 is perfect.",
        [Panel("Confidence against truth", chart.markup()), Panel("How the questions spread", spread.markup())],
        [("s0", "the cards have an answer"), ("s1", "they do not")],
    )
