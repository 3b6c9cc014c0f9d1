"""Lists, counts and trends: exact over all cards, whatever is shown, with the very words that show why."""

import re
from pathlib import Path
from typing import Any

import pytest
from own_cards import own_assistant, record, write_cards

from assistant import Assistant
from assistant.catalog.abbreviations import Abbreviations, defined_on
from assistant.catalog.holdings import Holdings, holdings_of
from assistant.types import Answer
from vectorstore.cards import PaperCard
from vectorstore.mentions import mention_of

_MARKER = re.compile(r"\[(\d+)\]")


def paper(number: int, abstract: str, **more: Any) -> dict[str, Any]:
    """A card that says what is given, and by its number whose it is."""
    return record(number, abstract=abstract, tldr="", **more)


RECORDS = [
    *[paper(number, f"Plan{number} is tested on GSM8K. It waters {number} beds.") for number in range(1, 26)],
    paper(30, "A mixture-of-experts (MoE) with routing.", tags=["Mixture of Experts"]),
    paper(31, "We route with MoE layers, tested on AIME24 and AIME 2025."),
    paper(32, "Mixture of experts without short names, a mixture-of-experts (MoE) by another name."),
    paper(33, "A mixture of experts only, evaluated on GSM-8K."),
    paper(34, "Nothing is said here.", tags=["Quiet Gardens", "reinforcement learning"]),
    paper(35, "Reinforcement learning of Qwen2.5-7B and Qwen3-8B on the AIME24 benchmark.", tags=["RL"]),
    paper(36, "Qwen3-8B and Llama-3.1-8B are compared on AIME24 and GSM8K.", tags=["Reinforcement Learning"]),
    paper(37, "越狱攻击很常见。", category="指令微调与对齐", motivation="模型会遭到越狱。"),
    paper(38, "A jailbreak of aligned models.", category="指令微调与对齐", tags=["LLMs"]),
    paper(39, "A <img src=x onerror=alert(1)> mention of Zork [1] | **stars**.", title="<b>Zork</b>: a | trap"),
    paper(40, "Ten beds are watered.", experiments="在 Zeta9 上把成绩提高到 77.7 分。"),
    paper(41, "Beds of roses.", tags=["Thornfield"]),
    paper(42, "GRPO without the other one."),
    paper(43, "GRPO and DPO are tested on ALFWorld."),
    paper(44, "DPO alone on the ALFWorld benchmark."),
]  # fmt: skip


