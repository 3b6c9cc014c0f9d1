"""Every metric of the evaluation against cases worked by hand and against the definitions of the libraries."""

import math

import numpy as np
import pytest

pytest.importorskip("ir_measures")
pytest.importorskip("scipy")

from assistant.types import Answer, Citation
from evals import figures
from evals.datasets.models import Compare, Count, List, Single, Topic
from evals.intervals import interval, mean
from evals.metrics import MEASURED
from evals.metrics.answering import answer_values, fact_stands, literal_facts
from evals.metrics.citing import check_sentences, citation_values, quotes_only, valid
from evals.metrics.classifying import area, f1, median, slowest
from evals.metrics.ranking import ranking_values
from evals.sentences import shown
from vectorstore.cards import PaperCard

CARD = PaperCard(
    id="x-1",
    category="Notes",
    title="Wobble 2: planning ahead",
    abstract="Wobble plans ahead. It reaches 12.5\\% on Pebble, up from 10{,}000 steps.",
    tldr="It plans.",
)


def question(**more):
    given = {"id": "q", "lang": "en", "kind": "single", "style": "named", "question": "What?", "gold": ("a",)}
    return Single(**(given | more))


def citation(quote, marker=1, field="abstract", card=CARD):
    start = card.text(field).index(quote)
    return Citation(
        marker=marker, card_id=card.id, title=card.title, field=field, quote=quote, start=start, end=start + len(quote)
    )


def answered(text, citations=(), *, cards=None, language="en", mode="extractive", kind="single"):
    ids = list(dict.fromkeys(each.card_id for each in citations)) if cards is None else cards
    return Answer(
        text=text, status="answered", mode=mode, language=language, kind=kind, citations=list(citations), cards=ids
    )


class TestRankings:
    def test_the_only_gold_card_in_third_place(self):
        (values,) = ranking_values([(question(gold=("c",)), ["a", "b", "c", "d"])])
        assert values["recall@1"] == 0
        assert values["recall@5"] == values["recall@10"] == 1
        assert values["first"] == 0
        assert values["mrr"] == pytest.approx(1 / 3)
        assert values["ndcg@10"] == pytest.approx(1 / math.log2(4))

    def test_recall_at_one_of_two_gold_cards_is_a_half(self):
        both = Compare(id="q", lang="en", kind="compare", question="?", gold=("a", "b"))
        (values,) = ranking_values([(both, ["b", "x", "a"])])
        assert (values["recall@1"], values["recall@5"], values["first"], values["mrr"]) == (0.5, 1, 1, 1)

    def test_a_topics_grades_weigh_in_its_ndcg_and_related_cards_are_no_gold(self):
        topic = Topic(id="q", lang="en", kind="topic", question="?", gold=("a",), graded={"a": 2, "b": 1})
        (values,) = ranking_values([(topic, ["b", "a"])])
        best = 2 / math.log2(2) + 1 / math.log2(3)
        got = 1 / math.log2(2) + 2 / math.log2(3)
        assert values["ndcg@10"] == pytest.approx(got / best)
        assert values["recall@1"] == 0
        assert values["mrr"] == 0.5

    def test_finding_nothing_is_the_worst_ranking_and_is_not_left_out(self):
        nothing, right = ranking_values([(question(), []), (question(), ["a"])])
        assert set(nothing) == set(right)
        assert set(nothing.values()) == {0.0}
        assert set(right.values()) == {1.0}

    def test_a_card_named_twice_holds_one_place(self):
        (values,) = ranking_values([(question(gold=("b",)), ["a", "a", "a", "a", "a", "b"])])
        assert values["recall@5"] == 1
        assert values["mrr"] == 0.5

    def test_the_eleventh_card_is_not_seen(self):
        (values,) = ranking_values([(question(gold=("gold",)), [*"abcdefghij", "gold"])])
        assert values["recall@10"] == 0
        assert values["mrr"] == 0


