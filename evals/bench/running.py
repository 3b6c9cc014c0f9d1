"""Runs the benchmark: section after section, each part by itself, what is known written down after each."""

import shutil
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from evals.bench.fresh import Failed, Fresh
from evals.bench.machine import machine
from evals.bench.place import Place
from evals.bench.results import Missing, Report
from evals.bench.sections import SECTIONS
from vectorstore.errors import UserError

if TYPE_CHECKING:
    from evals.systems import Progress

QUICK_SIZES, FULL_SIZES = (1_000, 4_000), (10_000, 100_000, 300_000)
_QUICK_QUESTIONS = 120
SAMPLE = 48
# Where the full card file lies for those who have it, seen from the checkout.
_SHARED = Path("shared", "corpus", "paper_cards.txt")


def bench(
    sections: Sequence[str] = (),
    *,
    full: bool = False,
    cards: Path | None = None,
    home: Path | None = None,
    paperqa_python: Path | None = None,
    sizes: Sequence[int] = (),
    questions: int | None = None,
    sample: int = SAMPLE,
    out: Path | None = None,
    folder: Path | None = None,
    progress: "Progress | None" = None,
) -> Report:
    """Measure how fast the assistant is.

    Args:
        sections: which; all of them without one.
        full: on the full card file, with large synthetic collections; otherwise a few minutes on the built-in corpus.
        cards: the card file of a full run; the one beside the checkout, or else the built-in corpus, without it.
        home: an assistant's home with its collection ready, to spare making one; it is copied.
        paperqa_python: an interpreter that has `paper-qa`.
        sizes: of the synthetic collections.
        questions: at most so many are asked; of a full run all without it, of a quick one 120.
        sample: built-in cards of a quick run that are embedded where all of them would take too long.
        out: where the report is written, after each part.
        folder: an empty one for what is made meanwhile, kept there; a temporary one, removed at the end, without it.
        progress: called with (done, total, what).

    Raises:
        UserError: there is no such section, file or home, or the folder is not empty.
    """
    chosen = list(sections) or list(SECTIONS)
    unknown = [name for name in chosen if name not in SECTIONS]
    if unknown:
        raise UserError(f"there is no section {unknown[0]!r}; sections are {', '.join(SECTIONS)}")
    if cards is not None and not full:
        raise UserError("a card file is for a full run; add --full")
    for path in (cards, home):
        if path is not None and not path.exists():
            raise UserError(f"{path} is not there")
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise UserError(f"{folder} is not empty, and what lies there would be taken for what is measured; give another")
    tell: Progress = progress or (lambda done, total, what: None)
    work = (folder or Path(tempfile.mkdtemp(prefix="bench-"))).resolve()
    work.mkdir(parents=True, exist_ok=True)
    place = Place(
        folder=work,
        fresh=Fresh(work, tell),
        full=full,
        cards=_absolute((cards or _shared_cards()) if full else None),
        given_home=_absolute(home),
        # Not resolved: an environment's interpreter is a link.
        paperqa_python=paperqa_python.absolute() if paperqa_python is not None else None,
        sizes=tuple(sizes) or (FULL_SIZES if full else QUICK_SIZES),
        questions=questions or (None if full else _QUICK_QUESTIONS),
        sample=sample,
    )
    report = Report(
        started=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        mode="full" if full else "quick",
        corpus=place.cards.name if place.cards is not None else "the built-in corpus",
        machine=machine(),
        sections=chosen,
    )
    try:
        _measure(place, report, out)
    finally:
        if folder is None:
            shutil.rmtree(work, ignore_errors=True)
    return report


def _measure(place: Place, report: Report, out: Path | None) -> None:
    began = time.monotonic()
    for name in report.sections:
        for part in SECTIONS[name]:
            try:
                report.figures += part(place)
            except Failed as reason:
                report.missing.append(Missing(section=f"{name}, {part.__name__}", why=str(reason)))
            report.seconds = round(time.monotonic() - began, 1)
            if out is not None:
                report.save(out)


def _absolute(path: Path | None) -> Path | None:
    return path.resolve() if path is not None else None


def _shared_cards() -> Path | None:
    found = Path(__file__).resolve().parents[3] / _SHARED
    return found if found.is_file() else None
