"""A report as an evaluation would write it, small, and the same every time."""

import random
from collections.abc import Sequence

from assistant.types import Answer, Citation, Verdict
from evals.datasets import builtin_items
from evals.datasets.models import AnyItem, LabelledClaim, Unanswerable
from evals.intervals import interval
from evals.results import (
    ALL,
    OURS,
    Failure,
    FoundCard,
    Measure,
    Metric,
    Outcome,
    Report,
    RunInfo,
    SentenceCheck,
    SystemInfo,
)

METRICS = [
    Metric(key="retrieval.recall@1", title="Recall at 1", description="Gold cards found first.", headline=True),
    Metric(
        key="retrieval.recall@5", title="Recall at 5", description="Gold cards among the first five.", headline=True
    ),
    Metric(key="retrieval.mrr", title="MRR", description="One over the rank of the first gold card.", unit="score"),
    Metric(key="answers.facts", title="Key facts", description="Key facts that the answer has.", headline=True),
    Metric(
        key="citations.valid",
        title="Exact quotes",
        description="Quotes that are the card's words.",
        required=1.0,
        headline=True,
    ),
    Metric(key="abstention.f1", title="Abstention F1", description="Of refusals.", unit="score", headline=True),
    Metric(key="claims.right", title="Claims judged rightly", description="By verify.", headline=True),
    Metric(key="answers.seconds", title="Seconds", description="Until done.", unit="seconds", better="lower"),
]
SYSTEMS = [
    SystemInfo(name=OURS, title="This assistant", role="ours", description="The whole of it."),
    SystemInfo(name="tutorial", title="LangChain tutorial", role="baseline", description="Chunks, dense, top 4."),
    SystemInfo(name="bm25", title="BM25", role="baseline", description="Words alone."),
    SystemInfo(name="dense", title="Dense", role="baseline", description="One vector per card."),
    SystemInfo(name="no-keyword", title="No keyword index", role="ablation", description="Dense alone."),
    SystemInfo(name="paperqa", title="PaperQA2", role="baseline", skipped="the extra is not installed"),
]
_SKILL = {OURS: 0.9, "tutorial": 0.45, "bm25": 0.6, "dense": 0.5, "no-keyword": 0.8}


def sample_report(per_kind: int = 6, seed: int = 1, skill: float | None = None) -> Report:
    """A report over the first questions and claims of each kind.

    Args:
        per_kind: how many of each kind.
        seed: of everything that is random in it.
        skill: how often the assistant is right; None for 0.9.
    """
    by_kind: dict[tuple[str, ...], list[AnyItem]] = {}
    for item in builtin_items():
        key = (type(item).__name__, item.kind, item.lang, getattr(item, "style", ""))
        by_kind.setdefault(key, []).append(item)
    items = [item for group in by_kind.values() for item in group[:per_kind]]
    report = Report(
        info=RunInfo(
            started="2026-11-25T20:15:00+00:00",
            seconds=171,
            parts=["retrieval", "answers", "citations", "abstention", "claims", "conversations"],
            corpus="the built-in corpus",
            cards=803,
            embedder="e5-small int8",
            machine="2 cores, Python 3.11",
            datasets={"questions.jsonl": "0a1b2c3d"},
        ),
        systems=SYSTEMS,
        metrics=METRICS,
        items=items,
    )
    for name, usual in _SKILL.items():
        chance = random.Random(f"{seed} {name}")
        for item in items:
            right = usual if skill is None or name != OURS else skill
            report.outcomes += outcomes_of(item, name, right, chance)
    return measured(report)


def outcomes_of(item: AnyItem, system: str, skill: float, chance: random.Random) -> list[Outcome]:
    """What one system made of one item; it is right so often."""
    if isinstance(item, LabelledClaim):
        return [_claim(item, skill, chance)] if system == OURS else []
    found = []
    if item.gold:
        found = [_search(item, system, skill, chance)]
    return [*found, _answer(item, skill, chance)] if system == OURS else found


