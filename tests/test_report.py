"""The report: a table in the terminal, `report.json`, and a page that asks nobody for anything."""

import io
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("scipy", reason="the evaluation extra is not installed")
pytest.importorskip("jinja2", reason="the evaluation extra is not installed")

from sample_report import METRICS, measured, sample_report

from evals.report import write_report
from evals.report.failures import failures
from evals.report.formatting import change, interval, shown
from evals.report.page import page
from evals.report.plots.recall import recall_at
from evals.report.tables import ablations, by_slice, headline, shared, slice_title
from evals.report.terminal import show_report
from evals.results import OURS, Failure, FoundCard, Judgement, Measure, Metric, Outcome, Report, RunInfo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SHARE = Metric(key="x.share", title="Share", description="A share.")
SECONDS = Metric(key="x.seconds", title="Seconds", description="Seconds.", unit="seconds", better="lower")
HOSTILE = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>{{7*7}}\'"</style></details>'


@pytest.fixture(scope="module")
def report() -> Report:
    return sample_report()


# Figures


@pytest.mark.parametrize(
    ("value", "metric", "text"),
    [
        (0.9525, SHARE, "95.2%"),
        (1.0, SHARE, "100%"),
        (0.9999, SHARE, "99.9%"),
        (0.0, SHARE, "0.0%"),
        (0.0001, SHARE, "<0.1%"),
        (0.0345, SECONDS, "34 ms"),
        (1.234, SECONDS, "1.23 s"),
        (1203.0, SHARE.model_copy(update={"unit": "tokens"}), "1,203"),
        (0.8726, SHARE.model_copy(update={"unit": "score"}), "0.873"),
    ],
)
def test_a_figure_is_written_in_its_unit_and_never_rounds_up_to_perfect(
    value: float, metric: Metric, text: str
) -> None:
    assert shown(value, metric) == text


def test_an_interval_and_a_change_are_written_beside_their_figure() -> None:
    measure = Measure(metric="x.share", system=OURS, value=0.95, low=0.921, high=0.974, n=40)
    assert interval(measure, SHARE) == "92.1–97.4"
    assert interval(measure.model_copy(update={"low": None}), SHARE) == ""
    seconds = measure.model_copy(update={"low": 0.0391, "high": 0.045})
    assert interval(seconds, SECONDS) == "39–45 ms"
    assert interval(seconds.model_copy(update={"high": 1.5}), SECONDS) == "39 ms–1.50 s"
    assert change(-0.0131, SHARE) == "−1.3"
    assert change(0.0, SHARE) == "±0"


def test_a_slice_is_named_in_words() -> None:
    assert slice_title("lang:zh style:described") == "Chinese, described"


# Tables


def test_the_first_table_has_the_assistant_beside_every_baseline_that_was_measured(report: Report) -> None:
    table = headline(report)
    assert [head.title for head in table.columns] == ["This assistant", "LangChain tutorial", "BM25", "Dense"]
    assert [head.title for head, _ in table.rows] == [metric.title for metric in METRICS if metric.headline]
    recall = table.rows[0][1]
    ours = report.measure("retrieval.recall@1")
    assert ours is not None
    assert recall[0].text == shown(ours.value, METRICS[0])
    assert recall[0].detail == interval(ours, METRICS[0])
    assert [cell.tone for cell in recall] == ["best", "", "", ""]


def test_an_ablation_is_shown_by_its_distance_to_the_whole(report: Report) -> None:
    table = ablations(report)
    assert [head.title for head in table.columns] == ["This assistant", "No keyword index"]
    whole, without = report.measure("retrieval.recall@1"), report.measure("retrieval.recall@1", "no-keyword")
    assert whole is not None
    assert without is not None
    assert table.rows[0][1][1].detail == change(without.value - whole.value, METRICS[0])


def test_a_broken_guarantee_is_marked(report: Report) -> None:
    broken = report.model_copy(deep=True)
    next(each for each in broken.outcomes if "citations.valid" in each.values).values["citations.valid"] = 0.5
    table = headline(measured(broken))
    assert next(cells[0].tone for head, cells in table.rows if head.title == "Exact quotes") == "bad"
    assert "guarantee broken" in page(broken)
    assert "guarantee broken" not in page(report)


def test_every_slice_of_a_part_has_a_row_and_every_metric_a_column(report: Report) -> None:
    table = by_slice(report, "retrieval")
    assert [head.title for head, _ in table.rows] == ["all", "English", "Chinese"]
    assert [head.title for head in table.columns] == ["Recall at 1", "Recall at 5", "MRR"]


