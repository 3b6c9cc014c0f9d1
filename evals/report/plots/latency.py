"""How long one waits: the share of requests done after so many seconds."""

from collections.abc import Sequence

from evals.report.plots.base import SHARES, Panel, Plot
from evals.report.svg import Chart
from evals.report.tables import measured
from evals.results import Report


def latency(report: Report) -> Plot | None:
    """How long one waits: the share of requests done after so many seconds."""
    lines = measured(report, "ours", "baseline")
    panels, legend = [], {}
    for task, title in (("answer", "Answers"), ("search", "Searches")):
        waits = {
            at: sorted(
                outcome.seconds
                for outcome in report.outcomes
                if outcome.system == system.name and outcome.task == task and outcome.seconds > 0
            )
            for at, system in enumerate(lines)
        }
        waits = {at: seconds for at, seconds in waits.items() if seconds}
        if not waits:
            continue
        low = _power(min(seconds[0] for seconds in waits.values()), up=False)
        high = _power(max(seconds[-1] for seconds in waits.values()), up=True)
        chart = Chart(f"{title}: share done by seconds")
        x, y = chart.across_log(low, high), chart.up()
        chart.ticks_beside(y, SHARES)
        chart.ticks_below(x, _decades(low, high), "seconds (each step ten times longer)", grid=True)
        for at, seconds in reversed(waits.items()):
            name = lines[at].title or lines[at].name
            legend[at] = (f"s{at}", name)
            chart.path([(x(wait), y(share)) for wait, share in _steps(seconds)], f"line s{at}", name)
            for share in (0.5, 0.95):
                wait = _quantile(seconds, share)
                chart.dot(x(wait), y(share), f"dot s{at}", f"{name}: {share:.0%} done within {_time(wait)}")
        panels.append(Panel(title, chart.markup()))
    if not panels:
        return None
    return Plot(
        "How long one waits",
        "The share of requests done after so many seconds, one at a time. Dots mark the median and 95%. "
        f"Measured on {report.info.machine}."
        if report.info.machine
        else "The share of requests done after so many seconds, one at a time. Dots mark the median and 95%.",
        panels,
        [legend[at] for at in sorted(legend)],
    )


def _power(value: float, up: bool) -> float:
    """The power of ten at or beyond a value."""
    power = 1e-6
    while power * 10 <= value:
        power *= 10
    return power * 10 if up and power < value else power


def _decades(low: float, high: float) -> list[tuple[float, str]]:
    ticks, value = [], low
    while value <= high * 1.01:
        ticks.append((value, _time(value)))
        value *= 10
    return ticks


def _time(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds >= 0.9995 else f"{seconds * 1000:.3g} ms"


def _steps(seconds: Sequence[float]) -> list[tuple[float, float]]:
    """The corners of a step curve, at most about 200 of them."""
    every = max(1, len(seconds) // 100)
    points = [(seconds[0], 0.0)]
    for done in [*range(every, len(seconds), every), len(seconds)]:
        wait = seconds[done - 1]
        points += [(wait, points[-1][1]), (wait, done / len(seconds))]
    return points


def _quantile(seconds: Sequence[float], share: float) -> float:
    return seconds[min(len(seconds) - 1, int(share * len(seconds)))]
