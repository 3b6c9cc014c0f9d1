"""A language model as a judge: is an answer right, and do its citations say what it says."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator

import prompts
from assistant.answering.failures import ModelError
from assistant.answering.fencing import plain, shortened
from evals.agreement import grade_of, kappa, same
from evals.datasets.models import AnyItem, BaseQuestion, Count, FollowUp, List, Unanswerable
from evals.intervals import interval
from evals.results import ALL, OURS, Judgement, Measure, Metric, Outcome, Report
from evals.slices import slices_of
from evals.structured import Budget, BudgetSpentError, ask
from vectorstore.latex import readable

if TYPE_CHECKING:
    from assistant.answering.model import ChatModel

Progress = Callable[[int, int, str], None]

CORRECTNESS = Metric(
    key="judge.correctness",
    title="correct",
    description="How right the answers are by the judging model: right 1, partly ½, wrong 0. Refusals need no judge: "
    "they are right where the cards do not say, and wrong elsewhere.",
    headline=True,
)
FAITHFULNESS = Metric(
    key="judge.faithfulness",
    title="faithful",
    description="How far the answers say only what the quotes they cite say, by the judging model: all of it 1, "
    "the main point ½, not even that 0.",
    headline=True,
)
METRICS = (
    CORRECTNESS,
    FAITHFULNESS,
    Metric(
        key="judge.correctness_kappa",
        title="agreement on correctness",
        description="Cohen's kappa with linear weights between the judge's correctness and the key facts found: "
        "1 is full agreement, 0 what chance gives.",
        unit="score",
    ),
    Metric(
        key="judge.correctness_same",
        title="same grade of correctness",
        description="Answers to which the judge and the key facts found give the same of three grades.",
    ),
    Metric(
        key="judge.faithfulness_kappa",
        title="agreement on faithfulness",
        description="Cohen's kappa with linear weights between the judge's faithfulness and citation recall: "
        "1 is full agreement, 0 what chance gives.",
        unit="score",
    ),
    Metric(
        key="judge.faithfulness_same",
        title="same grade of faithfulness",
        description="Answers to which the judge and citation recall give the same of three grades.",
    ),
)
# The deterministic figure that each grade is held against: what it is called after its part.
_COUNTERPARTS = {"correctness": ("answers.facts", "conversations.facts"), "faithfulness": ("citations.recall",)}
_CORRECT = {"right": 1.0, "partly": 0.5, "wrong": 0.0}
_FAITHFUL = {"full": 1.0, "partly": 0.5, "none": 0.0}
# An endpoint that fails this often in a row is down: go on without it rather than wait for each answer.
_FAILURES_IN_A_ROW = 3
_REASON = 400
_QUESTION_TOKENS, _REFERENCE_TOKENS, _ANSWER_TOKENS, _QUOTE_TOKENS, _QUOTES_TOKENS = 300, 500, 1000, 400, 2000
_MARKERS = re.compile(r"\s*\[\d{1,4}\]")


class Grades(BaseModel):
    """What the judge is asked for."""

    reason: str = ""
    correctness: Literal["right", "partly", "wrong"]
    faithfulness: Literal["full", "partly", "none"]

    @field_validator("reason")
    @classmethod
    def _short(cls, reason: str) -> str:
        return " ".join(reason.split())[:_REASON]


class Kept(BaseModel):
    """A verdict on disk; `grades` is None where the judge gave no usable one."""

    grades: Grades | None


class Judged(BaseModel):
    """What the judge found.

    Args:
        judgements: one for each answer that has a verdict.
        measures: correctness and faithfulness by slice, and the agreement with the deterministic figures.
        calls: how often the model was asked now.
        reused: verdicts that were there already.
        notes: what a reader must know.
        model: who judged.
    """

    judgements: list[Judgement] = Field(default_factory=list)
    measures: list[Measure] = Field(default_factory=list)
    calls: int = 0
    reused: int = 0
    notes: list[str] = Field(default_factory=list)
    model: str = ""

    def added_to(self, report: Report) -> Report:
        """The report with the verdicts, their figures, and each answer's grades among its values."""
        values = {(each.system, each.item): each for each in self.judgements}
        outcomes = []
        for outcome in report.outcomes:
            found = values.get((outcome.system, outcome.item)) if outcome.task == "answer" else None
            more = _values(found) if found is not None else {}
            outcomes.append(outcome.model_copy(update={"values": outcome.values | more}) if more else outcome)
        having = {measure.metric for measure in self.measures}
        return report.model_copy(
            update={
                "info": report.info.model_copy(update={"judge": self.model}),
                "outcomes": outcomes,
                "metrics": [*report.metrics, *(metric for metric in METRICS if metric.key in having)],
                "measures": [*report.measures, *self.measures],
                "judgements": [*report.judgements, *self.judgements],
                "notes": [*report.notes, *self.notes],
            }
        )


