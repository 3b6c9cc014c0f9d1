"""A new report against an old one: what moved, and which losses are more than chance."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from evals.datasets.models import AnyItem
from evals.report.formatting import is_worse, meets
from evals.results import ALL, OURS, Metric, Outcome, Report
from vectorstore.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

Verdict = Literal["lost", "gained", "unsure", "broken", "untested"]

# Shares and scores are the assistant's own; seconds and tokens depend on the machine and the model.
_JUDGED_UNITS = ("share", "score")
_RESAMPLES = 9_999


class Change(BaseModel):
    """One figure, before and now, over the questions that both reports asked.

    Args:
        metric: key of the metric.
        title: its title.
        slice: which questions, as in a measure.
        n: questions that either report has a value for.
        moved: questions whose value is another one.
        old, new: the figures over these questions; for a figure without a value for each question, as reported.
        low, high: 95% interval of `new - old`, by a paired bootstrap; None where nothing was tested.
        p: chance of a difference this large if old and new did equally well; None where nothing was tested.
        verdict: `lost` or `gained` are more than chance, `unsure` may be chance, `broken` falls short of a value
            that a guarantee demands and that the old report met, `untested` cannot be told (seconds, tokens).
    """

    metric: str
    title: str
    slice: str = ALL
    n: int
    moved: int
    old: float
    new: float
    low: float | None = None
    high: float | None = None
    p: float | None = None
    verdict: Verdict = "unsure"

    @property
    def difference(self) -> float:
        """New less old."""
        return self.new - self.old


class Moved(BaseModel):
    """One question that did worse or better than before in one metric."""

    item: str
    asked: str
    metric: str
    old: float
    new: float
    worse: bool


class Comparison(BaseModel):
    """What moved between two reports.

    Args:
        old, new: when the reports were started.
        changes: every figure that moved, losses first.
        steady: how many figures did not move.
        moved: the questions behind the changes, worse ones first.
        notes: what could not be compared, and why.
        metrics: what the figures mean.
    """

    old: str
    new: str
    changes: list[Change] = Field(default_factory=list)
    steady: int = 0
    moved: list[Moved] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    metrics: list[Metric] = Field(default_factory=list)

    @property
    def losses(self) -> list[Change]:
        """Figures that got worse by more than chance, and guarantees that no longer hold."""
        return [each for each in self.changes if each.verdict in ("lost", "broken")]

    @property
    def exit_code(self) -> int:
        """1 where something was lost, otherwise 0."""
        return 1 if self.losses else 0


def compare(old: Report, new: Report, *, system: str = OURS, alpha: float = 0.05, seed: int = 0) -> Comparison:
    """Compare two reports question by question.

    A figure is tested by the paired randomization test (Smucker, Allan and Carterette, CIKM 2007): old and new
    value of each question are swapped at random, and the difference seen is set against those that swapping gives.
    For values of 0 and 1 this is McNemar's exact test. Figures are tested over all questions and for each language;
    the p-values are held against `alpha` by the procedure of Benjamini and Hochberg, so that many figures do not
    make a false alarm likely. Figures in which too few questions moved to tell anything are left out of that
    (Tarone, Biometrics 1990): they would only blunt the test of the others. A question that brought an error now
    and did not before counts as all wrong.

    Args:
        old: what was.
        new: what is.
        system: whose figures.
        alpha: share of false alarms that is accepted.
        seed: of the random swaps.

    Returns:
        What moved; `exit_code` says whether something was lost.

    Raises:
        UserError: the reports have no question in common.
    """
    before, now = _by_question(old, system), _by_question(new, system)
    shared, notes = _shared(old, new, before, now)
    result = Comparison(old=old.info.started, new=new.info.started, notes=notes)
    result.metrics = [metric for metric in new.metrics if metric.key in {m.key for m in old.metrics}]
    items = {item.id: item for item in new.items}
    slices = [ALL, *sorted({f"lang:{items[item].lang}" for _, item in shared})]
    for metric in result.metrics:
        rows = [(key, _value(metric, before[key]), _value(metric, now[key], before[key])) for key in shared]
        rows = [row for row in rows if row[1] is not None or row[2] is not None]
        if not rows:
            _as_reported(result, old, new, metric, system)
            continue
        for slice_ in slices if metric.unit in _JUDGED_UNITS else [ALL]:
            chosen = [row for row in rows if slice_ in (ALL, f"lang:{items[row[0][1]].lang}")]
            if chosen:
                _weigh(result, metric, slice_, [row[1:] for row in chosen], seed)
        result.moved += _moved(items, metric, rows)
    _decide(result, alpha)
    order = {"broken": 0, "lost": 1, "unsure": 2, "untested": 3, "gained": 4}
    result.changes.sort(key=lambda each: order[each.verdict])
    result.moved.sort(key=lambda each: not each.worse)
    return result


Key = tuple[str, str]
Pair = tuple[float | None, float | None]


def _by_question(report: Report, system: str) -> dict[Key, Outcome]:
    return {(each.task, each.item): each for each in report.outcomes if each.system == system}


def _shared(
    old: Report, new: Report, before: dict[Key, Outcome], now: dict[Key, Outcome]
) -> tuple[list[Key], list[str]]:
    """What both reports asked in the same words of the same gold, and notes on the rest."""
    items = {item.id: item for item in old.items}
    same = {item.id for item in new.items if items.get(item.id) == item}
    both = [key for key in now if key in before]
    shared = [key for key in both if key[1] in same]
    if not shared:
        raise UserError("the two reports have no question in common, so there is nothing to compare")
    notes = []
    gone = {metric.key for metric in old.metrics} - {metric.key for metric in new.metrics}
    if gone:
        notes.append(f"not measured now: {', '.join(sorted(gone))}")
    changed = {key[1] for key in both} - same
    if changed:
        notes.append(f"{len(changed)} questions are worded or answered otherwise now and are left out")
    for count, where in ((len(before.keys() - now.keys()), "old"), (len(now.keys() - before.keys()), "new")):
        if count:
            notes.append(f"{count} results stand in the {where} report only and are left out")
    if old.info.corpus != new.info.corpus or old.info.cards != new.info.cards:
        notes.append(
            f"the collections differ: {old.info.corpus} ({old.info.cards} cards) then, "
            f"{new.info.corpus} ({new.info.cards} cards) now"
        )
    if old.info.model != new.info.model:
        notes.append(f"the models differ: {old.info.model or 'none'} then, {new.info.model or 'none'} now")
    failed = [key for key in shared if now[key].error and not before[key].error]
    if failed:
        notes.append(f"{len(failed)} questions brought an error now and none before; they count as all wrong")
    return shared, notes


def _value(metric: Metric, outcome: Outcome, before: Outcome | None = None) -> float | None:
    """The item's value; the worst one where it brought an error and had a value before."""
    if outcome.error and before is not None and not before.error and metric.unit in _JUDGED_UNITS:
        if metric.key not in before.values:
            return None
        return 0.0 if metric.better == "higher" else 1.0
    return outcome.values.get(metric.key)