def test_rows_that_only_the_assistant_has_stay_out_of_the_peers_table(report: Report) -> None:
    assert [head.title for head, _ in shared(headline(report)).rows] == ["Recall at 1", "Recall at 5"]


def test_the_recall_curve_passes_through_the_measured_figures(report: Report) -> None:
    items = {item.id: item for item in report.items}
    asked = [(each, items[each.item]) for each in report.outcomes if each.system == "bm25" and each.task == "search"]
    for depth in (1, 5):
        measure = report.measure(f"retrieval.recall@{depth}", "bm25")
        assert measure is not None
        assert recall_at(asked, depth) == pytest.approx(measure.value)


# The terminal


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_in_a_pipe_the_tables_are_plain_lines_that_nothing_wraps(report: Report) -> None:
    stream = io.StringIO()
    show_report(report, stream)
    lines = stream.getvalue().splitlines()
    assert "\x1b" not in stream.getvalue()
    row = next(line for line in lines if line.startswith("  Recall at 1"))
    assert len(re.findall(r"\d+\.\d% \(\d+\.\d–\d+\.\d\)", row)) == 4
    assert any("No keyword index" in line for line in lines)
    assert "not measured: PaperQA2 (the extra is not installed)" in lines
    asked = {each.item for each in report.outcomes if each.system == OURS}
    assert any(line.startswith(f"{len(asked)} questions and claims") for line in lines)


def test_in_a_narrow_terminal_no_line_is_wider_and_every_baseline_is_there(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    show_report(report, stream)
    lines = [re.sub(r"\x1b\[[\d;]*m", "", line) for line in stream.getvalue().splitlines()]
    assert max(map(len, lines)) <= 60
    assert {word for line in lines for word in line.split()} >= {"BM25", "Dense", "LangChain"}


def test_a_title_cannot_steer_the_terminal(report: Report) -> None:
    hostile = report.model_copy(deep=True)
    hostile.systems[1] = hostile.systems[1].model_copy(update={"title": "Tutorial\x1b[2J"})
    stream = Terminal()
    show_report(hostile, stream)
    assert "\x1b[2J" not in stream.getvalue()


# Failures


def test_a_question_that_failed_in_two_tasks_is_one_entry_with_both_reasons(report: Report) -> None:
    found = failures(report)
    failed = {each.item for each in report.failures()}
    assert len(found.entries) == len(failed)
    two = next(entry for entry in found.entries if len(entry.parts) > 1)
    assert {failure.part for failure in two.failures} == set(two.parts)
    assert found.asked == len({each.item for each in report.outcomes if each.system == OURS})


def test_an_entry_shows_gold_ranking_and_answer(report: Report) -> None:
    for entry in failures(report).entries:
        assert [each.card_id for each in entry.gold] == list(entry.item.gold)
        for named in entry.ranking:
            assert named.gold == (named.card_id in entry.item.gold)
        found = {named.card_id for named in entry.ranking}
        assert {each.card_id for each in entry.missing} == ({*entry.item.gold} - found if found else set())
    answered = next(entry for entry in failures(report).entries if entry.quotes)
    assert answered.quotes[0].words == "“It lowers the score from 14.4% to 3.6%.”"
    assert "×" in answered.quotes[0].card.title


# The page


def test_the_files_are_written_and_read_back(report: Report, tmp_path: Path) -> None:
    written = write_report(report, tmp_path / "new" / "folder")
    assert Report.load(written.json) == report
    assert written.html.read_text("utf-8") == page(report)
    assert sorted(each.name for each in written.html.parent.iterdir()) == ["report.html", "report.json"]


def test_the_page_names_no_host_and_forbids_all_requests(report: Report) -> None:
    html = page(report)
    assert not re.findall(r"""(?:src|href|action)\s*=\s*["'](?!data:,"|#)""", html)
    assert not re.findall(r"https?://|url\(|@import", html)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; style-src 'sha256-")
    assert len(html) < 1_500_000


def hostile_report() -> Report:
    """Markup wherever text of a card, a question or a model can come from."""
    report = sample_report(per_kind=2)
    report.items = [
        item.model_copy(
            update={
                name: HOSTILE
                for name in ("question", "claim", "answer", "note", "why")
                if name in type(item).model_fields
            }
        )
        for item in report.items
    ]
    for outcome in report.outcomes:
        outcome.found = [FoundCard(card_id=each.card_id, title=HOSTILE) for each in outcome.found]
        outcome.failures.append(Failure(part="answers", why=HOSTILE))
        outcome.error = HOSTILE
        if outcome.answer is not None and outcome.answer.citations:
            outcome.answer.text = f"{HOSTILE} [1] [9]"
            outcome.answer.notes = [HOSTILE]
            outcome.answer.citations[0].quote = outcome.answer.citations[0].title = HOSTILE
    report.judgements = [Judgement(system=OURS, item=item.id, correctness=0.5, reason=HOSTILE) for item in report.items]
    report.systems = [each.model_copy(update={"title": HOSTILE, "description": HOSTILE}) for each in report.systems]
    report.metrics = [each.model_copy(update={"title": HOSTILE, "description": HOSTILE}) for each in report.metrics]
    report.notes = [HOSTILE]
    report.info = report.info.model_copy(update={"model": HOSTILE, "corpus": HOSTILE, "datasets": {HOSTILE: "1"}})
    return report


def test_markup_in_any_text_stays_text() -> None:
    html = page(hostile_report())
    assert "<img" not in html
    assert html.count("<script>") == 1
    assert "&lt;img src=x onerror=" in html
    assert "{{7*7}}" in html


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no Chromium on this machine (Debian: apt-get install chromium)")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=chromium, args=arguments)
        yield opened
        opened.close()


class Visit:
    """A page in the browser, and everything it complained of or asked for."""

    def __init__(self, browser: "Browser", file: Path, width: int, scheme: str) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        # The size of a phone or a desk, and what the reader's system prefers.
        self._context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        self.page: Page = self._context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri())

    def close(self) -> None:
        self._context.close()


