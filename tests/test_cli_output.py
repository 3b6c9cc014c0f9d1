"""What a command prints: plain in a pipe, drawn in a terminal, and nothing in it that steers the terminal."""

import json
from io import StringIO
from pathlib import Path

import pytest
from command_line import GUARDSPACE, QUESTION, in_a_terminal, run
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from assistant.cli.terminal import clean, clean_json, emit
from assistant.cli.wrapping import wrapped
from assistant.types import Answer, CardHit, Citation

HOSTILE_CARD = {
    "id": "own-1",
    "category": "Own cards",
    "tags": ["[red]tag", "bell\x07"],
    "title": "\x1b]0;owned\x07Wobble: a [bold]gentle[/bold] planner",
    "abstract": "Wobble plans\x1b[2J slowly. It reaches 12.5% on Pebble\u202e.",
    "tldr": "Plans \x9b31mslowly.",
}
STEERING = ("\x1b", "\x07", "\x9b", "\u202e")


# Control characters and markup


def test_cleaning_takes_what_steers_a_terminal_and_leaves_the_text() -> None:
    hostile = "a\x1b[31mb\x07c\x9bd\u202ee\u2066f\x00g\u200bh\U000e0041i\rj\ud800k"
    assert clean(hostile) == "a[31mbcdefghijk"
    assert clean("两行\n\t∇-Reasoner, 14.4%") == "两行\n\t∇-Reasoner, 14.4%"


def test_cleaned_json_means_the_same_and_holds_no_control_characters() -> None:
    value = {"text": "a\x1bb\x9bc\u202ed\U000e0041e\x7f中"}
    document = clean_json(json.dumps(value, ensure_ascii=False))
    assert json.loads(document) == value
    assert clean(document) == document


def test_markup_in_a_card_is_shown_as_text() -> None:
    screen = Console(file=StringIO(), force_terminal=True, markup=False, highlight=False, width=80)
    emit(screen, "[bold]not bold[/bold] [link=http://x.example]no link[/link]")
    drawn = screen.file.getvalue()  # type: ignore[attr-defined]
    assert "[bold]not bold[/bold] [link=http://x.example]no link[/link]" in drawn
    assert "\x1b" not in drawn


