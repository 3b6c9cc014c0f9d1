"""The benchmark: figures with baselines and goals, processes of their own, growth, and the command."""

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

from evals.bench.__main__ import main
from evals.bench.clock import each_timed, timing_of
from evals.bench.fresh import Failed, Fresh, environment
from evals.bench.growth import growth
from evals.bench.memory import peak
from evals.bench.results import Baseline, Figure, Machine, Missing, Report, Target
from evals.bench.running import bench
from evals.bench.sections import SECTIONS
from evals.bench.table import show, shown
from evals.bench.tasks.cards import Disguised, Drawn, cards_of, passages_of, questions, spread
from vectorstore.corpus import ShippedVectors
from vectorstore.embedders.base import Embedder, Kind, Vectors, unit_rows
from vectorstore.errors import UserError


def _silent(done: int, total: int, what: str) -> None:
    pass


@pytest.fixture
def fresh(tmp_path: Path) -> Fresh:
    return Fresh(tmp_path, _silent)


# Figures


def test_a_goal_is_held_against_the_figure_its_95th_percentile_or_its_ratio() -> None:
    figure = Figure(key="search.warm", title="search", value=0.01, p95=0.08, baseline=Baseline(name="it", value=0.1))
    assert figure.ratio == pytest.approx(0.1)

    def met(target: Target) -> bool | None:
        return figure.model_copy(update={"target": target}).met

    assert met(Target(limit=0.015)) is True
    assert met(Target(limit=0.06, of="p95")) is False
    assert met(Target(limit=10, of="ratio", bound="at least")) is False
    assert met(Target(limit=0.5, of="ratio")) is True
    assert figure.met is None


def test_a_goal_for_what_was_not_measured_is_not_met() -> None:
    assert Figure(key="a.b", title="", value=0.0, target=Target(limit=1, of="p95")).met is False
    assert Figure(key="a.b", title="", value=0.0, target=Target(limit=1, of="ratio")).met is False


def test_percentiles_are_of_single_times_and_processor_time_is_for_one() -> None:
    timing = timing_of([0.1] * 19 + [1.1], processor=4.0)
    assert (timing.p50, timing.longest, timing.n) == (0.1, 1.1, 20)
    assert 0.1 < timing.p95 < 1.1
    assert timing.processor == pytest.approx(0.2)


def test_every_input_is_timed_once_and_work_shows_as_processor_time() -> None:
    seen: list[int] = []

    def work(size: int) -> None:
        seen.append(size)
        sum(range(size))

    seconds, processor = each_timed(work, [300_000, 600_000])
    assert seen == [300_000, 600_000]
    assert len(seconds) == 2
    assert processor > 0


def test_a_report_is_the_same_after_it_was_written_and_says_ratio_and_goal_in_its_json(tmp_path: Path) -> None:
    report = _report()
    path = tmp_path / "deep" / "bench.json"
    report.save(path)
    assert Report.load(path) == report
    first = json.loads(path.read_text("utf-8"))["figures"][0]
    assert (first["ratio"], first["met"], first["target"]["limit"]) == (0.125, False, 0.015)


