"""Passages: exact spans of a card's fields, neither scraps nor whole abstracts, and what is embedded for them."""

import time

import pytest
from card_text import card
from hypothesis import given, settings
from hypothesis import strategies as st

from vectorstore.cards import FIELDS, CardAid, PaperCard
from vectorstore.corpus import builtin_cards
from vectorstore.language import language_of
from vectorstore.passages import aid_passages, embedding_text, passages_of
from vectorstore.segment import content_terms, terms

LONG = (
    "在多个数据集上的实验结果表明,该方法在准确率与推理速度上均优于现有的主流基线方法,并且显著降低了训练与部署的开销。"
)


def texts(one: PaperCard, field: str) -> list[str]:
    return [passage.text for passage in passages_of(one) if passage.field == field]


def test_a_passage_is_the_cards_own_text_character_for_character() -> None:
    abstract = (
        "  We cut \\textbf{cost} from $14.4\\%$ to 3.6\\%.\n\nCode is at~\\url{https://x.org}, as\nAn et al. ask.  "
    )
    one = card(abstract, tldr=" Short. ", method=f" {LONG}{LONG}{LONG} ")
    passages = passages_of(one)
    assert {passage.field for passage in passages} == {"tldr", "abstract", "motivation", "method"}
    for passage in passages:
        assert one.text(passage.field)[passage.start : passage.end] == passage.text == passage.text.strip()
        assert passage.card_id == one.id


def test_an_abstract_is_cut_into_sentences_and_scraps_are_joined_to_the_one_before() -> None:
    one = card(
        "Long traces make inference slow and costly. We propose Wobble, which plans ahead and stops early. It works. "
        "Code: see the page. It cuts the cost of eight benchmarks by 12.5\\%."
    )
    assert texts(one, "abstract") == [
        "Long traces make inference slow and costly.",
        "We propose Wobble, which plans ahead and stops early. It works. Code: see the page.",
        "It cuts the cost of eight benchmarks by 12.5\\%.",
    ]


def test_a_scrap_at_the_start_is_joined_to_the_one_after() -> None:
    assert texts(card("Why? Because nobody has measured it on long documents so far."), "abstract") == [
        "Why? Because nobody has measured it on long documents so far."
    ]


def test_a_summary_and_a_short_field_are_one_passage_each() -> None:
    tldr = "We propose Wobble, which plans ahead and stops early. It is 12.5% faster than any other planner there is."
    one = card(tldr=tldr, problem="规划太慢。现有方法无法提前停止。")
    assert texts(one, "tldr") == [tldr]
    assert texts(one, "problem") == [one.problem]


def test_a_long_field_is_cut_into_sentences() -> None:
    assert texts(card(experiments=f"{LONG}{LONG}{LONG}"), "experiments") == [LONG, LONG, LONG]


def test_passages_come_in_the_order_of_the_fields() -> None:
    one = card(**{name: f"{name} 的内容。" for name in FIELDS})
    assert [passage.field for passage in passages_of(one)] == list(FIELDS)


def test_aids_are_other_words_and_questions_and_never_passages() -> None:
    aid = CardAid(tldr="Plans early.", abstract="It plans. " * 12, questions=("How to plan?", "如何规划?"))
    one = card(aid=aid)
    aids = aid_passages(one)
    assert {each.kind for each in aids} == {"wording", "question"}
    assert [(each.text, each.language) for each in aids if each.kind == "question"] == [
        ("How to plan?", "en"),
        ("如何规划?", "zh"),
    ]
    assert len({each.label for each in aids}) == len(aids)
    assert not {each.text for each in aids} & {passage.text for passage in passages_of(one)}


def test_what_is_embedded_has_the_title_and_readable_words() -> None:
    assert embedding_text("falls to $3.6\\%$ with \\textbf{Wobble}", "Wobble: a planner") == (
        "Wobble: a planner\nfalls to 3.6% with Wobble"
    )


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("We propose Wobble.", "en"),
        ("提出GuardSpace框架,基于Llama-2-7B-Chat与GSM8K评测。", "zh"),
        ("How does ∇-Reasoner work?", "en"),
        ("GuardSpace 是什么", "zh"),
        ("The term 对齐 (alignment) is used in most of these papers", "en"),
        ("How does GuardSpace keep 安全对齐 here", "en"),
        ("", "en"),
        ("14.4%", "en"),
    ],
)
def test_the_language_is_the_one_that_carries_the_sentence(text: str, language: str) -> None:
    assert language_of(text) == language


def test_every_passage_of_the_built_in_corpus_is_of_a_readable_size() -> None:
    passages = [passage for one in builtin_cards() for passage in passages_of(one)]
    assert len({passage.card_id for passage in passages}) == 803
    for passage in passages:
        assert 5 <= len(passage.text) <= 700, passage
    # An abstract's passage is a sentence or two, unless the abstract is short altogether.
    assert sum(len(passage.text) < 40 for passage in passages if passage.field == "abstract") == 0


PARTS = st.sampled_from(
    [
        "We plan",
        " e.g.",
        ". ",
        "! ",
        "\n",
        "\n\n",
        "。",
        "；",
        "14.4\\%",
        " ",
        "的方法",
        "It works",
        "(1) ",
        "\\textbf{a}",
        "$x$",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PARTS, max_size=60).map("".join), st.lists(PARTS, max_size=60).map("".join))
def test_passages_cover_every_character_of_a_card_that_is_not_blank(abstract: str, method: str) -> None:
    one = card(abstract, method=method, motivation="")
    for field in ("abstract", "method"):
        reached = 0
        for passage in (each for each in passages_of(one) if each.field == field):
            assert passage.start >= reached
            assert not one.text(passage.field)[reached : passage.start].strip()
            assert one.text(passage.field)[passage.start : passage.end] == passage.text
            reached = passage.end
        assert not getattr(one, field)[reached:].strip()


# Terms of the keyword index


@pytest.mark.parametrize("written", ["GuardSpace", "guardspace", "Guard-Space", "GUARDSPACE", "ＧｕａｒｄＳｐａｃｅ"])
def test_a_methods_name_shares_a_term_however_it_is_written(written: str) -> None:
    assert "guardspac" in terms(written)


def test_a_figure_and_a_version_are_terms() -> None:
    assert {"gsm8k", "1", "5", "15"} <= set(terms("GSM8K at 1.5"))


def test_english_words_are_stemmed_and_chinese_is_segmented() -> None:
    assert terms("adapters") == terms("adapter")
    assert {"安全", "对齐"} <= set(terms("安全对齐"))


def test_content_terms_leave_out_what_every_question_has() -> None:
    assert content_terms("How does the paper work with adapters?") == terms("adapters")
    assert content_terms("为什么 对齐") == ["对齐"]
    assert content_terms("x" * 100) == []


@pytest.mark.parametrize("unit", ["a", "a-", "aB", "的", "1.", "_", "é", "-", "A"])
def test_terms_are_found_in_linear_time(unit: str) -> None:
    began = time.process_time()
    terms(unit * 50_000)
    assert time.process_time() - began < 2
