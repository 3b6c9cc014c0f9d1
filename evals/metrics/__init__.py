"""Every figure that the suite gives: what it means, and which values of the outcomes it is made of."""

from dataclasses import dataclass

from evals.intervals import Statistic, mean
from evals.metrics.classifying import area, f1, median, slowest
from evals.results import Metric


@dataclass(frozen=True)
class Measured:
    """A metric, and how it is got from outcomes.

    Args:
        metric: what it means.
        sources: keys in `Outcome.values`; an outcome that lacks one is left out.
        statistic: of the rows of those values.
        by_kind: also worth knowing for one kind of item alone; a decision between kinds is not.
    """

    metric: Metric
    sources: tuple[str, ...]
    statistic: Statistic = mean
    by_kind: bool = True


def _mean(key: str, title: str, description: str, *, by_kind: bool = True, **more: object) -> Measured:
    metric = Metric(key=key, title=title, description=description, **more)  # type: ignore[arg-type]
    return Measured(metric, (key,), by_kind=by_kind)


def _of(sources: tuple[str, ...], statistic: Statistic, metric: Metric) -> Measured:
    return Measured(metric, sources, statistic, by_kind=False)


_DECISION = ("abstention.unanswerable", "abstention.refused")
_CONFIDENCE = ("abstention.answerable", "abstention.confidence")

MEASURED: tuple[Measured, ...] = (
    _mean(
        "retrieval.recall@1",
        "recall@1",
        "Share of a question's gold cards that is the first card; below 1 where there are several.",
        headline=True,
    ),
    _mean("retrieval.recall@5", "recall@5", "Share of a question's gold cards among the first five.", headline=True),
    _mean("retrieval.recall@10", "recall@10", "Share of a question's gold cards among the first ten."),
    _mean("retrieval.first", "gold first", "Questions for which the first card found is a gold one."),
    _mean(
        "retrieval.mrr",
        "MRR",
        "Mean of 1 / rank of the first gold card, 0 where it is not among ten.",
        unit="score",
        headline=True,
    ),
    _mean(
        "retrieval.ndcg@10",
        "nDCG@10",
        "Gain of the first ten cards, of the best possible; topics by their grades.",
        unit="score",
        headline=True,
    ),
    _of(
        ("retrieval.seconds",),
        median,
        Metric(
            key="retrieval.p50",
            title="p50",
            description="Half of the searches took no longer.",
            unit="seconds",
            better="lower",
        ),
    ),
    _of(
        ("retrieval.seconds",),
        slowest,
        Metric(
            key="retrieval.p95",
            title="p95",
            description="95 of 100 searches took no longer.",
            unit="seconds",
            better="lower",
        ),
    ),
    _mean("answers.answered", "answered", "Answerable questions that were answered, not refused.", headline=True),
    _mean("answers.gold_first", "gold cited first", "Answers whose first citation is of a gold card.", headline=True),
    _mean("answers.gold_cited", "gold cited", "Share of a question's gold cards that the answer cites."),
    _mean(
        "answers.facts",
        "key facts",
        "Share of a question's key facts with figures that stand in the answer.",
        headline=True,
    ),
    _mean("answers.all_facts", "all key facts", "Answers in which every key fact with figures stands."),
    _mean(
        "answers.list_exact",
        "lists exact",
        "List questions for which exactly the gold cards were given.",
        headline=True,
    ),
    _mean("answers.list_recall", "list recall", "Share of the gold cards that a list has."),
    _mean("answers.list_precision", "list precision", "Share of a list's cards that are gold."),
    _mean(
        "answers.count_exact",
        "counts exact",
        "Count questions answered with the right number, by as many cards.",
        headline=True,
    ),
    _mean(
        "answers.topic_recall@10",
        "topic recall@10",
        "Share of a topic's gold cards among the first ten that the answer names.",
        headline=True,
    ),
    _mean(
        "answers.topic_ndcg@10",
        "topic nDCG@10",
        "Gain of the first ten cards that the answer names, of the best possible, by their grades.",
        unit="score",
    ),
    _mean("answers.kind", "right kind", "Questions taken for what they are: one paper, a comparison, a topic, ..."),
    _mean(
        "answers.language", "right language", "Answers in the question's language, refusals included.", headline=True
    ),
    _of(
        ("answers.seconds",),
        median,
        Metric(
            key="answers.p50",
            title="p50",
            description="Half of the answers took no longer.",
            unit="seconds",
            better="lower",
            headline=True,
        ),
    ),
    _of(
        ("answers.seconds",),
        slowest,
        Metric(
            key="answers.p95",
            title="p95",
            description="95 of 100 answers took no longer.",
            unit="seconds",
            better="lower",
            headline=True,
        ),
    ),
    _mean(
        "answers.tokens",
        "tokens",
        "Tokens that the model read and wrote for an answer, on average.",
        unit="tokens",
        better="lower",
    ),
    _mean(
        "citations.valid",
        "exact spans",
        "Citations whose quote is the card's text at that place, to the character.",
        required=1.0,
        headline=True,
    ),
    _mean(
        "citations.figures",
        "figure fidelity",
        "Share of the figures shown that stand in a quote their sentence cites.",
        required=1.0,
        headline=True,
    ),
    _mean(
        "citations.recall",
        "citation recall",
        "Share of shown sentences that their citations fully support (ALCE).",
        headline=True,
    ),
    _mean(
        "citations.precision",
        "citation precision",
        "Share of citations that their sentence needs (ALCE).",
        headline=True,
    ),
    _mean(
        "abstention.precision",
        "precision",
        "Of the refused questions, the share that the cards cannot answer.",
        headline=True,
        by_kind=False,
    ),
    _mean(
        "abstention.recall",
        "recall",
        "Of the questions that the cards cannot answer, the share refused.",
        headline=True,
        by_kind=False,
    ),
    _of(
        _DECISION,
        f1,
        Metric(
            key="abstention.f1",
            title="F1",
            description="Harmonic mean of precision and recall of refusing.",
            unit="score",
            headline=True,
        ),
    ),
    _mean(
        "abstention.wrongly_refused",
        "wrongly refused",
        "Share of the answerable questions that were refused.",
        better="lower",
    ),
    _of(
        _CONFIDENCE,
        area,
        Metric(
            key="abstention.auc",
            title="AUC",
            description="Chance that an answerable question gets more confidence than an unanswerable one.",
            unit="score",
        ),
    ),
    _mean("claims.true_accepted", "true accepted", "Share of the true claims that were accepted.", headline=True),
    _mean("claims.false_rejected", "false rejected", "Share of the false claims that were rejected.", headline=True),
    _mean("claims.right", "right", "Share of all claims judged rightly."),
    _of(
        ("claims.seconds",),
        median,
        Metric(
            key="claims.p50",
            title="p50",
            description="Half of the checks took no longer.",
            unit="seconds",
            better="lower",
        ),
    ),
    _mean("conversations.answered", "answered", "Follow-up questions that were answered.", headline=True),
    _mean("conversations.recall@1", "recall@1", "Follow-up questions whose gold card was found first.", headline=True),
    _mean("conversations.recall@5", "recall@5", "Follow-up questions whose gold card was among the first five."),
    _mean(
        "conversations.gold_first",
        "gold cited first",
        "Follow-up answers whose first citation is of a gold card.",
        headline=True,
    ),
    _mean(
        "conversations.facts",
        "key facts",
        "Share of the key facts with figures that stand in the answer.",
        headline=True,
    ),
    _mean("conversations.language", "right language", "Follow-up answers in the question's language."),
)
