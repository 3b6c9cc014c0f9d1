"""The evaluation as a whole: whoever is bad scores badly, an interrupted run goes on, others are measured too."""

import hashlib
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

pytest.importorskip("ir_measures")
pytest.importorskip("scipy")
pytest.importorskip("bm25s")

from assistant import Assistant
from assistant.settings import Settings
from assistant.types import Answer, Answered, Citation, EvidenceFound, Verdict
from evals import run
from evals.datasets.models import Single
from evals.record import Record, key_of
from evals.results import Outcome, Report, SystemInfo
from vectorstore.errors import UserError

CARDS = [
    ("wob-1", "WobbleRL", "WobbleRL plans ahead before it moves a robot arm. It reaches 12.5% more success on Pebble."),
    ("grm-1", "GrimKV", "GrimKV compresses the cache of attention keys. It needs 40% less memory on LongRead."),
    ("tad-1", "TadMT", "TadMT teaches small models to translate poetry. It gains 3.2 BLEU over Lark."),
    ("quo-1", "QuoVote", "QuoVote lets several agents vote on a proof. It solves 61 of 90 problems of ProofBench."),
    ("sil-1", "SilTrace", "SilTrace finds the training data behind an answer. It cuts the search time to 2 seconds."),
    ("nib-1", "NibVLM", "NibVLM prunes vision tokens in early layers. It keeps 98% accuracy on ChartRead."),
]
QUESTIONS = [
    {"kind": "single", "style": "named", "question": "How much more success does WobbleRL reach on Pebble?",
     "gold": ["wob-1"], "key_facts": ["12.5%"]},
    {"kind": "single", "style": "named", "question": "How much memory does GrimKV save on LongRead?",
     "gold": ["grm-1"], "key_facts": ["40%"]},
    {"kind": "single", "style": "described", "question": "Which method lets several agents vote on a proof?",
     "gold": ["quo-1"], "key_facts": ["61"]},
    {"kind": "unanswerable", "question": "Who wrote the paper about TadMT?"},
    {"kind": "unanswerable", "question": "What does Zorbulator9 reach on Pebble?"},
    {"kind": "followup", "question": "And on which benchmark was it tested?", "gold": ["nib-1"],
     "turns": ["What does NibVLM prune?", "And on which benchmark was it tested?"]},
]  # fmt: skip
CLAIMS = [
    ("figure", "wob-1", "WobbleRL reaches 12.5% more success on Pebble.", True),
    ("paraphrase", "grm-1", "GrimKV compresses the cache of attention keys.", True),
    ("wrong-figure", "wob-1", "WobbleRL reaches 62.5% more success on Pebble.", False),
    ("unrelated", "tad-1", "SilTrace cuts the search time to 9 seconds.", False),
]


class WordEmbeddings(Embeddings):
    """Texts that share words are near each other; nothing to load."""

    def embed_documents(self, texts):
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text):
        vector = np.full(256, 0.01)
        for word in re.findall(r"\w{3,}", text.lower()):
            vector[int(hashlib.md5(word.encode()).hexdigest(), 16) % 256] += 1
        return vector.tolist()