def _search(item: AnyItem, system: str, skill: float, chance: random.Random) -> Outcome:
    place = 1 if chance.random() < skill else chance.randint(2, 14)
    ranking = [f"mm-{number:06x}" for number in range(10)]
    if place <= 10:
        ranking[place - 1 : place] = item.gold[:1]
    values = {f"retrieval.recall@{k}": len({*ranking[:k]} & {*item.gold}) / len(item.gold) for k in (1, 5)}
    return Outcome(
        task="search",
        system=system,
        item=item.id,
        found=[FoundCard(card_id=each, title=f"Card {each}", score=1 / at) for at, each in enumerate(ranking[:10], 1)],
        seconds=chance.lognormvariate(-3.5, 0.5),
        values={**values, "retrieval.mrr": 1 / place if place <= 10 else 0.0},
        failures=[] if place == 1 else [Failure(part="retrieval", why="the gold card is not the first one found")],
    )


def _answer(item: AnyItem, skill: float, chance: random.Random) -> Outcome:
    answerable = not isinstance(item, Unanswerable)
    answers = answerable if chance.random() < skill else not answerable
    confidence = min(0.99, max(0.01, chance.gauss(0.85 if answers else 0.2, 0.12)))
    values = {"answers.seconds": chance.lognormvariate(-1.6, 0.6)}
    outcome = Outcome(
        task="answer", system=OURS, item=item.id, signals={"confidence": confidence}, seconds=values["answers.seconds"]
    )
    if answers:
        quote = "It lowers the score from 14.4\\% to 3.6\\%."
        outcome.answer = Answer(
            text="It lowers the score to 3.6% [1]. It does so twice [2].",
            status="answered",
            mode="extractive",
            language=item.lang,
            citations=[
                Citation(
                    marker=marker,
                    card_id=(item.gold or ("mm-000000",))[0],
                    title="A title with $\\times$ in it",
                    field="abstract",
                    quote=quote,
                    start=0,
                    end=len(quote),
                )
                for marker in (1, 2)
            ],
        )
        held = chance.random() < skill
        values |= {"answers.facts": float(held), "citations.valid": 1.0}
        outcome.sentences = [SentenceCheck(text="It does so twice", markers=[2], supported=held)]
        if not held:
            outcome.failures.append(Failure(part="answers", why="key facts are missing: 28.0%"))
    else:
        outcome.answer = Answer(text="", status="insufficient_evidence", mode="extractive", language=item.lang)
    if answers != answerable:
        outcome.failures.append(
            Failure(part="abstention", why="refused, though a card answers it" if answerable else "answered anyway")
        )
    outcome.values = values
    return outcome


def _claim(item: LabelledClaim, skill: float, chance: random.Random) -> Outcome:
    right = chance.random() < skill - 0.2
    return Outcome(
        task="verify",
        system=OURS,
        item=item.id,
        verdict=Verdict(supported=item.supported == right, reason="" if right else "a figure stands elsewhere"),
        seconds=0.01,
        values={"claims.right": float(right)},
        failures=[] if right else [Failure(part="claims", why="accepted, though the card does not say so")],
    )


def measured(report: Report) -> Report:
    """The report with the mean of every metric, for everybody, over all and over each language."""
    languages = {item.id: item.lang for item in report.items}
    report.measures = []
    for metric in report.metrics:
        for system in report.systems:
            for slice_ in (ALL, "lang:en", "lang:zh"):
                values = [
                    outcome.values[metric.key]
                    for outcome in report.outcomes
                    if outcome.system == system.name
                    and metric.key in outcome.values
                    and slice_ in (ALL, f"lang:{languages[outcome.item]}")
                ]
                if values:
                    report.measures.append(_measure(metric, system.name, slice_, values))
    report.measures.append(Measure(metric="abstention.f1", system=OURS, value=0.9, low=0.85, high=0.94, n=40))
    return report


def _measure(metric: Metric, system: str, slice_: str, values: Sequence[float]) -> Measure:
    import numpy as np

    value, low, high = interval(np.array(values)[:, None])
    return Measure(metric=metric.key, system=system, slice=slice_, value=value, low=low, high=high, n=len(values))