@pytest.fixture(scope="module")
def gardens(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """An assistant on a few cards of nobody's papers."""
    folder = tmp_path_factory.mktemp("gardens")
    assistant = own_assistant(folder / "home")
    assistant.ingest([write_cards(folder / "cards.jsonl", RECORDS)])
    return assistant


def asked(assistant: Assistant, question: str, **more: Any) -> Answer:
    """The answer to a question, which holds what every exact answer must."""
    answer = assistant.answer(question, **more)
    assert answer.mode == "catalog", answer.text
    for citation in answer.citations:
        card = assistant.card(citation.card_id)
        assert card.text(citation.field)[citation.start : citation.end] == citation.quote
        assert citation.title == card.title
    shown = [int(number) for number in _MARKER.findall(answer.text)]
    assert shown == [citation.marker for citation in answer.citations] == list(range(1, len(shown) + 1))
    assert bool(answer.citations) == (answer.status == "answered")
    return answer


def own(*numbers: int) -> list[str]:
    return [f"own-{number}" for number in numbers]


def test_a_count_gives_the_number_and_every_card(gardens: Assistant) -> None:
    answer = asked(gardens, "How many papers mention GSM8K?")
    assert answer.kind == "count"
    assert answer.text.startswith(f"26 of {len(RECORDS)} cards mention GSM8K.")
    assert answer.cards == own(*range(1, 26), 36)
    assert len(answer.citations) == 5
    assert all("GSM8K" in citation.quote for citation in answer.citations)
    assert "21 more are not shown" in answer.text


def test_a_list_shows_twenty_and_says_how_many_more(gardens: Assistant) -> None:
    answer = asked(gardens, "Which papers mention GSM8K?")
    assert (answer.kind, len(answer.cards), len(answer.citations)) == ("list", 26, 20)
    assert "6 more are not shown here" in answer.text


@pytest.mark.parametrize("question", ["List all papers that mention GSM8K.", "请列出全部提到 GSM8K 的论文"])
def test_all_of_a_list_is_shown_where_all_is_asked_for(gardens: Assistant, question: str) -> None:
    answer = asked(gardens, question)
    assert len(answer.citations) == len(answer.cards) == 26
    assert "not shown" not in answer.text
    assert "未列出" not in answer.text


def test_each_card_of_a_list_has_its_title_and_the_words_that_mention_it(gardens: Assistant) -> None:
    answer = asked(gardens, "Which papers mention DPO?")
    assert answer.cards == own(43, 44)
    lines = [line for line in answer.text.splitlines() if line.startswith("- ")]
    for line, card_id in zip(lines, answer.cards, strict=True):
        assert gardens.card(card_id).title in line
        assert "DPO" in line


def test_other_wordings_are_counted_apart(gardens: Assistant) -> None:
    answer = asked(gardens, "How many papers mention MoE?")
    assert answer.cards == own(30, 31, 32)
    assert answer.text.startswith(f"3 of {len(RECORDS)} cards mention MoE. 1 more writes it as “mixture of experts”.")
    assert [(bar.label, bar.cards) for bar in answer.bars] == [
        ("MoE", own(30, 31, 32)),
        ("mixture of experts", own(33)),
    ]


def test_a_hyphen_before_a_number_is_another_wording(gardens: Assistant) -> None:
    assert ("GSM-8K", own(33)) in [(bar.label, bar.cards) for bar in asked(gardens, "papers mentioning GSM8K").bars]


def test_versions_joined_to_a_name_are_counted_apart(gardens: Assistant) -> None:
    answer = asked(gardens, "How many papers mention AIME?")
    assert answer.cards == own(31)
    assert "2 more join a number to it (AIME24)." in answer.text


def test_where_only_another_wording_is_found_that_is_said(gardens: Assistant) -> None:
    answer = asked(gardens, "Which papers mention Qwen?")
    assert answer.text.startswith(
        f"None of the {len(RECORDS)} cards mentions Qwen. 2 join a number to it (Qwen2.5, Qwen3)."
    )
    assert answer.cards == own(35, 36)


def test_a_chinese_question_with_both_wordings_counts_the_latin_one_first(gardens: Assistant) -> None:
    answer = asked(gardens, "多少篇论文提到越狱(jailbreak)?")
    assert answer.text.startswith(f"{len(RECORDS)} 张卡片中有 1 张提到 jailbreak。另有 1 张写作「越狱」。")
    assert answer.cards == own(38)


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("Which papers mention GRPO but not DPO?", (42,)),
        ("Which papers mention both GRPO and DPO?", (43,)),
        ("Which papers mention GRPO or DPO?", (42, 43, 44)),
        ("提到 GRPO 但没有提到 DPO 的论文有哪些?", (42,)),
        ("同时提到 GRPO 和 DPO 的论文有哪些?", (43,)),
        ("Which papers in the alignment section mention jailbreak?", (38,)),
        ("对齐类里有多少篇论文?", (37, 38)),
        ("How many papers are tagged reinforcement learning?", (34, 35, 36)),
        ("How many papers tagged RL mention AIME24?", (35, 36)),
        ("How many papers in the Kitchens section mention DPO?", (44,)),
    ],
)
def test_terms_categories_and_tags_combine(gardens: Assistant, question: str, numbers: tuple[int, ...]) -> None:
    assert asked(gardens, question).cards == own(*numbers)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("How many papers are there?", f"There are {len(RECORDS)} cards."),
        ("How many papers are tagged quiet gardens?", "1 card is tagged “quiet gardens”."),
        ("How many papers are in the alignment section?", "2 cards are in Instruction tuning & alignment."),
        ("How many papers are tagged skating?", "No card is tagged “skating”."),
        ("标签为 skating 的论文有几篇?", "带有标签「skating」的卡片一张也没有。"),
        ("对齐类里有多少篇论文?", "指令微调与对齐类的卡片共有 2 张。"),
    ],
)
def test_what_was_counted_is_said(gardens: Assistant, question: str, said: str) -> None:
    assert asked(gardens, question).text.startswith(said)