@pytest.fixture(scope="module")
def own_home(home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings of a second collection in the shared state folder, with a hostile card of our own."""
    cards = tmp_path_factory.mktemp("own") / "cards.jsonl"
    cards.write_text(json.dumps(HOSTILE_CARD) + "\n", "utf-8")
    settings = {"ASSISTANT_COLLECTION": "own", "ASSISTANT_BUILTIN_CORPUS": "false"}
    done = run("ingest", str(cards), "--json", home=home, env=settings)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["added"] == 1
    again = run("ingest", str(cards), home=home, env=settings)
    assert again.stdout.startswith("0 added, 0 updated, 1 unchanged, 0 removed in ")
    return settings


@pytest.mark.parametrize("command", [["show", "own-1"], ["cards"], ["search", "Wobble"], ["ask", "What is Wobble?"]])
def test_a_hostile_card_cannot_steer_the_terminal(command: list[str], home: Path, own_home: dict[str, str]) -> None:
    piped = run(*command, home=home, env=own_home)
    assert piped.returncode == 0, piped.stderr
    assert "[bold]gentle[/bold]" in piped.stdout
    assert not any(mark in piped.stdout + piped.stderr for mark in STEERING)

    drawn = in_a_terminal(*command, home=home, env=own_home)
    assert "\x1b]0;owned" not in drawn
    assert "\x1b[2J" not in drawn
    assert not any(mark in drawn for mark in STEERING[1:])


def test_json_of_a_hostile_card_is_lossless_and_harmless(home: Path, own_home: dict[str, str]) -> None:
    document = run("show", "own-1", "--json", home=home, env=own_home).stdout
    assert json.loads(document)["abstract"] == HOSTILE_CARD["abstract"]
    assert not any(mark in document for mark in STEERING)


# Lines


@given(st.text("ab 14.6%中文,。“”(\n", max_size=80), st.integers(8, 30))
def test_wrapping_loses_nothing_but_blanks(text: str, width: int) -> None:
    lines = [line.plain for line in wrapped(Text(text), width)]
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_figure_is_not_cut_by_a_line_break() -> None:
    text = "准确率由26.0%升到28.0%,有害得分由14.4%降到3.6%。"
    for width in range(10, 40):
        lines = [line.plain for line in wrapped(Text(text), width)]
        assert all(cell_len(line) <= width for line in lines)
        for figure in ("26.0%", "28.0%", "14.4%", "3.6%"):
            assert any(figure in line for line in lines)
        assert not any(line[0] in "%,。" for line in lines)


# Answers on the built-in corpus


def test_a_piped_answer_is_plain_text_with_its_quotes(home: Path) -> None:
    asked = run("ask", QUESTION, home=home)
    assert asked.returncode == 0, asked.stderr
    assert asked.stderr == ""
    assert "\x1b" not in asked.stdout
    text, _, sources = asked.stdout.partition("\n\n")
    assert "[1]" in text
    assert sources.startswith("[1] GuardSpace")
    assert f"({GUARDSPACE}, " in sources


def test_json_of_an_answer_is_the_typed_value_and_quotes_the_card(home: Path) -> None:
    asked = run("ask", QUESTION, "--json", home=home)
    assert asked.returncode == 0, asked.stderr
    answer = Answer.model_validate_json(asked.stdout)
    assert answer.status == "answered"
    card = json.loads(run("show", GUARDSPACE, "--json", home=home).stdout)
    first = answer.citations[0]
    assert first.card_id == GUARDSPACE
    assert card[first.field][first.start : first.end] == first.quote


def test_a_question_may_come_from_standard_input_in_chinese_under_the_c_locale(home: Path) -> None:
    asked = run("ask", "-", home=home, stdin="GuardSpace 如何在微调时保持安全?\n", env={"LANG": "C", "LC_ALL": "C"})
    assert asked.returncode == 0, asked.stderr
    assert any("\u4e00" <= letter <= "\u9fff" for letter in asked.stdout)


def test_bytes_that_are_not_utf8_are_no_reason_to_fail(home: Path) -> None:
    asked = run("ask", "-", "--json", home=home, stdin=b"what is GuardSpace \xff\xfe?")
    assert asked.returncode == 0, asked.stderr


def test_an_abstention_is_a_success_with_the_nearest_cards(home: Path) -> None:
    asked = run("ask", "Which wine goes with roast duck?", home=home)
    assert asked.returncode == 0, asked.stderr
    assert "Nearest cards:" in asked.stdout
    assert "[1]" not in asked.stdout


def test_an_answer_in_a_terminal_is_coloured_and_the_pipe_is_not(home: Path) -> None:
    drawn = in_a_terminal("ask", QUESTION, home=home)
    assert "\x1b[36m" in drawn
    assert GUARDSPACE in drawn


def test_a_card_filter_is_kept(home: Path) -> None:
    asked = run("ask", "What was it tested on?", "--card", GUARDSPACE, "--json", home=home)
    answer = Answer.model_validate_json(asked.stdout)
    assert {citation.card_id for citation in answer.citations} <= {GUARDSPACE}
    assert {hit.card_id for hit in answer.suggestions} <= {GUARDSPACE}


def test_search_lists_as_many_cards_as_asked_for(home: Path) -> None:
    hits = json.loads(run("search", "adapters that keep a model safe", "--k", "3", "--json", home=home).stdout)
    assert len([CardHit.model_validate(hit) for hit in hits]) == 3
    assert hits[0]["score"] >= hits[-1]["score"]


def test_a_category_goes_by_any_of_its_names(home: Path) -> None:
    listed = {
        name: run("cards", "--category", name, home=home).stdout
        for name in ("agent", "Agents & tool use", "Agent 与工具使用")
    }
    assert len(set(listed.values())) == 1
    lines = listed["agent"].splitlines()
    assert len(lines) == 100
    assert all(line.split("\t")[0].startswith("agent-") for line in lines)


def test_show_gives_the_whole_card_in_the_terminals_language_first(home: Path) -> None:
    english = run("show", GUARDSPACE, home=home, env={"LANG": "en_US.UTF-8"})
    assert "Instruction tuning & alignment" in english.stdout
    assert english.stdout.index("\nAbstract\n") < english.stdout.index("\nMethod\n")
    chinese = run("show", GUARDSPACE, home=home, env={"LANG": "zh_CN.UTF-8"})
    assert chinese.stdout.index("\nMethod\n") < chinese.stdout.index("\nAbstract\n")


def test_an_unknown_card_is_an_error_that_names_a_near_one(home: Path) -> None:
    wrong = run("show", "align-a6ef99", home=home)
    assert wrong.returncode == 1
    assert wrong.stdout == ""
    assert wrong.stderr.startswith("error: ")
    assert GUARDSPACE in wrong.stderr


# Chat


def test_a_piped_chat_answers_each_line_and_remembers(home: Path) -> None:
    talked = run("chat", home=home, stdin="What does GuardSpace do?\n/sources\n/nonsense\n/exit\n")
    assert talked.returncode == 0
    assert talked.stdout.count(f"({GUARDSPACE}") >= 2
    assert "“" in talked.stdout
    assert talked.stderr == "error: /nonsense is not a command; /help lists them\n"


def test_chat_in_a_terminal_prompts_and_leaves_on_exit(home: Path) -> None:
    drawn = in_a_terminal("chat", home=home, keys="What does GuardSpace do?\n/new\n/sources\n/exit\n")
    assert "/sources" in drawn
    assert GUARDSPACE in drawn
    assert "there is no answer with sources yet" in drawn


# Remarks


def test_dropped_sentences_and_notes_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    from assistant.cli.rendering import show_answer

    citation = Citation(
        marker=1,
        card_id="own-1",
        title="Wobble",
        field="abstract",
        quote="It reaches 12.5\\%.",
        start=0,
        end=19,
    )
    show_answer(
        Answer(
            text="It reaches 12.5% [1].",
            status="answered",
            mode="llm",
            language="en",
            citations=[citation],
            dropped=2,
            notes=["the model could not be reached\x1b[2J"],
        )
    )
    shown = capsys.readouterr()
    assert shown.out == "It reaches 12.5% [1].\n\n[1] Wobble (own-1, Abstract)\n    “It reaches 12.5%.”\n"
    assert shown.err.splitlines() == [
        "note: the model could not be reached[2J",
        "note: 2 sentences were left out: the cards do not support what was said",
    ]
