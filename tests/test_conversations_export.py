"""A conversation taken away as Markdown or JSON, and ratings as questions for the evaluation suite."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from test_conversations import answer, citation

from assistant.conversations import Turn, as_json, as_markdown
from assistant.conversations.feedback import confirmed, to_complete
from assistant.types import Answer, CardHit, Filters
from evals.datasets import DatasetError, read_items

WHEN = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)


def turn(question: str, given: Answer, number: int = 1, **more: object) -> Turn:
    return Turn.model_validate({"id": f"t{number}", "question": question, "answer": given, "asked_at": WHEN} | more)


def conversation() -> list[Turn]:
    """Three turns; the second cites again what the first did, under another marker."""
    first = answer("Wobble plans ahead. [1] It is quick. [2]", citations=[citation(1, "a"), citation(2, "a", start=50)])
    second = answer(
        "Pebble rolls [1], and Wobble plans [2].", citations=[citation(1, "b", "Pebble rolls."), citation(2, "a")]
    )
    third = answer(
        "The cards do not say.",
        status="insufficient_evidence",
        citations=[],
        suggestions=[CardHit(card_id="c", title="Nearby", score=1.0)],
    )
    return [turn("What is Wobble?", first), turn("And Pebble?", second, 2), turn("Who wrote it?", third, 3)]


# Markdown


def test_markers_are_numbered_anew_over_the_whole_conversation() -> None:
    text = as_markdown(conversation())
    assert "Wobble plans ahead. [1] It is quick. [2]" in text
    assert "Pebble rolls [3], and Wobble plans [1]." in text


def test_the_sources_at_the_end_are_numbered_like_the_markers_and_hold_the_quoted_words() -> None:
    text = as_markdown(conversation())
    sources = text.partition("## Cards cited\n\n")[2].strip().splitlines()
    assert sources == [
        "1. **Title of a** (`a`, Abstract): “Wobble plans ahead.”",
        "2. **Title of a** (`a`, Abstract): “Wobble plans ahead.”",
        "3. **Title of b** (`b`, Abstract): “Pebble rolls.”",
    ]


def test_questions_are_headings_and_an_abstention_keeps_its_nearest_cards() -> None:
    text = as_markdown(conversation())
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings == ["# Conversation", "## What is Wobble?", "## And Pebble?", "## Who wrote it?", "## Cards cited"]
    assert "The cards do not say.\n\nNearest cards:\n\n- Nearby (`c`)" in text
    assert "2026-11-25 12:30 UTC" in text


def test_a_chinese_conversation_has_chinese_headings_and_quotation_marks() -> None:
    given = answer("先做计划。 [1]", language="zh", citations=[citation(1, "a", "先做计划。")])
    text = as_markdown([turn("Wobble 是怎么做计划的?", given, filters=Filters(tags=("LLM",)))])
    assert "## 引用的卡片" in text
    assert "「先做计划。」" in text
    assert "*提问范围: #LLM*" in text


def test_a_hostile_question_and_title_stay_words() -> None:
    hostile = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) [7] **bold** `code`\n# heading"
    cited = citation(1, "a").model_copy(update={"title": hostile, "quote": hostile})
    rendered = MarkdownIt("commonmark").render(as_markdown([turn(hostile, answer(citations=[cited]))]))
    assert "<img" not in rendered
    assert "href" not in rendered
    assert "<h1>" in rendered
    assert rendered.count("<h1>") == 1
    assert "[7]" not in rendered


def test_a_number_that_cites_nothing_stays_as_it_is() -> None:
    assert "see [9]" in as_markdown([turn("What?", answer("Wobble. [1] see [9]"))])


def test_an_empty_conversation_is_a_heading() -> None:
    assert as_markdown([]) == "# Conversation\n"


def test_json_reads_back_as_the_same_turns() -> None:
    assert [Turn.model_validate(each) for each in json.loads(as_json(conversation()))] == conversation()


# Ratings as a data set


def written(tmp_path: Path, lines: Sequence[object]) -> Path:
    path = tmp_path / "feedback.jsonl"
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return path


def up(question: str, given: Answer, number: int, **more: object) -> Turn:
    return turn(question, given, number, rating="up", **more)


def test_thumbs_up_are_questions_that_the_suite_reads_as_they_stand(tmp_path: Path) -> None:
    wobble = turn("What is Wobble?", answer(), 0)
    named = answer(citations=[citation(1, "a").model_copy(update={"title": "Wobble: a planner"})])
    silent = answer("Not said.", status="insufficient_evidence", citations=[])
    rated: list[tuple[Turn, list[Turn]]] = [
        (up("How does Wobble plan?", named, 1), []),
        (up("Which planner works at night without a map?", answer(), 2), [wobble]),
        (up("And how much does it save?", answer(), 3), [wobble]),
        (up("Wobble or Pebble?", answer(kind="compare", citations=[citation(1, "a"), citation(2, "b")]), 4), []),
        (up("Which mention Pebble?", answer(kind="list", cards=["a", "b", "c"]), 5), []),
        (up("How many mention Pebble?", answer(kind="count", cards=["a", "b"]), 6), []),
        (up("What is there on planning?", answer(kind="topic", cards=["a", "b"]), 7), []),
        (up("Who wrote Wobble?", silent, 8, comment="no authors"), []),
    ]
    items = read_items(written(tmp_path, confirmed(rated)))
    assert [item.kind for item in items] == [
        *("single", "single", "followup", "compare", "list", "count", "topic", "unanswerable")
    ]
    assert [item.gold for item in items[3:]] == [("a", "b"), ("a", "b", "c"), ("a", "b"), ("a", "b"), ()]
    assert [getattr(item, "style", None) for item in items[:2]] == ["named", "described"]
    assert getattr(items[2], "turns", None) == ("What is Wobble?", "And how much does it save?")
    assert getattr(items[-1], "why", None) == "no authors"


@pytest.mark.parametrize(
    ("given", "more", "before"),
    [
        (answer(kind="trend"), {}, []),
        (answer(kind="chat"), {}, []),
        (answer(kind="list", cards=["a"]), {"filters": Filters(tags=("LLM",))}, []),
        (answer(kind="list", cards=["a"]), {}, [turn("What is Wobble?", answer(), 0)]),
        (answer(status="insufficient_evidence", citations=[]), {"filters": Filters(tags=("LLM",))}, []),
    ],
)
def test_what_a_line_cannot_say_is_left_out(given: Answer, more: dict[str, object], before: list[Turn]) -> None:
    assert confirmed([(up("And which of them?", given, 1, **more), before)]) == []


def test_thumbs_down_are_for_a_person_to_complete_and_refused_until_they_are(tmp_path: Path) -> None:
    rated = [(turn("How does it plan at night?", answer(), 1, rating="down", comment="wrong card"), [])]
    [line] = to_complete(rated)
    assert (line["comment"], line["shown"], line["cited"]) == ("wrong card", "Wobble plans ahead. [1]", ["own-1"])
    assert confirmed(rated) == []
    with pytest.raises(DatasetError, match="comment"):
        read_items(written(tmp_path, [line]))
    completed = {key: value for key, value in line.items() if key not in ("comment", "shown", "cited")}
    [item] = read_items(written(tmp_path, [completed | {"gold": ["b"]}]))
    assert item.gold == ("b",)