def test_the_callers_filters_hold(gardens: Assistant) -> None:
    answer = asked(gardens, "How many papers mention DPO?", filters={"categories": ["Gardens"]})
    assert answer.cards == own(43)
    assert answer.text.startswith("1 of the ")
    assert "Gardens cards mentions DPO." in answer.text


def test_a_number_of_none_is_said_and_the_nearest_cards_are_offered(gardens: Assistant) -> None:
    answer = asked(gardens, "How many papers mention Fizzbuzzer?")
    assert (answer.status, answer.cards) == ("insufficient_evidence", [])
    assert answer.text == f"None of the {len(RECORDS)} cards mentions Fizzbuzzer."
    assert answer.suggestions


def test_a_slip_of_the_pen_is_pointed_out(gardens: Assistant) -> None:
    answer = asked(gardens, "How many papers mention GMS8K?")
    assert (
        answer.text
        == f"None of the {len(RECORDS)} cards mentions GMS8K. GSM8K, which 26 mention, is written much like it."
    )
    assert "写法相近的有 ALFWorld" in asked(gardens, "哪些论文提到 ALFWrold?").text
    assert "much like it" not in asked(gardens, "How many papers mention GSM9K?").text


def test_a_tag_alone_is_a_mention_and_said_to_be_one(gardens: Assistant) -> None:
    answer = asked(gardens, "Which papers mention Thornfield?")
    assert answer.cards == own(41)
    assert "(its tag “Thornfield”)" in answer.text
    assert answer.citations[0].quote == "Beds of roses."


def test_a_sentence_with_a_figure_that_the_abstract_has_not_is_not_quoted(gardens: Assistant) -> None:
    answer = asked(gardens, "Which papers mention Zeta9?")
    assert answer.cards == own(40)
    assert "77.7" not in answer.text
    assert "(in other words of its card)" in answer.text


def test_what_a_card_holds_is_shown_as_words(gardens: Assistant) -> None:
    for question in ("Which papers mention Zork?", "Which papers mention <script>Zork</script>?"):
        text = gardens.answer(question).text
        assert "<img" not in text
        assert "<b>" not in text
        assert "<script" not in text
    assert "Zork (1)" in asked(gardens, "Which papers mention Zork?").text


def test_benchmarks_are_counted_once_a_card_where_it_speaks_of_experiments(gardens: Assistant) -> None:
    answer = asked(gardens, "Which benchmarks are used most?")
    assert answer.kind == "trend"
    bars = {bar.label: bar.cards for bar in answer.bars}
    assert bars["GSM8K"] == own(*range(1, 26), 33, 36)
    assert bars["AIME24"] == own(31, 35, 36)
    assert bars["ALFWorld"] == own(43, 44)
    assert not {"GRPO", "DPO", "MoE", "Qwen3"} & bars.keys()
    assert answer.bars[0].label == "GSM8K"
    assert "| GSM8K | 27 |" in answer.text


def test_models_of_every_size_are_one(gardens: Assistant) -> None:
    bars = {bar.label: bar.cards for bar in asked(gardens, "Which models are most experimented on?").bars}
    assert bars["Qwen3"] == own(35, 36)
    assert bars["Llama-3.1"] == own(36)


def test_tags_are_counted_in_all_spellings_as_one(gardens: Assistant) -> None:
    answer = asked(gardens, "What are the common tags?")
    assert answer.bars[0].cards == own(34, 35, 36)
    assert answer.table is not None
    assert answer.table.rows[0][0].text == "3"


