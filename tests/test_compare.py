"""What moved between two reports: losses that are more than chance fail, the rest does not."""

import io
from collections.abc import Sequence

import pytest

pytest.importorskip("scipy", reason="the evaluation extra is not installed")

from scipy.stats import binomtest

from evals.compare import Change, Comparison, compare
from evals.datasets.models import Single
from evals.report.comparison import show_comparison
from evals.results import OURS, Measure, Metric, Outcome, Report, RunInfo
from vectorstore.errors import UserError

RIGHT = Metric(key="answers.right", title="Right answers", description="Right ones.")
EXACT = Metric(key="citations.valid", title="Exact quotes", description="Exact ones.", required=1.0)
WRONG = Metric(key="answers.wrong", title="Wrong answers", description="Wrong ones.", better="lower")
SECONDS = Metric(key="answers.seconds", title="Seconds", description="Time.", unit="seconds", better="lower")
F1 = Metric(key="abstention.f1", title="F1", description="No mean over questions.", unit="score")


def report_of(values: Sequence[float | None], metric: Metric = RIGHT, **more: object) -> Report:
    """A report with one metric and a question for each value, English and Chinese in turn."""
    report = Report(info=RunInfo(started="2026-11-25T20:15:00+00:00", parts=["answers"]), metrics=[metric])
    for number, value in enumerate(values):
        report.items.append(
            Single(
                id=f"q{number}",
                kind="single",
                lang="zh" if number % 2 else "en",
                style="named",
                question=f"What is {number}?",
                gold=("mm-000000",),
            )
        )
        values_ = {} if value is None else {metric.key: value}
        report.outcomes.append(Outcome(task="answer", system=OURS, item=f"q{number}", values=values_))
    return report.model_copy(update=more)


def over_all(comparison: Comparison, metric: Metric = RIGHT) -> Change:
    return next(each for each in comparison.changes if each.metric == metric.key and each.slice == "all")


def flipped(losses: int, gains: int, size: int = 100) -> tuple[Report, Report]:
    old = [1.0] * losses + [0.0] * gains + [1.0] * (size - losses - gains)
    new = [0.0] * losses + [1.0] * gains + [1.0] * (size - losses - gains)
    return report_of(old), report_of(new)


def test_the_same_report_twice_has_not_moved() -> None:
    found = compare(report_of([1, 0, 1]), report_of([1, 0, 1]))
    assert found.changes == []
    assert found.moved == []
    assert found.steady == 3  # over all, English, Chinese
    assert found.exit_code == 0


def test_many_losses_are_a_significant_loss_and_fail() -> None:
    found = compare(*flipped(12, 1))
    change = over_all(found)
    assert change.verdict == "lost"
    assert change.difference == pytest.approx(-0.11)
    assert change.low is not None
    assert change.high is not None
    assert change.low < -0.11 < change.high < 0
    assert found.exit_code == 1


def test_a_few_losses_may_be_chance_and_do_not_fail() -> None:
    found = compare(*flipped(3, 1))
    assert over_all(found).verdict == "unsure"
    assert found.exit_code == 0


def test_many_gains_are_a_gain() -> None:
    found = compare(*flipped(0, 14))
    assert over_all(found).verdict == "gained"
    assert found.exit_code == 0


@pytest.mark.parametrize(("losses", "gains"), [(6, 0), (5, 3), (9, 2), (1, 0), (4, 4)])
def test_for_yes_or_no_values_the_test_is_mcnemars_exact_test(losses: int, gains: int) -> None:
    old, new = [1.0] * losses + [0.0] * gains, [0.0] * losses + [1.0] * gains
    found = compare(report_of([*old, *[1.0] * 30]), report_of([*new, *[1.0] * 30]))
    exact = binomtest(losses, losses + gains).pvalue
    if losses == gains:
        assert not [each for each in found.changes if each.slice == "all"]
    else:
        assert over_all(found).p == pytest.approx(exact, abs=1e-9)


def test_for_graded_values_the_test_swaps_each_question() -> None:
    old, new = [0.5, 0.25, 1.0], [0.25, 0.25, 0.5]
    # Of the four ways to swap the two that moved, two give a difference this large.
    assert over_all(compare(report_of(old), report_of(new))).p == pytest.approx(0.5)


def test_less_is_a_gain_where_less_is_better() -> None:
    old, new = report_of([1] * 20 + [0] * 20, WRONG), report_of([0] * 40, WRONG)
    assert over_all(compare(old, new), WRONG).verdict == "gained"
    assert over_all(compare(new, old), WRONG).verdict == "lost"


def test_a_loss_in_one_language_alone_is_found() -> None:
    """Sixteen Chinese losses against as many English gains: nothing over all, much in each."""
    old = [0.0, 1.0] * 16 + [1.0] * 20
    new = [1.0, 0.0] * 16 + [1.0] * 20
    found = compare(report_of(old), report_of(new))
    assert {each.slice: each.verdict for each in found.changes} == {"lang:zh": "lost", "lang:en": "gained"}
    assert found.exit_code == 1


def test_one_broken_guarantee_fails_whatever_the_chance() -> None:
    found = compare(report_of([1] * 50, EXACT), report_of([1] * 49 + [0], EXACT))
    assert over_all(found, EXACT).verdict == "broken"
    assert found.exit_code == 1
    mended = compare(report_of([1] * 49 + [0], EXACT), report_of([1] * 50, EXACT))
    assert mended.exit_code == 0