def _weigh(result: Comparison, metric: Metric, slice_: str, pairs: Sequence[Pair], seed: int) -> None:
    """Add a change where the figure moved."""
    import numpy as np

    moved = sum(old != new for old, new in pairs)

    nan = float("nan")
    old = np.array([nan if each[0] is None else each[0] for each in pairs])
    new = np.array([nan if each[1] is None else each[1] for each in pairs])
    change = Change(
        metric=metric.key,
        title=metric.title,
        slice=slice_,
        n=len(pairs),
        moved=moved,
        old=_mean(old),
        new=_mean(new),
    )
    if change.old == change.new:
        result.steady += 1
        return
    if metric.unit not in _JUDGED_UNITS:
        change.verdict = "untested"
    else:
        change.p = _chance(old, new, seed)
        change.low, change.high = _interval(old, new, seed)
    if is_worse(change.difference, metric) and not meets(change.new, metric):
        change.verdict = "broken"
    result.changes.append(change)


def _as_reported(result: Comparison, old: Report, new: Report, metric: Metric, system: str) -> None:
    """A figure that is no mean over questions: shown, not tested; its parts are figures of their own."""
    before, now = old.measure(metric.key, system), new.measure(metric.key, system)
    if before is None or now is None:
        return
    if before.value == now.value:
        result.steady += 1
        return
    change = Change(
        metric=metric.key,
        title=metric.title,
        n=now.n,
        moved=0,
        old=before.value,
        new=now.value,
        verdict="untested",
    )
    if is_worse(change.difference, metric) and not meets(now.value, metric):
        change.verdict = "broken"
    result.changes.append(change)