def judge(
    report: Report,
    model: "ChatModel",
    folder: Path,
    *,
    systems: Sequence[str] = (OURS,),
    max_calls: int | None = None,
    progress: Progress | None = None,
) -> Judged:
    """Have a model grade answers against the gold answer and against what they cite.

    List and count questions are left out, because their exactness can be told without a judge. Refusals are graded
    without asking. Each verdict is kept in a file named by model and prompt, so that a second run, or one after a
    kill, asks only for what is missing. The answers are taken in an order that has nothing to do with the data set's,
    so that what a budget allows is a fair sample.

    Args:
        report: with answers and their items.
        model: who judges.
        folder: where verdicts are kept; made if absent.
        systems: whose answers.
        max_calls: how often the model may be asked in this run; None means no limit.
        progress: called with (done, total, what).

    Returns:
        Verdicts and figures; a model that fails is a note, not an error.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    items = {item.id: item for item in report.items}
    asked = [(each, items[each.item]) for each in report.outcomes if _is_judged(each, items, systems)]
    asked.sort(key=lambda pair: hashlib.sha256(pair[0].item.encode()).digest())
    found = Judged(model=str(model.endpoint.model))
    budget = Budget(max_calls)
    failures, problem, unusable, missing = 0, "", 0, 0
    for done, (outcome, item) in enumerate(asked):
        if progress is not None:
            progress(done, len(asked), "judging")
        judgement = _without_asking(outcome, item)
        if judgement is None:
            prompt = _prompt(outcome, item)
            path = folder / f"{_name(model, prompt)}.json"
            kept = _kept(path)
            if kept is not None:
                found.reused += 1
            elif failures < _FAILURES_IN_A_ROW:
                try:
                    kept = Kept(grades=ask(model, prompt, Grades, budget))
                    failures = 0
                    _keep(path, kept)
                except BudgetSpentError:
                    pass
                except ModelError as error:
                    failures += 1
                    problem = str(error)
            if kept is None:
                missing += 1
                continue
            unusable += kept.grades is None
            judgement = _judgement(outcome, kept.grades)
        found.judgements.append(judgement)
    if progress is not None:
        progress(len(asked), len(asked), "judging")
    found.calls = budget.calls
    found.notes = _notes(missing, unusable, problem, budget)
    found.measures = _measures(found.judgements, report, items)
    return found


def _is_judged(outcome: Outcome, items: Mapping[str, AnyItem], systems: Sequence[str]) -> bool:
    item = items.get(outcome.item)
    judged = isinstance(item, BaseQuestion) and not isinstance(item, List | Count)
    return judged and outcome.task == "answer" and outcome.answer is not None and outcome.system in systems


def _without_asking(outcome: Outcome, item: AnyItem) -> Judgement | None:
    """A refusal is right where the cards do not say, and wrong elsewhere."""
    if outcome.answer is not None and outcome.answer.status == "answered":
        return None
    right = isinstance(item, Unanswerable)
    return Judgement(
        system=outcome.system,
        item=outcome.item,
        correctness=float(right),
        reason="refused, rightly" if right else "refused, though a card answers it",
    )


def _prompt(outcome: Outcome, item: AnyItem) -> str:
    """The prompt, everything that others wrote fenced and kept short."""
    answer = outcome.answer
    assert answer is not None  # noqa: S101  (only answers are judged)
    question = item.asked
    if isinstance(item, FollowUp):
        question = " / ".join(item.turns)
    reference = getattr(item, "answer", "")
    if isinstance(item, Unanswerable):
        reference = f"The cards do not answer this. {item.why} {reference}"
    facts = "; ".join(getattr(item, "key_facts", ()))
    quotes = "\n".join(f"- {shortened(plain(readable(each.quote)), _QUOTE_TOKENS)}" for each in answer.citations)
    return prompts.load("judge").fill(
        question=shortened(plain(question), _QUESTION_TOKENS),
        reference=shortened(plain(f"{reference} ({facts})" if facts else reference), _REFERENCE_TOKENS),
        quotes=shortened(quotes, _QUOTES_TOKENS) or "(none)",
        answer=shortened(plain(_MARKERS.sub("", answer.text)), _ANSWER_TOKENS),
    )


def _judgement(outcome: Outcome, grades: Grades | None) -> Judgement:
    judgement = Judgement(system=outcome.system, item=outcome.item)
    if grades is None:
        return judgement.model_copy(update={"reason": "the judge gave no usable verdict"})
    cites = outcome.answer is not None and bool(outcome.answer.citations)
    return judgement.model_copy(
        update={
            "correctness": _CORRECT[grades.correctness],
            # Nothing cited says nothing, whatever the judge makes of it.
            "faithfulness": _FAITHFUL[grades.faithfulness] if cites else 0.0,
            "reason": grades.reason,
        }
    )


def _name(model: "ChatModel", prompt: str) -> str:
    return hashlib.sha256(f"{model.endpoint}\n{prompt}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _kept(path: Path) -> Kept | None:
    try:
        return Kept.model_validate_json(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError):
        return None


def _keep(path: Path, kept: Kept) -> None:
    temporary = path.with_suffix(".new")
    temporary.write_text(kept.model_dump_json(), "utf-8")
    temporary.replace(path)


def _notes(missing: int, unusable: int, problem: str, budget: Budget) -> list[str]:
    notes = []
    if missing:
        why = problem or f"the budget of {budget.max_calls} calls is spent"
        notes.append(f"{missing} answers were not judged ({why}); the same command goes on where it was")
    if unusable:
        notes.append(f"the judge gave no usable verdict on {unusable} answers; a stronger model may")
    return notes


def _values(judgement: Judgement) -> dict[str, float]:
    given = {CORRECTNESS.key: judgement.correctness, FAITHFULNESS.key: judgement.faithfulness}
    return {key: value for key, value in given.items() if value is not None}


def _measures(judgements: Sequence[Judgement], report: Report, items: Mapping[str, AnyItem]) -> list[Measure]:
    import numpy as np

    grades: dict[tuple[str, str, str], list[float]] = {}
    pairs: dict[tuple[str, str], list[tuple[int, int]]] = {}
    outcomes = {(each.system, each.item): each for each in report.outcomes if each.task == "answer"}
    for each in judgements:
        for key, value in _values(each).items():
            for slice_ in slices_of(items[each.item]):
                grades.setdefault((key, each.system, slice_), []).append(value)
            known = outcomes[each.system, each.item].values
            for other in _COUNTERPARTS[key.removeprefix("judge.")]:
                if other in known:
                    pairs.setdefault((key, each.system), []).append((grade_of(value), grade_of(known[other])))
    found = []
    for (metric, system, slice_), values in grades.items():
        value, low, high = interval(np.array(values)[:, None], seed=report.info.seed)
        found.append(
            Measure(metric=metric, system=system, slice=slice_, value=value, low=low, high=high, n=len(values))
        )
    for (metric, system), both in pairs.items():
        rows = np.array(both, dtype=np.float64)
        for name, statistic in (("kappa", kappa), ("same", same)):
            value, low, high = interval(rows, statistic, seed=report.info.seed, share=False)
            if not np.isnan(value):
                key = f"{metric}_{name}"
                found.append(
                    Measure(metric=key, system=system, slice=ALL, value=value, low=low, high=high, n=len(both))
                )
    return found
