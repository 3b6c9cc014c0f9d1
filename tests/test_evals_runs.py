"""Running the evaluation: an interrupted run goes on, nothing is asked twice, in parts, on card files, as a command."""

import json
import sys

import pytest
from six_cards import WordEmbeddings, ours, small_assistant

pytest.importorskip("ir_measures")
pytest.importorskip("scipy")
pytest.importorskip("bm25s")

from assistant import Assistant
from assistant.settings import Settings
from evals import run
from evals.datasets.models import Single
from evals.record import Record, key_of
from evals.results import Outcome, SystemInfo
from vectorstore.errors import UserError


class Counting(Assistant):
    """Counts what it is asked, and can be stopped like by Ctrl-C."""

    asked = 0
    stops_at = 10**9

    def stream(self, question, *, history=(), filters=None, model=None):
        type(self).asked += 1
        if type(self).asked == type(self).stops_at:
            raise KeyboardInterrupt
        yield from super().stream(question, history=history)


def test_an_interrupted_run_goes_on_where_it_was_and_a_repeated_one_asks_nothing(dataset, tmp_path):
    counting = small_assistant(tmp_path / "counting", Counting)
    options = {"dataset": dataset, "builtin": False, "out": tmp_path / "out", "baselines": False, "ablations": False}
    Counting.asked, Counting.stops_at = 0, 4
    with pytest.raises(KeyboardInterrupt):
        run(["answers", "abstention"], assistant=counting, **options)
    Counting.asked, Counting.stops_at = 0, 10**9
    report = run(["answers", "abstention"], assistant=counting, **options)
    # Three of five questions were answered before the fourth was interrupted.
    assert (Counting.asked, report.info.reused) == (2, 3)
    again = run(["answers", "abstention"], assistant=counting, **options)
    assert (Counting.asked, again.info.reused) == (2, 5)
    assert [each.values for each in again.outcomes] == [each.values for each in report.outcomes]
    assert again.measures == report.measures


def test_a_changed_collection_is_asked_anew(dataset, tmp_path):
    counting = small_assistant(tmp_path / "counting", Counting)
    options = {"dataset": dataset, "builtin": False, "out": tmp_path / "out", "baselines": False, "ablations": False}
    run(["answers"], assistant=counting, **options)
    more = tmp_path / "more.jsonl"
    more.write_text(json.dumps({"id": "new-1", "category": "Notes", "abstract": "Something else entirely."}))
    counting.ingest([more])
    Counting.asked = 0
    run(["answers"], assistant=counting, **options)
    assert Counting.asked == 3


class TestTheRecord:
    ITEM = Single(id="q", lang="en", kind="single", style="named", question="?", gold=("a",))
    INFO = SystemInfo(name="assistant", title="", role="ours")

    def test_a_line_that_a_crash_cut_short_costs_that_line_alone(self, tmp_path):
        path = tmp_path / "outcomes.jsonl"
        record = Record(path, "v1")
        record.put("one", Outcome(task="search", system="assistant", item="q", seconds=1.5))
        record.close()
        with path.open("a") as file:
            file.write('{"key": "two", "outco')
        record = Record(path, "v1")
        assert record.get("one").seconds == 1.5
        assert record.get("two") is None
        record.put("three", Outcome(task="search", system="assistant", item="q"))
        record.close()
        assert Record(path, "v1").get("three") is not None

    def test_what_other_code_gave_is_not_kept(self, tmp_path):
        path = tmp_path / "outcomes.jsonl"
        record = Record(path, "v1")
        record.put("one", Outcome(task="search", system="assistant", item="q"))
        record.close()
        assert Record(path, "v2").get("one") is None
        assert path.stat().st_size == 0

    def test_the_key_changes_with_whatever_the_outcome_depends_on(self):
        other = self.ITEM.model_copy(update={"question": "?!"})
        keys = {
            key_of("search", self.INFO, self.ITEM, {"content": "a"}),
            key_of("answer", self.INFO, self.ITEM, {"content": "a"}),
            key_of("search", self.INFO.model_copy(update={"name": "bm25"}), self.ITEM, {"content": "a"}),
            key_of("search", self.INFO, other, {"content": "a"}),
            key_of("search", self.INFO, self.ITEM, {"content": "b"}),
        }
        assert len(keys) == 5
        assert key_of("search", self.INFO, self.ITEM, {"content": "a"}) in keys


