"""The evaluation as a whole: whoever is bad scores badly, and others are measured too."""

import pytest
from six_cards import CARDS, WordEmbeddings, ours, small_assistant

pytest.importorskip("ir_measures")
pytest.importorskip("scipy")
pytest.importorskip("bm25s")

from assistant import Assistant
from assistant.settings import Settings
from assistant.types import Answer, Answered, Citation, EvidenceFound, Verdict
from evals import run
from evals.results import Report
from vectorstore.errors import UserError


@pytest.fixture(scope="module")
def full(honest, dataset, tmp_path_factory) -> Report:
    """A run with everything in it."""
    return run(assistant=honest, dataset=dataset, builtin=False, out=tmp_path_factory.mktemp("full"), context=True)


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

    def test_without_the_check_of_premises_refusing_alone_is_measured(self, full):
        assert full.measure("abstention.recall", "premises-unchecked") is not None
        assert full.measure("answers.answered", "premises-unchecked") is None

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
