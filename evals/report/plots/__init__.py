"""The report's charts, each in a module of its own."""

from evals.report.plots.base import Panel, Plot
from evals.report.plots.calibration import calibration
from evals.report.plots.claims import claims
from evals.report.plots.latency import latency
from evals.report.plots.recall import recall
from evals.results import Report

__all__ = ["Panel", "Plot", "plots"]


def plots(report: Report) -> list[Plot]:
    """Every chart that the report has the results for."""
    drawn = (recall(report), calibration(report), claims(report), latency(report))
    return [each for each in drawn if each is not None]
