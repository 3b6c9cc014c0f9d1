"""Comparisons: both sides looked up, side by side, cited, and never ranked by figures that do not belong together."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from own_cards import own_assistant, settings, write_cards
from pydantic import SecretStr
from scripted_server import ScriptedServer
from side_by_side import check_pieces

from assistant import Assistant
from assistant.comparison import compared
from assistant.routes import Parts
from assistant.types import Answer, EvidenceFound, Query
from vectorstore.language import language_of


def compare(assistant: Assistant, question: str, *sides: str, model: bool = False, **more: Any) -> Answer | None:
    """Answer a question as a comparison of these sides."""
    query = Query(question=question, standalone=question, language=language_of(question), sides=sides, **more)
    writer = assistant._writer() if model else None
    steps = compared(query, Parts(assistant._collection, assistant.checker, writer, ()))
    while True:
        try:
            next(steps)
        except StopIteration as done:
            answer: Answer | None = done.value
            return answer


def answered(assistant: Assistant, question: str, *sides: str, **more: Any) -> Answer:
    answer = compare(assistant, question, *sides, **more)
    assert answer is not None
    assert answer.status == "answered"
    check_pieces(answer, assistant)
    return answer


PAIRS = [
    ("How do REAP and MoNE differ?", ("REAP", "MoNE"), {"effic-c0f9cc", "effic-51d242"}),
    ("QZO 和 FZOO 有什么区别?", ("QZO", "FZOO"), {"effic-cb400e", "effic-aa5d3d"}),
    ("Which is faster, WINO or Learn2PD?", ("WINO", "Learn2PD"), {"effic-2fbe4a", "effic-6df23c"}),
    (
        "REAP、MoNE 和 MoBE 各自怎样压缩专家?",
        ("REAP", "MoNE", "MoBE"),
        {"effic-c0f9cc", "effic-51d242", "effic-cb2063"},
    ),
]


@pytest.mark.parametrize(("question", "sides", "gold"), PAIRS)
def test_every_side_is_cited_and_has_a_column(
    assistant: Assistant, question: str, sides: tuple[str, ...], gold: set[str]
) -> None:
    answer = answered(assistant, question, *sides)
    assert set(answer.cards) == gold
    assert answer.mode == "extractive"
    assert answer.table is not None
    assert answer.table.columns == list(sides)
    assert len(answer.table.rows) == len(answer.table.headings) >= 5
    for place in range(len(sides)):
        assert sum(bool(row[place].text) for row in answer.table.rows) >= 3


@pytest.mark.parametrize(("question", "sides", "gold"), PAIRS)
def test_a_cell_cites_the_card_of_its_column(
    assistant: Assistant, question: str, sides: tuple[str, ...], gold: set[str]
) -> None:
    answer = answered(assistant, question, *sides)
    assert answer.table is not None
    cited = {citation.marker: citation.card_id for citation in answer.citations}
    for place in range(len(sides)):
        cards = {cited[marker] for row in answer.table.rows for marker in row[place].markers}
        assert len(cards) == 1


def test_a_comparison_is_asked_for_by_its_words(assistant: Assistant) -> None:
    answer = assistant.answer("How do REAP and MoNE differ?")
    assert answer.kind == "compare"
    assert answer.table is not None


def test_a_chinese_question_has_a_chinese_table(assistant: Assistant) -> None:
    answer = answered(assistant, "QZO 和 FZOO 有什么区别?", "QZO", "FZOO")
    assert answer.table is not None
    assert answer.table.headings[:2] == ["要解决的问题", "方法"]
    method = answer.table.rows[1]
    assert all(language_of(cell.text) == "zh" for cell in method)


def test_the_evidence_found_holds_all_sides_first(assistant: Assistant) -> None:
    events = assistant.stream("How do REAP and MoNE differ?")
    found = next(event for event in events if isinstance(event, EvidenceFound))
    assert {hit.card_id for hit in found.hits[:2]} == {"effic-c0f9cc", "effic-51d242"}


def test_what_no_card_is_about_is_said_and_the_rest_answered(assistant: Assistant) -> None:
    answer = answered(assistant, "REAP vs FlumpPrune: which keeps more accuracy?", "REAP", "FlumpPrune")
    assert "No card is about FlumpPrune." in answer.text
    assert answer.cards == ["effic-c0f9cc"]
    assert answer.table is None


def test_where_no_side_is_known_nothing_is_answered(assistant: Assistant) -> None:
    answer = compare(assistant, "FlumpPrune 和 GlorpQuant 有什么不同?", "FlumpPrune", "GlorpQuant")
    assert answer is not None
    assert answer.status == "insufficient_evidence"
    assert "没有关于 FlumpPrune 的卡片" in answer.text
    assert not answer.citations


def test_what_neither_card_gives_is_refused(assistant: Assistant) -> None:
    answer = compare(assistant, "Under which licence are REAP and MoNE each released?", "REAP", "MoNE")
    assert answer is not None
    assert answer.status == "insufficient_evidence"
    assert "licence" in answer.text


def test_the_rival_in_a_papers_own_results_makes_no_comparison(assistant: Assistant) -> None:
    assert compare(assistant, "How does DIVA-GRPO differ from GRPO?", "DIVA-GRPO", "GRPO") is None
    answer = assistant.answer("DIVA-GRPO 和 GRPO 有什么不同?")
    assert answer.table is None
    assert answer.status == "answered"


def test_described_sides_find_their_cards(assistant: Assistant) -> None:
    question = "Compare the paper on null-space adapters with the one that steers activations by a PID controller."
    answer = answered(assistant, question, "null-space adapters", "steers activations by a PID controller")
    assert set(answer.cards) == {"align-a6ef98", "align-3e00c7"}


def test_sides_given_as_card_ids_or_titles_are_those_cards(assistant: Assistant) -> None:
    title = assistant.card("effic-51d242").title
    answer = answered(assistant, "Which of these is better?", "effic-c0f9cc", title)
    assert set(answer.cards) == {"effic-c0f9cc", "effic-51d242"}


def test_a_side_outside_the_filters_is_not_used(assistant: Assistant) -> None:
    from assistant.types import Filters

    only = Filters(cards=("effic-c0f9cc",))
    answer = answered(assistant, "How do REAP and MoNE differ?", "REAP", "MoNE", filters=only)
    assert answer.cards == ["effic-c0f9cc"]
    assert "MoNE is outside the filters." in answer.text


# Cards of our own, made to lay traps


def own(tmp_path: Path, *abstracts: str, **more: Any) -> Assistant:
    """An assistant on cards named Quark0, Quark1 and so on."""
    records = [
        {"id": f"own-{number}", "category": "Gardens", "title": f"Quark{number}: a planner", "abstract": abstract}
        | more
        for number, abstract in enumerate(abstracts)
    ]
    made = own_assistant(tmp_path / "home")
    made.ingest([write_cards(tmp_path / "cards.jsonl", records)])
    return made


QUARK0 = (
    "Planning gardens is costly because existing tools fail to look ahead. We propose Quark0, a planner that looks "
    "one season ahead. On the PebbleBench benchmark Quark0 reaches an accuracy of 71.5%, 12% more than before."
)


def test_figures_from_different_data_are_said_not_to_rank(tmp_path: Path) -> None:
    made = own(
        tmp_path,
        QUARK0,
        "Watering is hard since sensors often fail in the rain. We introduce Quark1, a watering plan for dry weeks. "
        "On the RiverSet data set Quark1 is 3.5x faster than a rival.",
    )
    answer = answered(made, "Which is better, Quark0 or Quark1?", "Quark0", "Quark1")
    caution = next(claim for claim in answer.claims if "do not rank" in claim.text)
    assert "PebbleBench" in caution.text
    assert "RiverSet" in caution.text
    zh = answered(made, "Quark0 和 Quark1 哪个更好?", "Quark0", "Quark1")
    assert "不能据此排名" in zh.text


def test_a_benchmark_and_metric_that_both_report_are_named(tmp_path: Path) -> None:
    made = own(
        tmp_path,
        QUARK0,
        "Watering is hard since sensors often fail in the rain. We introduce Quark1, a watering plan for dry weeks. "
        "On the PebbleBench benchmark Quark1 has an accuracy of 64.0%, 3% more than a rival.",
    )
    answer = answered(made, "Which is more accurate, Quark0 or Quark1?", "Quark0", "Quark1")
    assert "All of them report accuracy on PebbleBench" in answer.text
    assert "do not rank" not in answer.text
    assert "71.5%" in answer.text
    assert "64.0%" in answer.text


def test_where_a_card_is_silent_the_cell_is_blank_and_says_so(tmp_path: Path) -> None:
    made = own(tmp_path, QUARK0, "We introduce Quark1, which waters the whole garden with care.")
    answer = answered(made, "How do Quark0 and Quark1 differ?", "Quark0", "Quark1")
    assert answer.table is not None
    results = answer.table.rows[answer.table.headings.index("Headline results")]
    assert results[0].text
    assert not results[1].text
    assert "the card does not say" in answer.text
    assert "卡片未说明" in answered(made, "Quark0 和 Quark1 有什么不同?", "Quark0", "Quark1").text


def test_nothing_in_a_card_breaks_the_table_or_acts(tmp_path: Path) -> None:
    made = own(
        tmp_path,
        QUARK0,
        "We propose Quark1 | a planner | with bars \\| and <script>alert(1)</script> in it. On the RiverSet data set\n"
        "|---|---| Quark1 [7] is 3.5x faster, see [here](javascript:alert(1)) and ![x](http://evil.example/x.png).",
    )
    answer = answered(made, "How do Quark0 and Quark1 differ?", "Quark0", "Quark1")
    lines = [line for line in answer.text.split("\n") if line.startswith("|")]
    assert answer.table is not None
    assert len(lines) == len(answer.table.rows) + 2
    for line in lines:
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == 4, line
    assert "<script" not in answer.text
    assert "](" not in answer.text
    assert "[7]" not in answer.text.replace("[7]", "", answer.text.count("[7]") if len(answer.citations) >= 7 else 0)


def test_a_model_writes_the_lead_and_the_table_stays_ours(home: Path, scripted_server: ScriptedServer) -> None:
    scripted_server.behaviour = "good"
    written = Assistant(settings(home, builtin_corpus=True, **_scripted(scripted_server)))
    answer = answered(written, "How do REAP and MoNE differ?", "REAP", "MoNE", model=True)
    assert answer.mode == "llm"
    assert answer.table is not None
    assert set(answer.cards) == {"effic-c0f9cc", "effic-51d242"}
    given = Counter(evidence.title.partition(":")[0] for evidence in scripted_server.completions[-1].evidence)
    assert min(given["REAP"], given["MoNE"]) >= 4


def test_a_model_that_makes_things_up_leaves_the_cards_own_sentences(
    home: Path, scripted_server: ScriptedServer
) -> None:
    scripted_server.behaviour = "figures_from_nowhere"
    written = Assistant(settings(home, builtin_corpus=True, **_scripted(scripted_server)))
    answer = answered(written, "How do REAP and MoNE differ?", "REAP", "MoNE", model=True)
    assert answer.mode == "extractive"
    assert not [lie for lie in scripted_server.lies if lie in answer.text]
    assert answer.table is not None


def _scripted(server: ScriptedServer) -> dict[str, Any]:
    return {"model": "scripted-model", "openai_base_url": server.base_url, "openai_api_key": SecretStr("sk-scripted")}