def with_many_figures(losses: list[int], size: int = 60) -> tuple[Report, Report]:
    """Two reports with a figure for each number, in which so many questions are lost and none is gained."""
    metrics = [Metric(key=f"answers.m{at}", title=f"M{at}", description="One of many.") for at in range(len(losses))]
    old, new = report_of([1] * size, metrics=metrics), report_of([1] * size, metrics=metrics)
    for number, (before, now) in enumerate(zip(old.outcomes, new.outcomes, strict=True)):
        before.values = {metric.key: 1.0 for metric in metrics}
        now.values = {metric.key: float(number >= lost) for metric, lost in zip(metrics, losses, strict=True)}
    return old, new


def over_all_of(comparison: Comparison, key: str) -> Change:
    return next(each for each in comparison.changes if each.metric == key and each.slice == "all")


def test_many_figures_do_not_make_a_false_alarm_likely() -> None:
    """Alone the first would be a loss; among 20 that moved as much and may be chance it is not."""
    old, new = with_many_figures([6] + [0] * 20)
    for outcome in [*old.outcomes[:4], *new.outcomes[4:7]]:
        outcome.values |= {f"answers.m{at}": 0.0 for at in range(1, 21)}
    found = compare(old, new)
    first = over_all_of(found, "answers.m0")
    assert first.p == pytest.approx(2 / 2**6)
    assert over_all_of(found, "answers.m1").moved == 7
    assert first.verdict == "unsure"
    assert found.exit_code == 0


def test_figures_that_cannot_tell_do_not_hide_a_loss() -> None:
    """Forty figures with one lost question each prove nothing, either for themselves or for the first."""
    found = compare(*with_many_figures([6] + [1] * 40))
    assert over_all_of(found, "answers.m0").verdict == "lost"
    assert over_all_of(found, "answers.m1").verdict == "unsure"
    assert found.exit_code == 1


def test_an_error_where_there_was_an_answer_counts_as_all_wrong() -> None:
    old, new = report_of([1] * 20), report_of([1] * 20)
    for outcome in new.outcomes[:12]:
        outcome.values, outcome.error = {}, "nothing came back"
    found = compare(old, new)
    assert over_all(found).new == pytest.approx(8 / 20)
    assert found.exit_code == 1
    assert any("12 questions brought an error" in note for note in found.notes)


def test_seconds_are_shown_and_never_fail() -> None:
    found = compare(report_of([0.1] * 30, SECONDS), report_of([9.0] * 30, SECONDS))
    assert over_all(found, SECONDS).verdict == "untested"
    assert found.exit_code == 0


def test_a_figure_that_is_no_mean_over_questions_is_shown_as_reported() -> None:
    old = report_of([1, 1], measures=[Measure(metric=F1.key, system=OURS, value=0.9, n=2)], metrics=[RIGHT, F1])
    new = report_of([1, 1], measures=[Measure(metric=F1.key, system=OURS, value=0.8, n=2)], metrics=[RIGHT, F1])
    change = over_all(compare(old, new), F1)
    assert (change.old, change.new, change.verdict) == (0.9, 0.8, "untested")


def test_only_questions_that_are_still_the_same_are_compared() -> None:
    old, new = report_of([1] * 10), report_of([0] * 2 + [1] * 9)
    new.items[0] = new.items[0].model_copy(update={"question": "Quite another one?"})
    found = compare(old, new)
    assert over_all(found).n == 9
    assert [moved.item for moved in found.moved] == ["q1"]
    assert any("worded or answered otherwise" in note for note in found.notes)
    assert any("1 results stand in the new report only" in note for note in found.notes)


def test_other_cards_and_models_are_pointed_out() -> None:
    new = report_of([1, 1])
    new.info = new.info.model_copy(update={"cards": 803, "corpus": "full", "model": "openai:x"})
    notes = compare(report_of([1, 1]), new).notes
    assert any("collections differ" in note for note in notes)
    assert any("models differ: none then, openai:x now" in note for note in notes)


def test_reports_without_a_common_question_cannot_be_compared() -> None:
    new = report_of([1])
    new.items[0] = new.items[0].model_copy(update={"id": "other"})
    new.outcomes[0].item = "other"
    with pytest.raises(UserError, match="no question in common"):
        compare(report_of([1]), new)


def test_what_moved_is_written_as_plain_lines_in_a_pipe() -> None:
    stream = io.StringIO()
    show_comparison(compare(*flipped(12, 1)), stream)
    text = stream.getvalue()
    assert "\x1b" not in text
    line = next(line for line in text.splitlines() if line.startswith("answers Right answers "))
    assert "99.0%" in line
    assert "88.0%" in line
    assert "−11.0" in line
    assert "significant loss" in line
    assert "Worse in 12 questions" in text
    assert "q0 (answers Right answers): What is 0?" in text
    assert "and 2 more" in text
    assert text.rstrip().splitlines()[-1].startswith("Lost: answers Right answers")


def test_a_comparison_can_be_stored_and_read_back() -> None:
    found = compare(*flipped(12, 1))
    assert Comparison.model_validate_json(found.model_dump_json()) == found