class TestFacts:
    @pytest.mark.parametrize(
        ("fact", "text"),
        [
            ("14.4%", "It fell to 14.4 % [1]."),
            ("14.4%", "降到百分之14.4。"),
            ("2.5M", "训练用了250万个样本"),
            ("2.5M", "trained on 2.5 million samples"),
            ("26,000", "26000 steps"),
            ("40x", "提速 40 倍"),
            ("1%-2%", "between 1% and 2%"),
            ("18-28%", "from 18% to 28%"),
            ("over 50%", "超过50%"),
            ("GPT-5", "as good as GPT 5."),
            ("rank-1", "a rank-1 subspace"),
        ],
    )
    def test_a_fact_is_found_however_it_is_written(self, fact, text):
        assert fact_stands(fact, text)

    @pytest.mark.parametrize(
        ("fact", "text"),
        [
            ("14.4%", "It scores 14.4 points."),
            ("14.4%", "It fell to 114.4%."),
            ("4", "It fell to 4.4."),
            ("40%", "It fell by 40.5%."),
            ("2.5M", "2.5 thousand samples"),
            ("GPT-5", "5 models"),
            ("18-28%", "18%"),
            ("14.4%", "It fell. [14]"),
        ],
    )
    def test_another_figure_is_not_the_fact(self, fact, text):
        assert not fact_stands(fact, text)

    def test_a_marker_is_no_figure_of_the_answer(self):
        assert not fact_stands("3", "It fell. [3]")

    def test_facts_without_a_figure_are_for_a_judge(self):
        assert literal_facts(["null space projector", "3.6%", "GPT-5", "matches GPT-5"]) == ["3.6%", "GPT-5"]


class TestAnswers:
    def test_a_right_answer_has_every_value(self):
        asked = question(gold=("x-1",), key_facts=("12.5%", "10000"))
        values = answer_values(asked, answered("It reaches 12.5%. [1]", [citation("It reaches 12.5\\%")]))
        assert values == {
            "answered": 1.0,
            "language": 1.0,
            "kind": 1.0,
            "gold_first": 1.0,
            "gold_cited": 1.0,
            "facts": 0.5,
            "all_facts": 0.0,
        }

    def test_a_question_taken_for_another_kind_shows_in_its_kind_alone(self):
        asked = question(gold=("x-1",))
        values = answer_values(asked, answered("It plans. [1]", [citation("It plans.", field="tldr")], kind="topic"))
        assert (values["kind"], values["gold_first"]) == (0, 1)

    def test_a_topic_is_scored_by_the_cards_that_the_answer_names_in_its_order(self):
        asked = Topic(id="q", lang="en", kind="topic", question="?", gold=("a", "b"), graded={"a": 2, "b": 2, "c": 1})
        best = answer_values(asked, answered("abc", cards=["a", "b", "c"], kind="topic"))
        assert (best["topic_recall@10"], best["topic_ndcg@10"], best["kind"]) == (1, 1, 1)
        worse = answer_values(asked, answered("ca", cards=["c", "a"], kind="topic"))
        assert worse["topic_recall@10"] == 0.5
        assert 0 < worse["topic_ndcg@10"] < 1
        refusal = Answer(text="No.", status="insufficient_evidence", mode="catalog", language="en", cards=["a"])
        assert answer_values(asked, refusal)["topic_recall@10"] == 0

    def test_a_refusal_holds_no_facts_even_where_it_repeats_them(self):
        refusal = Answer(text="The cards do not say 12.5%.", status="insufficient_evidence", mode="llm", language="en")
        values = answer_values(question(key_facts=("12.5%",)), refusal)
        assert (values["answered"], values["facts"], values["gold_first"]) == (0, 0, 0)

    def test_the_language_is_that_of_the_text_not_of_the_label(self):
        values = answer_values(question(lang="zh"), answered("It plans. [1]", [citation("It plans.", field="tldr")]))
        assert values["language"] == 0

    def test_the_language_of_a_catalogue_is_that_of_what_it_says_itself(self):
        text = "803 张卡片中有 1 张提到 Pebble。\n\n- Wobble 2: planning ahead:「It reaches 12.5% on Pebble.」 [1]"
        assert answer_values(question(lang="zh"), answered(text, mode="catalog"))["language"] == 1
        assert answer_values(question(lang="en"), answered(text, mode="catalog"))["language"] == 0

    def test_a_list_is_exact_only_with_all_gold_cards_and_no_other(self):
        asked = List(id="q", lang="en", kind="list", question="?", gold=("a", "b"))
        short = answer_values(asked, answered("a", cards=["a"]))
        assert (short["list_exact"], short["list_recall"], short["list_precision"]) == (0, 0.5, 1)
        long = answer_values(asked, answered("abc", cards=["a", "b", "c"]))
        assert (long["list_exact"], long["list_recall"]) == (0, 1)
        assert long["list_precision"] == pytest.approx(2 / 3)
        assert answer_values(asked, answered("ba", cards=["b", "a"]))["list_exact"] == 1

    @pytest.mark.parametrize(
        ("text", "cards", "exact"),
        [
            ("3 papers mention it.", ["a", "b", "c"], 1),
            ("4 papers mention it.", ["a", "b", "c"], 0),
            ("3 papers mention it.", ["a", "b"], 0),
            ("13 papers mention it.", ["a", "b", "c"], 0),
        ],
    )
    def test_a_count_is_exact_in_words_and_in_cards(self, text, cards, exact):
        asked = Count(id="q", lang="en", kind="count", question="?", gold=("a", "b", "c"))
        assert answer_values(asked, answered(text, cards=cards, mode="catalog"))["count_exact"] == exact


