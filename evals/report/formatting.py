"""Figures as people read them: shares as percentages, times as seconds or milliseconds, changes with a sign."""

from evals.results import Measure, Metric

MISSING = "–"
_MINUS = "−"


def shown(value: float, metric: Metric) -> str:
    """One value, such as `95.2%`, `0.873`, `35 ms` or `1,203`.

    Args:
        value: the figure.
        metric: what it means; its unit decides how it is written.
    """
    match metric.unit:
        case "share":
            return f"{_percent(value)}%"
        case "score":
            return f"{value:.3f}"
        case "seconds":
            return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.0f} ms"
        case "tokens":
            return f"{value:,.0f}"
        case "number":
            return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"


def interval(measure: Measure, metric: Metric) -> str:
    """The 95% interval, such as `92.1–97.4`; empty where there is none."""
    if measure.low is None or measure.high is None:
        return ""
    return between(measure.low, measure.high, metric)


def between(low: float, high: float, metric: Metric) -> str:
    """Two ends in the metric's unit, which is left out of shares and said once for seconds."""
    ends = [shown(low, metric).removesuffix("%"), shown(high, metric).removesuffix("%")]
    number, _, unit = ends[0].partition(" ")
    if unit and ends[1].endswith(f" {unit}"):
        ends[0] = number
    return "–".join(ends) if low >= 0 else " to ".join(end.replace("-", _MINUS) for end in ends)


def change(difference: float, metric: Metric) -> str:
    """A difference with its sign, such as `+1.3` (points) or `−0.021`."""
    size = abs(difference)
    text = _percent(size) if metric.unit == "share" else shown(size, metric)
    if not any(digit in text for digit in "123456789"):
        return "±0"
    return ("+" if difference > 0 else _MINUS) + text


def is_worse(difference: float, metric: Metric) -> bool:
    """Whether a change goes the wrong way."""
    return difference < 0 if metric.better == "higher" else difference > 0


def meets(value: float, metric: Metric) -> bool:
    """Whether a guarantee holds; true for a metric that demands nothing."""
    if metric.required is None:
        return True
    return value >= metric.required if metric.better == "higher" else value <= metric.required


def _percent(value: float) -> str:
    """One decimal, but never a round 100 or 0 for what only comes close to it."""
    text = f"{value * 100:.1f}"
    if text == "100.0" and value < 1:
        return "99.9"
    if text == "0.0" and value > 0:
        return "<0.1"
    return "100" if value == 1 else text