def test_papers_are_spread_over_categories(gardens: Assistant) -> None:
    answer = asked(gardens, "How are papers that mention DPO spread over the categories?")
    assert [(bar.label, bar.cards) for bar in answer.bars] == [("Gardens", own(43)), ("Kitchens", own(44))]
    chinese = asked(gardens, "各类别分别有多少篇论文?")
    assert ("指令微调与对齐", own(37, 38)) in [(bar.label, bar.cards) for bar in chinese.bars]


def test_a_table_stays_a_table_whatever_a_title_holds(gardens: Assistant) -> None:
    rows = [
        line for line in asked(gardens, "How many papers are there in each category?").text.splitlines() if "|" in line
    ]
    assert len({line.count("|") for line in rows}) == 1


def test_a_card_ingested_later_is_counted(tmp_path: Path) -> None:
    assistant = own_assistant(tmp_path / "home")
    assistant.ingest([write_cards(tmp_path / "one.jsonl", RECORDS[:3])])
    assert len(asked(assistant, "How many papers mention GSM8K?").cards) == 3
    assistant.ingest([write_cards(tmp_path / "two.jsonl", RECORDS[3:5])])
    assert len(asked(assistant, "How many papers mention GSM8K?").cards) == 5


def test_what_is_held_agrees_with_the_definition_of_a_mention(gardens: Assistant) -> None:
    holdings = holdings_of(gardens._collection)
    for term in ("GSM8K", "mixture of experts", "越狱", "AIME", "Mixture-of-Experts", "", "-", "quiet gardens", "RL"):
        wanted = {card.id for card in gardens.cards() if mention_of(term)(card)}
        assert holdings.mentioning(term) == wanted, term


def test_an_abbreviation_counts_where_cards_agree_on_it() -> None:
    def card(number: int, text: str) -> PaperCard:
        return PaperCard(id=f"c-{number}", category="x", title="t", abstract=text)

    cards = [
        card(1, "We use garden path routing (GPR)."),
        card(2, "Garden-Path Routing (GPR) again."),
        card(3, "Loose pebble sorting (LPS)."),
        card(4, "Late path search (LPS)."),
    ]
    known = Abbreviations.of(map(defined_on, cards))
    assert known.other_wordings("GPR") == ["garden path routing"]
    assert known.other_wordings("Garden-path routing") == ["GPR"]
    assert known.other_wordings("LPS") == []


def test_thousands_of_cards_are_counted_at_once(gardens: Assistant) -> None:
    import time

    cards = [
        PaperCard(
            id=f"m-{number}", category="x", title="t", abstract=f"Card {number} on GSM8K. " + "More words here. " * 60
        )
        for number in range(2_000)
    ]
    holdings = Holdings.of(cards)
    began = time.process_time()
    assert holdings.mentions("GSM8K") == 2_000
    assert time.process_time() - began < 0.5


def test_of_a_term_that_no_card_mentions_the_part_that_some_do_is_pointed_out(assistant: Assistant) -> None:
    answer = assistant.answer("How many papers mention jailbreak attacks?")
    assert (answer.kind, answer.status, answer.cards) == ("count", "insufficient_evidence", [])
    assert answer.text == (
        "None of the 803 cards mentions jailbreak attacks. "
        f"“jailbreak” by itself stands in {len(assistant.cards(mentions='jailbreak'))}."
    )


def test_what_is_described_is_no_term_though_it_is_said_to_be_mentioned(assistant: Assistant) -> None:
    assert assistant.answer("Which papers mention ways to keep models honest?").kind == "topic"


def test_a_caller_may_ask_for_a_list_and_an_overview_to_their_end(assistant: Assistant) -> None:
    for question in ("Which papers mention GRPO?", "What has been done about KV cache compression?"):
        short = assistant.answer(question)
        whole = assistant.answer(question, show_all=True)
        assert len(whole.citations) > len(short.citations)
        assert {citation.card_id for citation in whole.citations} >= set(short.cards)