@pytest.mark.parametrize("content", ["", "{}", "no JSON", '{"figures": 3}'])
def test_another_file_is_not_taken_for_a_report(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bench.json"
    path.write_text(content, "utf-8")
    with pytest.raises(UserError, match="not a report of this benchmark"):
        Report.load(path)


# Growth


def test_linear_growth_with_a_fixed_part_is_extrapolated_along_its_line() -> None:
    sizes = [10_000, 100_000, 300_000]
    found = growth(sizes, [2 + size / 1_000 for size in sizes], 1_000_000)
    assert found.value == pytest.approx(1_002)
    assert 0.9 < found.exponent < 1.0


def test_what_does_not_grow_stays_as_it_is() -> None:
    found = growth([1_000, 10_000, 100_000], [0.01, 0.01, 0.01], 1_000_000)
    assert found.value == pytest.approx(0.01)
    assert found.exponent == pytest.approx(0.0)


def test_quadratic_growth_is_seen_and_not_taken_for_linear() -> None:
    sizes = [1_000, 3_000, 10_000]
    found = growth(sizes, [size**2 / 1e6 for size in sizes], 100_000)
    assert found.exponent == pytest.approx(2.0)
    assert found.value == pytest.approx(10_000)
    assert "power law" in found.model


@pytest.mark.parametrize("values", [[5.0, 4.0, 3.0], [1.0, 12.0, 100.0]])
def test_no_extrapolation_is_below_zero(values: list[float]) -> None:
    assert growth([1_000, 10_000, 100_000], values, 1_000_000).value > 0


# Processes of their own


def test_a_task_does_not_count_the_memory_of_who_started_it(fresh: Fresh, tmp_path: Path) -> None:
    held = np.ones(100_000_000)
    assert peak() > held.nbytes
    taken = fresh.run("cards.sample", out=str(tmp_path / "sample.jsonl"), limit=5)
    assert 20_000_000 < taken.peak < held.nbytes
    assert taken.processor > 0


def test_a_task_is_run_once_for_the_same_arguments_and_again_for_another_turn(fresh: Fresh, tmp_path: Path) -> None:
    out = tmp_path / "sample.jsonl"
    first = fresh.run("cards.sample", out=str(out), limit=3)
    assert len(out.read_text("utf-8").splitlines()) == first.result["cards"] == 3
    out.unlink()
    assert fresh.run("cards.sample", out=str(out), limit=3) == first
    assert not out.exists()
    fresh.run("cards.sample", turn=1, out=str(out), limit=3)
    assert out.exists()


def test_a_task_that_cannot_be_done_says_why_in_a_sentence(fresh: Fresh, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(Failed, match="cannot be written"):
        fresh.run("embedding.unpack", cache=str(tmp_path / "file"))


def test_a_task_that_breaks_off_gives_the_last_line_of_what_it_said(fresh: Fresh) -> None:
    with pytest.raises(Failed, match="AttributeError"):
        fresh.run("cards.none_of_these")


def test_a_task_tells_its_progress(tmp_path: Path) -> None:
    told: list[str] = []
    Fresh(tmp_path, lambda done, total, what: told.append(what)).run("embedding.unpack", cache=str(tmp_path / "e5"))
    assert "unpacking the embedder" in told


def test_what_is_set_for_the_readers_own_assistant_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_MODEL", "dear")
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    seen = environment(ASSISTANT_HOME="here")
    assert {name: value for name, value in seen.items() if name.startswith(("ASSISTANT_", "OPENAI_"))} == {
        "ASSISTANT_HOME": "here"
    }


# What is measured with


def test_no_question_is_timed_that_was_asked_to_warm_up() -> None:
    for limit in (None, 20):
        warming, asked = questions(limit, kinds=["single"])
        assert warming
        assert not set(warming) & set(asked)
        assert len(set(asked)) == len(asked)
        assert limit is None or len(asked) == limit


def test_a_sample_is_spread_over_everything() -> None:
    assert spread(range(100), 4) == [0, 25, 50, 75]
    assert spread(range(3), 10) == [0, 1, 2]
    assert len({card.category for card in cards_of(None, 21)}) > 3


class _Counting(Embedder):
    """Stands for the real embedder, with its identity."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint
        self.asked = 0

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    @property
    def dimension(self) -> int:
        return 384

    def embed_array(self, texts: list[str], *, kind: Kind = "passage") -> Vectors:  # type: ignore[override]
        self.asked += len(texts)
        return unit_rows(np.ones((len(texts), 384), np.float32))


def test_the_package_ships_no_vector_for_an_embedder_in_disguise(assistant: object) -> None:
    real = assistant._collection.embedder  # type: ignore[attr-defined]
    texts = passages_of(cards_of(None, 2))
    known, _ = ShippedVectors(real.fingerprint).find("passage", texts)
    assert known.all()
    known, _ = ShippedVectors(Disguised(real).fingerprint).find("passage", texts)
    assert not known.any()


def test_drawn_vectors_spare_the_embedder_but_for_queries() -> None:
    inner = _Counting("inner")
    drawn = Drawn(inner)
    vectors = drawn.embed_array(["one", "two"])
    assert inner.asked == 0
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1])
    drawn.embed_query("three")
    assert inner.asked == 1
    assert drawn.fingerprint not in (inner.fingerprint, Disguised(inner).fingerprint)


# The run


def test_searching_is_held_against_the_tutorial_over_as_many_cards(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    report = bench(["search"], home=home, questions=20, out=out, folder=tmp_path / "work")
    assert not report.missing
    figure = report.figures[0]
    assert (figure.key, figure.n, figure.unit) == ("search.warm", 20, "seconds")
    assert figure.baseline is not None
    assert figure.baseline.value > 0
    assert "803 cards" in figure.note
    assert Report.load(out) == report
    assert not (home / "evaluation-vectors").exists()


def test_collections_of_several_sizes_are_filled_searched_and_extrapolated(home: Path, tmp_path: Path) -> None:
    report = bench(["scale"], sizes=[30, 60], questions=10, home=home, folder=tmp_path)
    assert not report.missing
    values = {figure.key: figure for figure in report.figures}
    assert values["scale.ingest.30"].note.startswith("9")
    assert values["scale.search.60"].value <= values["scale.search_p95.60"].value
    assert values["scale.ingest.600"].note
    assert values["scale.memory.600"].value > 0
    assert "scale.memory.1000000" not in values
    assert values["scale.ingest.growth"].target is not None


def test_what_cannot_be_measured_is_named_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(place: object) -> list[Figure]:
        raise Failed("there is none here")

    def working(place: object) -> list[Figure]:
        return [Figure(key="cold.one", title="one", value=1.0)]

    monkeypatch.setitem(SECTIONS, "cold", (failing, working))  # type: ignore[misc]
    report = bench(["cold"])
    assert report.missing == [Missing(section="cold, failing", why="there is none here")]
    assert [figure.key for figure in report.figures] == ["cold.one"]


def test_the_machine_and_the_code_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SECTIONS, "cold", ())  # type: ignore[misc]
    machine = bench(["cold"]).machine
    assert machine.cores >= 1
    assert machine.processor
    assert {"chromadb", "onnxruntime"} <= machine.packages.keys()
    assert len(machine.code) == 12


def test_wrong_wishes_are_refused_before_anything_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(UserError, match="there is no section 'none'"):
        bench(["none"])
    with pytest.raises(UserError, match="add --full"):
        bench(["cold"], cards=tmp_path)
    with pytest.raises(UserError, match="is not empty"):
        bench(["cold"], folder=Path(__file__).parent)
    assert main(["--only", "cold", "--home", str(tmp_path / "absent")]) == 1
    assert "absent is not there" in capsys.readouterr().err
    with pytest.raises(SystemExit) as leaving:
        main(["--only", "none"])
    assert leaving.value.code == 2


# The table


def test_the_table_shows_each_figure_with_its_baseline_its_goal_and_whether_it_is_met() -> None:
    out = StringIO()
    show(_report(), out)
    text = out.getvalue()
    row = next(line for line in text.splitlines() if "search, warm" in line)
    for part in ("25 ms", "60 ms", "LangChain tutorial, 200 ms", "0.125", "at most 15 ms", "no"):
        assert part in row
    assert "not measured: peers (paper-qa is not installed)" in text
    assert "The machine was busy" in text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.00462, "seconds", "4.62 ms"),
        (1.5, "seconds", "1.50 s"),
        (143.4, "seconds", "143 s"),
        (3412.2, "tokens/s", "3,412 tokens/s"),
        (1.5e9, "bytes", "1.50 GB"),
        (2.5e7, "bytes", "25 MB"),
        (0.937, "share", "94%"),
        (0.8512, "score", "0.851"),
        (1.0345, "number", "1.03"),
    ],
)
def test_figures_are_written_as_people_read_them(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text  # type: ignore[arg-type]


def _report() -> Report:
    return Report(
        started="2026-11-26T03:00:00+00:00",
        seconds=61.0,
        mode="quick",
        corpus="the built-in corpus",
        machine=Machine(
            processor="a processor",
            instructions=["avx2"],
            cores=2,
            memory=8_000_000_000,
            system="Linux",
            python="3.11",
            packages={},
            revision="abc",
            code="def",
            load=1.9,
        ),
        sections=["search", "peers"],
        figures=[
            Figure(
                key="search.warm",
                title="search, warm",
                value=0.025,
                p95=0.06,
                n=100,
                processor=0.03,
                baseline=Baseline(name="LangChain tutorial", value=0.2),
                target=Target(limit=0.015),
            )
        ],
        missing=[Missing(section="peers", why="paper-qa is not installed")],
    )
