"""The report for people: a table in the terminal, `report.json`, and a page that opens anywhere."""

from dataclasses import dataclass
from pathlib import Path

from evals.results import Report

__all__ = ["Written", "write_report"]


@dataclass(frozen=True)
class Written:
    """Where a report lies."""

    json: Path
    html: Path


def write_report(report: Report, folder: Path) -> Written:
    """Write `report.json` and `report.html`; a reader never meets half of either.

    Args:
        report: what was measured.
        folder: where to; it is made if it is not there.

    Raises:
        OSError: the folder cannot be written.
    """
    from evals.report.page import page

    written = Written(folder / "report.json", folder / "report.html")
    report.save(written.json)
    temporary = written.html.with_name("report.html.new")
    temporary.write_text(page(report), "utf-8")
    temporary.replace(written.html)
    return written
