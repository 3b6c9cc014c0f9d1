"""`assistant eval`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import AsJson, Model, NoModel
from assistant.cli.terminal import clean, clean_json, console, emit

if TYPE_CHECKING:
    from assistant.cli.progress import Progress
    from assistant.settings import Settings
    from evals.compare import Comparison
    from evals.results import Report

_DRAFT = "new-questions"
_WHAT = ("retrieval", "answers", "citations", "abstention", "claims", "conversations", _DRAFT)
_DRAFTS = Path("new-questions.jsonl")


def _completed(incomplete: str) -> list[str]:
    return [name for name in _WHAT if name.startswith(incomplete)]


def evaluate(
    parts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PART]...",
            help=f"{', '.join(_WHAT[:-1])}; all of them without one. {_DRAFT} has the configured model draft "
            "questions about your own cards instead.",
            autocompletion=_completed,
            show_default=False,
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="At most N items of each kind, always the same.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Where outcomes, report.json and report.html go; a run that was stopped goes on there. "
            f"For {_DRAFT}, the file to write.",
        ),
    ] = None,
    dataset: Annotated[
        list[Path] | None,
        typer.Option(
            "--dataset", metavar="FILE", help="Ask the questions and claims of this file too. May be repeated."
        ),
    ] = None,
    only_dataset: Annotated[
        bool, typer.Option("--only-dataset", help="Leave the built-in questions and claims out.")
    ] = False,
    cards: Annotated[
        Path | None,
        typer.Option(
            "--cards", metavar="FILE", help="Measure on the cards of this file, in a collection of their own."
        ),
    ] = None,
    without_aids: Annotated[
        bool,
        typer.Option(
            "--without-aids", help="Give these cards no help from the built-in corpus, as cards of one's own."
        ),
    ] = False,
    no_baselines: Annotated[
        bool, typer.Option("--no-baselines", help="Do not measure what one would otherwise have.")
    ] = False,
    no_ablations: Annotated[
        bool, typer.Option("--no-ablations", help="Do not measure the assistant with parts switched off.")
    ] = False,
    context: Annotated[
        bool,
        typer.Option(
            "--context",
            help="Also measure passages without their card's title; embeds all of them anew, some minutes.",
        ),
    ] = False,
    peers_python: Annotated[
        Path | None,
        typer.Option("--peers-python", metavar="PATH", help="An interpreter that has paper-qa, to measure it too."),
    ] = None,
    model: Model = None,
    no_model: NoModel = False,
    judge: Annotated[
        bool, typer.Option("--judge", help="Have a language model grade the answers; verdicts are kept.")
    ] = False,
    judge_model: Annotated[
        str | None, typer.Option("--judge-model", metavar="NAME", help="Which one; the configured one without this.")
    ] = None,
    max_calls: Annotated[
        int | None,
        typer.Option("--max-calls", min=0, metavar="N", help="Ask the judge, or the drafting model, at most N times."),
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option("--compare", metavar="OLD.json", help="Say what moved since that report; exit with 1 on a loss."),
    ] = None,
    save_reference: Annotated[
        Path | None,
        typer.Option("--save-reference", metavar="FILE", help="Also write what --compare needs of this report."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how good the assistant is, beside what one would otherwise have.

    Needs the extra: pip install 'paper-card-assistant[eval]'. Exits with 1 where a guarantee is broken (every
    quote exact, every figure in a quote), or where --compare finds a loss that is more than chance.

    \b
    Examples:
      assistant eval
      assistant eval retrieval claims --limit 20 --no-ablations
      assistant eval --cards paper_cards.txt --out full --compare full-old.json
      assistant eval --dataset mine.jsonl --only-dataset --judge --max-calls 200
      assistant eval new-questions --limit 30 --out mine.jsonl
    """
    if model and no_model:
        raise typer.BadParameter("give --model or --no-model, not both")
    names = parts or []
    unknown = [name for name in names if name not in _WHAT]
    if unknown:
        raise typer.BadParameter(f"there is no part {unknown[0]!r}; parts are {', '.join(_WHAT)}")

    from assistant.settings import load_settings

    settings = load_settings(model="none" if no_model else model)
    if _DRAFT in names:
        if len(names) > 1:
            raise typer.BadParameter(f"{_DRAFT} stands alone")
        _draft(settings, out or _DRAFTS, limit, max_calls)
        return
    if only_dataset and not dataset:
        raise typer.BadParameter("--only-dataset needs --dataset")

    from assistant.cli.progress import progress_bar
    from evals import Report, run
    from evals.report import write_report

    # Read first: it may be the very file that this run writes.
    old = Report.load(compare) if compare is not None else None
    folder = out or settings.home / "evals"
    with progress_bar() as progress:
        report = run(
            names,
            settings=settings,
            dataset=dataset,
            builtin=not only_dataset,
            limit=limit,
            out=folder,
            cards=cards,
            without_aids=without_aids,
            baselines=not no_baselines,
            ablations=not no_ablations,
            context=context,
            peers_python=peers_python,
            progress=progress,
        )
        if judge or judge_model:
            report = _judged(report, settings, judge_model, folder, max_calls, progress)
    written = write_report(report, folder)
    if save_reference is not None:
        report.reference().save(save_reference)
    comparison = _compared(old, report)
    _show(report, comparison, as_json)
    if not as_json:
        emit(console(), clean(f"\n{written.json}\n{written.html}"))
    broken = report.broken()
    for measure in broken:
        emit(console(sys.stderr), f"guarantee broken: {measure.metric} is {measure.value:.4f}", style="bold red")
    raise typer.Exit(1 if broken or (comparison is not None and comparison.exit_code) else 0)


def _draft(settings: "Settings", out: Path, limit: int | None, max_calls: int | None) -> None:
    from assistant import Assistant
    from assistant.cli.progress import progress_bar
    from evals.drafting import draft_questions

    with progress_bar() as progress:
        assistant = Assistant(settings, progress=progress)
        done = draft_questions(assistant, out, limit=limit, max_calls=max_calls, progress=progress)
    emit(
        console(),
        clean(
            f"{done.written} questions about {done.cards} cards added to {done.out}; {done.rejected} drafts rejected"
        ),
    )
    emit(console(), 'Look at each line, mend or delete it, and take out "draft": true; then give it with --dataset.')
    sys.stdout.flush()
    for note in done.notes:
        emit(console(sys.stderr), clean(note), style="yellow")


def _judged(
    report: "Report",
    settings: "Settings",
    name: str | None,
    folder: Path,
    max_calls: int | None,
    progress: "Progress",
) -> "Report":
    from assistant import Assistant
    from evals.judge import judge

    grading = settings.model_copy(update={"model": name}) if name else settings
    judged = judge(report, Assistant(grading).model(), folder / "verdicts", max_calls=max_calls, progress=progress)
    return judged.added_to(report)


def _compared(old: "Report | None", new: "Report") -> "Comparison | None":
    from evals.compare import compare

    return compare(old, new) if old is not None else None


def _show(report: "Report", comparison: "Comparison | None", as_json: bool) -> None:
    from evals.report.comparison import show_comparison
    from evals.report.terminal import show_report

    if as_json:
        import json

        summary = report.model_dump(mode="json", exclude={"items", "outcomes", "judgements"})
        if comparison is not None:
            summary["comparison"] = comparison.model_dump(mode="json")
        typer.echo(clean_json(json.dumps(summary, ensure_ascii=False, indent=2)))
        return
    show_report(report)
    if comparison is not None:
        emit(console(), "")
        show_comparison(comparison)