Opens = Callable[..., Visit]


@pytest.fixture
def visit(browser: "Browser", tmp_path: Path) -> "Iterator[Opens]":
    opened: list[Visit] = []

    def open_(report: Report, width: int = 1200, scheme: str = "light") -> Visit:
        opened.append(Visit(browser, write_report(report, tmp_path / str(len(opened))).html, width, scheme))
        return opened[-1]

    yield open_
    for each in opened:
        each.close()


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (360, "light")])
def test_the_page_opens_without_a_complaint_or_a_request(visit: Opens, report: Report, width: int, scheme: str) -> None:
    opened = visit(report, width, scheme)
    page = opened.page
    assert opened.complaints == []
    assert len(opened.requests) == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("figure svg").count() == 10
    paper, ink = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    light = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (paper, ink)]
    assert (light[0] > light[1]) == (scheme == "light")


def test_failures_are_filtered_by_words_part_and_language(visit: Opens, report: Report) -> None:
    opened = visit(report)
    page = opened.page
    entries = failures(report).entries
    shown = page.locator(".failure:visible")
    assert shown.count() == len(entries)
    page.select_option("#part", "abstention")
    page.select_option("#lang", "zh")
    expected = [entry for entry in entries if "abstention" in entry.parts and entry.item.lang == "zh"]
    assert shown.count() == len(expected) > 0
    assert f"{len(expected)} of {len(entries)} shown" in page.text_content("#count")
    page.select_option("#part", "")
    page.select_option("#lang", "")
    page.fill("#q", entries[3].item.id.upper())
    assert shown.count() == 1
    assert entries[3].item.asked in shown.first.text_content()
    page.fill("#q", "nothing has these words")
    assert shown.count() == 0
    assert page.locator("#none").is_visible()


def test_a_link_to_a_citation_opens_its_failure(visit: Opens, report: Report) -> None:
    opened = visit(report)
    anchor = next(entry.anchor for entry in failures(report).entries if entry.quotes)
    opened.page.evaluate("hash => { location.hash = hash }", f"{anchor}-q1")
    opened.page.wait_for_selector(f"#{anchor}[open]")
    assert opened.page.locator(f"#{anchor}-q1").is_visible()


def test_nothing_that_anyone_says_runs_in_the_page(visit: Opens) -> None:
    opened = visit(hostile_report())
    opened.page.click("#unfold")
    opened.page.wait_for_timeout(200)
    assert opened.page.evaluate("window.hit") is None
    assert opened.complaints == []
    assert len(opened.requests) == 1
    assert opened.page.locator("img").count() == 0


def test_a_report_of_nothing_still_opens(visit: Opens) -> None:
    opened = visit(Report(info=RunInfo(started="2026-11-25T20:15:00+00:00", parts=["retrieval"])))
    assert opened.complaints == []
    assert "Nothing did." in opened.page.text_content("#failures")


def test_an_outcome_without_an_answer_shows_its_error(report: Report) -> None:
    broken = report.model_copy(deep=True)
    item = broken.items[0]
    broken.outcomes = [
        Outcome(
            task="answer",
            system=OURS,
            item=item.id,
            error="the store cannot be opened",
            failures=[Failure(part="answers", why="nothing came back")],
        )
    ]
    entry = failures(broken).entries[0]
    assert entry.remarks == ["the store cannot be opened"]
    assert "the store cannot be opened" in page(broken)