class TestFigures:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("from 14.40 % to 3.6\\%", {("14.4", True), ("3.6", True)}),
            ("百分之20，３．５ 倍", {("20", True), ("3.5", False)}),
            ("1,203 of 10{,}000", {("1203", False), ("10000", False)}),
            ("Qwen2.5-7B", {("2.5", False), ("7", False)}),
            ("6-16%", {("6", True), ("16", True)}),
            ("$>4$% and $+3.4\\ \\text{percentage points}$", {("4", True), ("3.4", True)}),
            ("$1.5\\times$, 10\\,000", {("1.5", False), ("10000", False)}),
            ("two stages", set()),
        ],
    )
    def test_figures_as_written(self, text, expected):
        assert figures.written(text) == expected


class TestSentences:
    def test_a_sentence_goes_with_the_markers_behind_it(self):
        found = shown("It plans. [1] It reaches 12.5% on Pebble. [2][3]")
        assert [(each.text, each.markers) for each in found] == [
            ("It plans.", (1,)),
            ("It reaches 12.5% on Pebble.", (2, 3)),
        ]

    def test_what_follows_the_last_marker_cites_nothing(self):
        found = shown("它会规划。 [1]它很好。而且快。")
        assert [each.markers for each in found] == [(1,), (), ()]


class TestCitations:
    def test_a_quote_is_valid_only_as_the_exact_span(self):
        good = citation("Wobble plans ahead.")
        assert valid(good, CARD)
        assert not valid(good.model_copy(update={"start": 1, "end": good.end + 1}), CARD)
        assert not valid(good.model_copy(update={"quote": "Wobble plans ahead!"}), CARD)
        assert not valid(good, None)
        assert not valid(good.model_copy(update={"quote": "", "start": 0, "end": 0}), CARD)

    def test_the_cited_words_themselves_are_supported_without_asking(self):
        def never(sentence, cited):
            raise AssertionError("asked")

        (checked,) = check_sentences(answered("Wobble plans ahead. [1]", [citation("Wobble plans ahead.")]), never)
        assert checked.supported
        assert not checked.missing_figures

    def test_a_sentence_that_cites_nothing_or_an_unknown_marker_is_not_supported(self):
        quotes = [citation("Wobble plans ahead.")]
        checked = check_sentences(answered("Wobble plans ahead. [1][7] It is fast.", quotes), lambda *_: True)
        assert [each.supported for each in checked] == [False, False]

    def test_alce_a_citation_that_does_not_carry_and_is_not_missed_is_unneeded(self):
        carrying = citation("It reaches 12.5\\% on Pebble", 1)
        idle = citation("It plans.", 2, "tldr")
        answer = answered("Pebble is solved at 12.5%. [1][2]", [carrying, idle])
        (checked,) = check_sentences(answer, lambda sentence, cited: carrying in cited)
        assert checked.supported
        assert checked.unneeded == [2]
        values = citation_values(answer, [checked], {"x-1": CARD}.get)
        assert (values["recall"], values["precision"], values["valid"], values["figures"]) == (1, 0.5, 1, 1)

    def test_alce_citations_that_carry_only_together_are_both_needed(self):
        parts = [citation("Wobble plans ahead.", 1), citation("It plans.", 2, "tldr")]
        answer = answered("Something about both. [1][2]", parts)
        (checked,) = check_sentences(answer, lambda sentence, cited: len(cited) == 2)
        assert checked.supported
        assert checked.unneeded == []

    def test_no_citation_of_an_unsupported_sentence_is_needed(self):
        answer = answered("It flies. [1]", [citation("Wobble plans ahead.")])
        checked = check_sentences(answer, lambda *_: False)
        values = citation_values(answer, checked, {"x-1": CARD}.get)
        assert (values["recall"], values["precision"]) == (0, 0)

    def test_a_figure_must_stand_in_the_quote_that_its_own_sentence_cites(self):
        quotes = [citation("Wobble plans ahead.", 1), citation("It reaches 12.5\\% on Pebble", 2)]
        answer = answered("Wobble gains 12.5%. [1] It reaches 12.5% on Pebble. [2]", quotes)
        checked = check_sentences(answer, lambda *_: True)
        assert [each.missing_figures for each in checked] == [["12.5%"], []]
        assert citation_values(answer, checked, {"x-1": CARD}.get)["figures"] == 0.5

    def test_a_percentage_is_not_its_bare_number(self):
        card = CARD.model_copy(update={"abstract": "It takes 12.5 hours."})
        quotes = [citation("It takes 12.5 hours.", card=card)]
        (checked,) = check_sentences(answered("It gains 12.5%. [1]", quotes), lambda *_: True)
        assert checked.missing_figures == ["12.5%"]

    def test_the_digits_of_a_name_may_come_from_the_cards_title(self):
        quotes = [citation("Wobble plans ahead.")]
        (checked,) = check_sentences(answered("Wobble 2 plans. [1]", quotes), lambda *_: True)
        assert not checked.missing_figures

    def test_a_catalogue_without_citations_has_nothing_to_score(self):
        assert citation_values(answered("3 papers.", mode="catalog"), [], {}.get) == {}

    def test_of_a_catalogue_the_spans_alone_are_scored(self):
        right = citation("It plans.", field="tldr")
        quotes = [right, right.model_copy(update={"quote": "It flies."})]
        values = citation_values(answered("3 papers. [1] [2]", quotes, mode="catalog"), [], {"x-1": CARD}.get)
        assert values == {"valid": 0.5}

    def test_the_check_sees_the_quotes_and_nothing_else_of_a_card(self):
        (card,) = quotes_only([citation("It plans.", field="tldr")], {"x-1": CARD})
        assert (card.tldr, card.abstract) == ("It plans.", "")