def _moved(
    items: Mapping[str, AnyItem], metric: Metric, rows: Iterable[tuple[Key, float | None, float | None]]
) -> list[Moved]:
    """The questions whose value is another one now."""
    if metric.unit not in _JUDGED_UNITS:
        return []
    return [
        Moved(
            item=item,
            asked=items[item].asked,
            metric=metric.key,
            old=old,
            new=new,
            worse=is_worse(new - old, metric),
        )
        for (_, item), old, new in rows
        if old is not None and new is not None and old != new
    ]


def _mean(values: "Values") -> float:
    import numpy as np

    return float(np.nanmean(values)) if not np.isnan(values).all() else 0.0


def _chance(old: "Values", new: "Values", seed: int) -> float:
    """Two-sided p-value of the paired randomization test; exact where there are few questions to swap."""
    import numpy as np
    from scipy import stats

    differs = ~((old == new) | (np.isnan(old) & np.isnan(new)))
    if differs.sum() < 2:
        return 1.0  # swapping one question turns the difference around, and no more
    kept = old[~differs]
    base_sum, base_n = float(np.nansum(kept)), int((~np.isnan(kept)).sum())

    def mean(values: "Values", axis: int) -> "Values":
        total = np.nansum(values, axis=axis) + base_sum
        return np.asarray(total / np.maximum((~np.isnan(values)).sum(axis=axis) + base_n, 1))

    def difference(before: "Values", now: "Values", axis: int) -> "Values":
        return mean(now, axis) - mean(before, axis)

    test = partial(
        stats.permutation_test,
        statistic=difference,
        permutation_type="samples",
        vectorized=True,
        n_resamples=_RESAMPLES,
        rng=np.random.default_rng(seed),
    )
    return float(test((old[differs], new[differs])).pvalue)


def _interval(old: "Values", new: "Values", seed: int) -> tuple[float, float]:
    """95% interval of the difference, by drawing questions with replacement (percentile bootstrap)."""
    import numpy as np

    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(old), size=(2_000, len(old)))
    with np.errstate(invalid="ignore"):
        means = [np.nansum(each[draws], axis=1) / (~np.isnan(each[draws])).sum(axis=1) for each in (new, old)]
    low, high = np.nanpercentile(means[0] - means[1], [2.5, 97.5])
    return float(low), float(high)


def _decide(result: Comparison, alpha: float) -> None:
    """Which of the tested changes are more than chance, all of them taken together."""
    # So many questions swapped at random all go one way with this chance; p cannot be smaller.
    tested = [each for each in result.changes if each.p is not None and 2 * 0.5**each.moved < alpha]
    if not tested:
        return
    from scipy import stats

    metrics = {metric.key: metric for metric in result.metrics}
    adjusted = stats.false_discovery_control([each.p for each in tested], method="bh")
    for change, chance in zip(tested, adjusted, strict=True):
        if change.verdict == "unsure" and chance < alpha:
            change.verdict = "lost" if is_worse(change.difference, metrics[change.metric]) else "gained"