def small_assistant(folder: Path, kind: type[Assistant] = Assistant) -> Assistant:
    """An assistant over six made-up cards."""
    lines = [
        json.dumps({"id": card_id, "category": "Notes", "title": name, "abstract": text})
        for card_id, name, text in CARDS
    ]
    path = folder / "cards.jsonl"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), "utf-8")
    made = kind(Settings(home=folder / "home", builtin_corpus=False), embeddings=WordEmbeddings())
    made.ingest([path])
    return made


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data") / "mine.jsonl"
    lines = [{"id": f"q-{place}", "lang": "en"} | each for place, each in enumerate(QUESTIONS)]
    lines += [
        {"id": f"c-{place}", "lang": "en", "kind": kind, "card": card, "claim": claim, "supported": supported}
        for place, (kind, card, claim, supported) in enumerate(CLAIMS)
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    return path


@pytest.fixture(scope="module")
def honest(tmp_path_factory) -> Assistant:
    return small_assistant(tmp_path_factory.mktemp("honest"))


@pytest.fixture(scope="module")
def full(honest, dataset, tmp_path_factory) -> Report:
    """A run with everything in it."""
    return run(assistant=honest, dataset=dataset, builtin=False, out=tmp_path_factory.mktemp("full"), context=True)


def ours(report: Report, metric: str) -> float:
    found = report.measure(metric)
    assert found is not None, metric
    return found.value


class TestAnHonestRun:
    def test_the_assistant_keeps_its_guarantees_and_finds_its_cards(self, full):
        assert ours(full, "citations.valid") == ours(full, "citations.figures") == 1
        assert ours(full, "retrieval.first") == 1
        assert full.broken() == []

    def test_every_baseline_and_ablation_is_asked_the_same_questions(self, full):
        asked = {}
        for outcome in full.outcomes:
            asked.setdefault((outcome.task, outcome.system), set()).add(outcome.item)
        ranked = {f"q-{place}" for place in (0, 1, 2)}
        assert asked["search", "assistant"] == ranked
        for name in ("langchain-tutorial", "bm25", "dense"):
            assert asked["search", name] == ranked | {"q-5"}
        for name in (
            "no-keyword",
            "no-latent",
            "no-dense",
            "no-names",
            "no-aids",
            "no-context",
            "only-keyword",
            "only-passage",
        ):
            assert asked["search", name] == ranked
        for name in ("assistant", "naive-check", "rules-alone"):
            assert asked["verify", name] == {f"c-{place}" for place in range(4)}

    def test_baselines_find_what_shares_words_with_the_question(self, full):
        for name in ("langchain-tutorial", "bm25", "dense"):
            assert full.measure("retrieval.recall@5", name).value == 1, name

    def test_passages_without_context_are_still_found_by_their_own_words(self, full):
        found = full.measure("retrieval.recall@5", system="no-context")
        assert found is not None
        assert found.value == 1.0

    def test_the_naive_check_catches_a_figure_that_stands_nowhere_in_the_card(self, full):
        assert full.measure("claims.true_accepted", "naive-check").value == 1
        assert full.measure("claims.false_rejected", "naive-check", "kind:wrong-figure").value == 1

    def test_who_could_not_be_measured_is_listed_with_the_reason(self, full):
        skipped = {system.name: system.skipped for system in full.systems if system.skipped}
        assert "--peers-python" in skipped["paperqa"]
        assert "no language model is configured" in skipped["no-verification"]
        assert not {outcome.system for outcome in full.outcomes} & set(skipped)

    def test_a_follow_up_is_asked_after_its_conversation_and_once_without(self, full):
        by_system = {each.system: each for each in full.outcomes if each.item == "q-5" and each.task == "answer"}
        assert by_system["assistant"].found[0].card_id == "nib-1"
        assert set(by_system) == {"assistant", "no-history", "langchain-tutorial"}
        assert full.measure("citations.valid", "no-history") is None

    def test_the_tutorial_pipeline_answers_with_what_it_finds_and_refuses_nothing(self, full):
        given = [each for each in full.outcomes if (each.system, each.task) == ("langchain-tutorial", "answer")]
        assert given
        assert all(each.answer.status == "answered" and each.answer.cards for each in given)
        assert full.measure("answers.gold_first", "langchain-tutorial").value > 0
        assert full.measure("abstention.recall", "langchain-tutorial").value == 0

    def test_every_share_has_an_interval_around_it(self, full):
        units = {metric.key: metric.unit for metric in full.metrics}
        shares = [measure for measure in full.measures if units[measure.metric] == "share"]
        assert shares
        assert all(measure.low <= measure.value <= measure.high for measure in shares)

    def test_it_is_read_back_as_it_was_written(self, full, tmp_path):
        full.save(tmp_path / "report.json")
        assert Report.load(tmp_path / "report.json") == full

    def test_a_reference_holds_the_assistants_values_and_little_else(self, full, tmp_path):
        full.save(tmp_path / "report.json")
        full.reference().save(tmp_path / "reference.json")
        kept = Report.load(tmp_path / "reference.json")
        assert {outcome.system for outcome in kept.outcomes} == {"assistant"}
        assert not any(outcome.answer or outcome.found for outcome in kept.outcomes)
        assert kept.measure("retrieval.mrr") == full.measure("retrieval.mrr")
        assert (tmp_path / "reference.json").stat().st_size < (tmp_path / "report.json").stat().st_size / 2

    def test_the_collection_and_the_circumstances_are_told(self, full):
        assert full.info.cards == len(CARDS)
        assert full.info.corpus == "6 cards, without aids"
        assert list(full.info.datasets) == ["mine.jsonl"]
        assert full.info.model is None

    def test_a_file_that_is_no_report_is_refused_in_words(self, tmp_path):
        (tmp_path / "old.json").write_text('{"some": "thing"}')
        with pytest.raises(UserError, match="not a report of this suite"):
            Report.load(tmp_path / "old.json")


class Liar(Assistant):
    """Finds the wrong cards, invents figures and quotes, never abstains, believes everything."""

    def search(self, query, *, k=10, filters=None):
        hits = super().search(query, k=k)
        return [hits[-1]]

    def stream(self, question, *, history=(), filters=None, model=None):
        hits = self.search(question)
        yield EvidenceFound(hits=hits)
        card = self.card(hits[0].card_id)
        quoted = Citation(
            marker=1, card_id=card.id, title=card.title, field="abstract", quote="It never did.", start=0, end=13
        )
        text = "它达到了 77.7%。 [1]"
        answer = Answer(text=text, status="answered", mode="llm", language="en", citations=[quoted], cards=[card.id])
        yield Answered(answer=answer)

    def verify(self, claim, card_ids):
        return Verdict(supported=True)


@pytest.fixture(scope="module")
def lied(dataset, tmp_path_factory) -> Report:
    liar = small_assistant(tmp_path_factory.mktemp("liar"), Liar)
    out = tmp_path_factory.mktemp("lied")
    return run(assistant=liar, dataset=dataset, builtin=False, out=out, baselines=False, ablations=False)


class TestABrokenAssistant:
    @pytest.mark.parametrize(
        "metric",
        [
            "retrieval.recall@10",
            "retrieval.mrr",
            "answers.gold_first",
            "answers.facts",
            "answers.language",
            "citations.valid",
            "citations.figures",
            "citations.recall",
            "citations.precision",
            "abstention.recall",
            "claims.false_rejected",
            "conversations.recall@5",
            "conversations.gold_first",
        ],
    )
    def test_it_scores_nothing(self, lied, metric):
        assert ours(lied, metric) == 0

    def test_what_it_does_by_never_saying_no_is_all_it_gets(self, lied):
        assert ours(lied, "answers.answered") == ours(lied, "claims.true_accepted") == 1
        assert ours(lied, "claims.right") == 0.5
        assert ours(lied, "abstention.f1") == 0

    def test_its_broken_guarantees_are_named(self, lied):
        assert {measure.metric for measure in lied.broken()} == {"citations.valid", "citations.figures"}

    def test_every_failure_says_what_is_wrong(self, lied):
        said = [failure.why for outcome in lied.failures() for failure in outcome.failures]
        for words in (
            "the gold card is not among the first ten",
            "[1] is not",
            "77.7% stands in no quote",
            "not in the answer: 12.5%",
            "answered what the cards do not say",
            "a false claim was accepted",
            "the answer is in the other language",
        ):
            assert any(words in why for why in said), words


class Crashing(Assistant):
    """Fails at every question."""

    def stream(self, question, *, history=(), filters=None, model=None):
        raise ZeroDivisionError(question)
        yield

    def verify(self, claim, card_ids):
        raise ZeroDivisionError(claim)


def test_who_crashes_gains_nothing_by_it_and_is_asked_again_next_time(dataset, tmp_path):
    crashing = small_assistant(tmp_path / "crashing", Crashing)
    options = {"dataset": dataset, "builtin": False, "out": tmp_path / "out", "baselines": False, "ablations": False}
    report = run(assistant=crashing, **options)
    for metric in ("answers.answered", "answers.facts", "answers.language", "claims.true_accepted", "claims.right"):
        assert ours(report, metric) == 0
    assert ours(report, "claims.false_rejected") == 0
    assert ours(report, "abstention.recall") == 0
    assert any("ZeroDivisionError" in each.why for outcome in report.failures() for each in outcome.failures)
    again = run(assistant=crashing, **options)
    assert again.info.reused == len([each for each in report.outcomes if not each.error])


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


class TestWithAModel:
    """A scripted model that gets a figure wrong in the middle of its answer."""

    @pytest.fixture
    def written(self, scripted_server, dataset, tmp_path):
        scripted_server.behaviour = "wrong_figures"
        asked = Settings(
            home=tmp_path / "home",
            builtin_corpus=False,
            model="scripted-model",
            openai_base_url=scripted_server.base_url,
            openai_api_key="sk-scripted",
        )
        small_assistant(tmp_path)
        assistant = Assistant(asked, embeddings=WordEmbeddings())
        options = {"dataset": dataset, "builtin": False, "out": tmp_path / "out", "baselines": False}
        return lambda: run(["answers", "citations"], assistant=assistant, **options)

    def test_what_the_check_is_worth_is_seen_beside_the_unchecked_draft(self, written):
        report = written()
        assert report.info.model == "scripted-model"
        assert ours(report, "citations.figures") == ours(report, "citations.valid") == 1
        assert report.measure("citations.figures", "no-verification").value < 1
        assert report.measure("citations.valid", "no-verification").value == 1

    def test_a_second_run_asks_the_model_nothing(self, written, scripted_server):
        written()
        before = len(scripted_server.completions)
        assert before > 0
        written()
        assert len(scripted_server.completions) == before


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