class TestDecisions:
    def test_f1_by_hand(self):
        # 3 of 4 unanswerable refused, 1 of 6 answerable refused: precision 3/4, recall 3/4.
        rows = np.array([[1, 1]] * 3 + [[1, 0]] + [[0, 1]] + [[0, 0]] * 5, float)
        assert f1(rows) == pytest.approx(0.75)
        assert np.isnan(f1(np.zeros((3, 2))))

    def test_the_area_is_the_share_of_pairs_in_order(self):
        truth, score = [1, 1, 0, 0], [0.9, 0.4, 0.4, 0.1]
        pairs = [(1, 0.4), (1, 0.1), (0.5, 0.4), (1, 0.1)]
        assert area(np.array([truth, score]).T) == pytest.approx(sum(won for won, _ in pairs) / 4)
        assert np.isnan(area(np.array([[1, 0.5], [1, 0.6]])))

    def test_percentiles_work_on_many_resamples_at_once(self):
        rows = np.arange(101, dtype=float).reshape(1, 101, 1)
        assert median(rows).tolist() == [50]
        assert slowest(rows).tolist() == [95]


class TestIntervals:
    def test_it_is_the_percentile_bootstrap(self):
        from scipy.stats import bootstrap

        values = np.random.default_rng(3).random(80)
        value, low, high = interval(values[:, None], seed=1)
        theirs = bootstrap((values,), np.mean, method="percentile", n_resamples=5_000, rng=2).confidence_interval
        assert value == pytest.approx(values.mean())
        assert low == pytest.approx(theirs.low, abs=0.01)
        assert high == pytest.approx(theirs.high, abs=0.01)

    def test_equal_seeds_give_equal_intervals(self):
        rows = np.random.default_rng(0).random((30, 1))
        assert interval(rows, seed=4) == interval(rows, seed=4)
        assert interval(rows, seed=4) != interval(rows, seed=5)

    def test_few_items_that_are_all_right_prove_little(self):
        value, low, high = interval(np.ones((3, 1)))
        assert (value, high) == (1, 1)
        # Clopper and Pearson: the n-th root of 0.025.
        assert low == pytest.approx(0.025 ** (1 / 3))

    def test_what_is_not_defined_is_nan_throughout(self):
        assert all(np.isnan(interval(np.zeros((4, 2)), f1)))

    def test_it_takes_the_statistic_given(self):
        value, low, high = interval(np.arange(50.0)[:, None], median, share=False)
        assert low < value == 24.5 < high
        assert mean(np.array([[1.0], [3.0]])) == 2


def test_every_metric_is_explained_and_has_its_own_key():
    keys = [measured.metric.key for measured in MEASURED]
    assert len(keys) == len(set(keys))
    for measured in MEASURED:
        assert measured.metric.description.endswith(".")
    assert {measured.metric.key for measured in MEASURED if measured.metric.required} == {
        "citations.valid",
        "citations.figures",
    }
