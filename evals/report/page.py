"""`report.html`: one file that asks nobody for anything and runs no script but its own."""

import base64
import hashlib
import re
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from assistant.cli.terminal import clean
from evals.report.failures import Quote, failures
from evals.report.formatting import interval, meets, shown
from evals.report.plots import plots
from evals.report.tables import ablations, by_slice, headline, measured, shared, skipped, slice_title
from evals.results import OURS, PARTS, Measure, Metric, Report

_PARTS = {
    "retrieval": "Finding the right cards",
    "answers": "Answering",
    "citations": "Citing",
    "abstention": "Knowing when not to answer",
    "claims": "Checking claims",
    "conversations": "Following a conversation",
    "judge": "A judging model's opinion",
}
_MARKER = re.compile(r"\[(\d{1,4})\]")


def page(report: Report) -> str:
    """The report as an HTML page.

    Text of cards, questions and models is escaped. Should something slip through, the page's content
    security policy allows no script but the one whose hash it names, and no request to any host.
    """
    style, script = _part("page.css"), _part("page.js")
    # Inside these two elements nothing is escaped, so the hash is of exactly what stands there.
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            style=Markup(style),  # noqa: S704
            script=Markup(script),  # noqa: S704
            style_hash=_hash(style),
            script_hash=_hash(script),
            when=_when(report.info.started),
            tiles=_tiles(report),
            parts=_PARTS,
            peers=shared(headline(report)),
            ablations=ablations(report),
            plots=plots(report),
            failures=failures(report),
            slices=[table for part in _parts(report) if (table := by_slice(report, part)).rows],
            systems=measured(report, "ours", "baseline", "ablation"),
            skipped=skipped(report),
            judged=_judged(report),
        )
    )


def _tiles(report: Report) -> dict[str, list[dict[str, Any]]]:
    """The headline figures by part, each with the best that anyone else reached."""
    rivals = measured(report, "baseline")
    tiles: dict[str, list[dict[str, Any]]] = {}
    for metric in report.metrics:
        measure = report.measure(metric.key)
        if metric.headline and measure is not None:
            others = [(each.title, report.measure(metric.key, each.name)) for each in rivals]
            tiles.setdefault(metric.part, []).append(
                {
                    "metric": metric,
                    "value": shown(measure.value, metric),
                    "interval": interval(measure, metric),
                    "n": measure.n,
                    "bar": _bar(measure, metric),
                    "holds": meets(measure.value, metric),
                    "rival": _best([(title, found) for title, found in others if found is not None], metric),
                }
            )
    return tiles


def _bar(measure: Measure, metric: Metric) -> dict[str, float] | None:
    """Where value and interval lie on a line from 0 to 100; None for a figure without an upper end."""
    if metric.unit not in ("share", "score"):
        return None
    low = measure.value if measure.low is None else measure.low
    high = measure.value if measure.high is None else measure.high
    return {"at": round(measure.value * 100, 2), "low": round(low * 100, 2), "wide": round((high - low) * 100, 2)}


def _best(others: list[tuple[str, Measure]], metric: Metric) -> dict[str, Any] | None:
    if not others:
        return None
    pick = max if metric.better == "higher" else min
    title, measure = pick(others, key=lambda each: each[1].value)
    return {"title": title, "value": shown(measure.value, metric), "at": round(measure.value * 100, 2)}


def _judged(report: Report) -> list[tuple[Metric, list[tuple[str, str, str]]]]:
    """What a judging model found, and how well it agrees with the deterministic figures."""
    titles = {system.name: system.title for system in report.systems}
    rows = []
    for metric in report.metrics:
        if metric.part == "judge":
            found = [each for each in report.measures if each.metric == metric.key]
            cells = [
                (
                    " · ".join(
                        filter(
                            None,
                            (titles.get(each.system, each.system), slice_title(each.slice) * (each.slice != "all")),
                        )
                    ),
                    shown(each.value, metric),
                    interval(each, metric),
                )
                for each in found
            ]
            if cells:
                rows.append((metric, cells))
    return rows


def _parts(report: Report) -> list[str]:
    """The suite's parts first, then whatever else was measured."""
    having = dict.fromkeys(measure.part for measure in report.measures if measure.system == OURS)
    return [*(part for part in PARTS if part in having), *(part for part in having if part not in PARTS)]


def _when(started: str) -> str:
    try:
        moment = datetime.fromisoformat(started)
    except ValueError:
        return started
    return f"{moment:%d %B %Y, %H:%M}".lstrip("0")


def _marked(text: str, quotes: list[Quote], anchor: str) -> Markup:
    """An answer whose markers lead to the quotes below it."""
    known = {quote.marker for quote in quotes}
    shown = Markup()
    end = 0
    for found in _MARKER.finditer(text):
        shown += escape(text[end : found.start()])
        marker = int(found[1])
        if marker in known:
            shown += Markup('<a class="marker" href="#{}-q{}">{}</a>').format(anchor, marker, marker)
        else:
            shown += Markup('<span class="marker stray" title="cites nothing">{}</span>').format(marker)
        end = found.end()
    return shown + escape(text[end:])


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(_part),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # What could turn words around or hide them goes, wherever it comes from.
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    environment.filters.update(marked=_marked, paragraphs=_paragraphs, slice_title=slice_title)
    return environment


@cache
def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