class TestOtherWaysToRun:
    def test_parts_leave_the_others_alone(self, honest, dataset, tmp_path):
        report = run(["claims"], assistant=honest, dataset=dataset, builtin=False, out=tmp_path, ablations=False)
        assert {measure.part for measure in report.measures} == {"claims"}
        assert {outcome.task for outcome in report.outcomes} == {"verify"}

    def test_a_card_file_gets_a_collection_of_its_own_without_aids_where_wanted(self, dataset, tmp_path, monkeypatch):
        from assistant.collection import Collection
        from vectorstore.corpus import builtin_cards
        from vectorstore.embedders import wrap

        monkeypatch.setattr(Collection, "embedder", wrap(WordEmbeddings()))
        card = builtin_cards()[0]
        path, mine = tmp_path / "cards.jsonl", tmp_path / "mine.jsonl"
        path.write_text(json.dumps({"id": card.id, "category": card.category, "abstract": "WobbleRL plans ahead."}))
        asked = {"id": "q", "lang": "en", "kind": "typo", "question": "Does WobbelRL plan?", "gold": [card.id]}
        mine.write_text(json.dumps(asked))
        options = {"dataset": mine, "builtin": False, "baselines": False, "ablations": False, "cards": path}
        settings = Settings(home=tmp_path / "home")
        aided = run(["retrieval"], settings=settings, out=tmp_path / "out", **options)
        assert aided.outcomes[0].found[0].title == card.title
        assert aided.info.corpus == "1 cards of cards.jsonl, 0 of them in the built-in wording, 1 with aids"
        bare = run(["retrieval"], settings=settings, out=tmp_path / "out", without_aids=True, **options)
        assert bare.outcomes[0].found[0].title != card.title
        assert bare.info.corpus == "1 cards of cards.jsonl, without aids"
        assert ours(bare, "retrieval.recall@1") == 1
        assert not (tmp_path / "home" / "store").exists()

    def test_aids_cannot_be_taken_from_a_collection_that_is_there(self, honest, tmp_path):
        with pytest.raises(UserError, match="--cards FILE"):
            run(assistant=honest, without_aids=True, out=tmp_path)

    def test_a_run_with_nothing_to_ask_says_so(self, honest, dataset, tmp_path):
        lines = [line for line in dataset.read_text("utf-8").split("\n") if "claim" not in line]
        path = tmp_path / "questions.jsonl"
        path.write_text("\n".join(lines), "utf-8")
        with pytest.raises(UserError, match="nothing is left to ask"):
            run(["claims"], assistant=honest, dataset=path, builtin=False, out=tmp_path)

    @pytest.mark.parametrize("python", [sys.executable, "/no/such/python"])
    def test_an_interpreter_without_paperqa_is_no_error_but_a_reason(self, honest, dataset, tmp_path, python):
        report = run(
            ["retrieval"],
            assistant=honest,
            dataset=dataset,
            builtin=False,
            out=tmp_path,
            ablations=False,
            peers_python=python,
        )
        (paperqa,) = [system for system in report.systems if system.name == "paperqa"]
        assert "paperqa" in paperqa.skipped or "cannot be started" in paperqa.skipped


class TestTheCommand:
    @pytest.fixture
    def command(self, honest, monkeypatch, tmp_path):
        """`assistant eval` over the six cards, in this process."""
        from assistant.cli import main
        from assistant.collection import Collection
        from vectorstore.embedders import wrap

        monkeypatch.setattr(Collection, "embedder", wrap(WordEmbeddings()))
        monkeypatch.setenv("ASSISTANT_HOME", str(honest.settings.home))
        monkeypatch.setenv("ASSISTANT_BUILTIN_CORPUS", "false")
        return lambda *arguments: main(["eval", "--out", str(tmp_path / "out"), *map(str, arguments)])

    def test_it_prints_figures_and_writes_both_reports(self, command, dataset, tmp_path, capsys):
        code = command("retrieval", "--dataset", dataset, "--only-dataset", "--no-ablations")
        shown = capsys.readouterr().out
        assert code == 0
        assert "recall@1" in shown
        assert "BM25 alone" in shown
        assert (tmp_path / "out" / "report.json").exists()
        assert (tmp_path / "out" / "report.html").exists()

    def test_json_is_for_scripts(self, command, dataset, capsys):
        assert command("claims", "--dataset", dataset, "--only-dataset", "--no-baselines", "--json") == 0
        summary = json.loads(capsys.readouterr().out)
        assert {measure["metric"] for measure in summary["measures"]} >= {"claims.true_accepted"}
        assert "outcomes" not in summary

    def test_a_part_that_does_not_exist_is_wrong_usage(self, command, capsys):
        assert command("recall") == 2
        assert "parts are retrieval" in " ".join(capsys.readouterr().err.split())

    def test_a_bad_data_set_is_named_by_file_and_line(self, command, tmp_path, capsys):
        path = tmp_path / "bad.jsonl"
        path.write_text("{}\n")
        assert command("--dataset", path) == 1
        assert f"{path}:1: there is no kind" in capsys.readouterr().err

    def test_a_loss_since_an_older_report_is_an_exit_code(self, command, dataset, tmp_path, capsys, monkeypatch):
        few = ["retrieval", "--no-baselines", "--no-ablations", "--only-dataset"]
        lines = [json.loads(line) for line in dataset.read_text("utf-8").split("\n")][:3]
        path, reference = tmp_path / "many.jsonl", tmp_path / "reference.json"
        path.write_text(
            "\n".join(json.dumps(line | {"id": f"{line['id']}-{copy}"}) for copy in range(8) for line in lines)
        )
        assert command(*few, "--dataset", path, "--save-reference", reference) == 0
        assert command(*few, "--dataset", path, "--compare", reference) == 0
        assert "No significant loss" in capsys.readouterr().out
        monkeypatch.setattr(Assistant, "search", lambda self, query, **_: [])
        (tmp_path / "out" / "outcomes.jsonl").unlink()
        assert command(*few, "--dataset", path, "--compare", reference) == 1
        assert "significant loss" in capsys.readouterr().out
