"""The command line as people and scripts meet it: speed, exit codes, streams, control characters, doctor."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from assistant.cli.terminal import clean, clean_json, emit
from assistant.cli.wrapping import wrapped
from assistant.types import Answer, CardHit, Citation

ROOT = Path(__file__).parents[1]
QUESTION = "How does GuardSpace keep a model safe during fine-tuning?"
GUARDSPACE = "align-a6ef98"
# Shared machines are slow now and then; the best of three tries is what the code itself needs.
TRIES = 3

HOSTILE_CARD = {
    "id": "own-1",
    "category": "Own cards",
    "tags": ["[red]tag", "bell\x07"],
    "title": "\x1b]0;owned\x07Wobble: a [bold]gentle[/bold] planner",
    "abstract": "Wobble plans\x1b[2J slowly. It reaches 12.5% on Pebble\u202e.",
    "tldr": "Plans \x9b31mslowly.",
}
STEERING = ("\x1b", "\x07", "\x9b", "\u202e")


def environment(home: Path | None = None, **more: str) -> dict[str, str]:
    """The environment of a user with nothing configured but the state folder."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "SYSTEMROOT", "TMP")}
    state = {"ASSISTANT_HOME": str(home)} if home else {}
    return kept | {"PYTHONPATH": str(ROOT)} | state | more


def run(
    *arguments: str,
    home: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes | str = "",
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `assistant` as a process of its own, its streams piped."""
    done = subprocess.run(
        [sys.executable, "-m", "assistant", *arguments],
        env=environment(home, **(env or {})),
        input=stdin if isinstance(stdin, bytes) else stdin.encode(),
        capture_output=True,
        timeout=180,
        cwd=cwd or (home.parent if home else None),
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    )


def in_a_terminal(*arguments: str, home: Path, keys: str = "", env: Mapping[str, str] | None = None) -> str:
    """Run `assistant` in a pseudo-terminal, type `keys`, and give all that it drew."""
    pty = pytest.importorskip("pty", reason="needs a POSIX terminal")
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant", *arguments],
        env=environment(home, TERM="xterm", COLUMNS="100", LINES="40", **(env or {})),
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    os.close(follower)
    os.write(leader, keys.encode())
    drawn = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:
            break
        if not piece:
            break
        drawn += piece
    os.close(leader)
    assert process.wait(60) == 0, drawn.decode()
    return drawn.decode()


def best_seconds(*command: str) -> float:
    """The shortest of a few runs of a Python command, in seconds."""
    spent = []
    for _ in range(TRIES):
        began = time.perf_counter()
        subprocess.run([sys.executable, *command], env=environment(), check=True, capture_output=True, cwd=ROOT)
        spent.append(time.perf_counter() - began)
    return min(spent)


# Speed


def test_help_is_there_within_half_a_second() -> None:
    assert best_seconds("-m", "assistant", "--help") <= 0.5


def test_importing_the_package_takes_at_most_0_3_seconds() -> None:
    bare = best_seconds("-c", "pass")
    assert best_seconds("-c", "import assistant") - bare <= 0.3


@pytest.mark.parametrize("code", ["import assistant", "from assistant.cli import main; main(['ask', '--help'])"])
def test_heavy_libraries_are_not_loaded_before_they_are_used(code: str) -> None:
    heavy = {
        "chromadb",
        "gradio",
        "langchain",
        "langchain_core",
        "langchain_openai",
        "numpy",
        "onnxruntime",
        "openai",
        "rapidfuzz",
        "rjieba",
        "tantivy",
    }
    check = f"{code}; import sys; print('loaded:', *sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check], env=environment(), check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1].strip() == "loaded:"


# Usage


@pytest.mark.parametrize("command", ["ask", "chat", "search", "show", "cards", "ingest", "doctor"])
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    shown = run(command, "--help")
    assert shown.returncode == 0
    assert f"assistant {command}" in shown.stdout.partition("Examples:")[2]


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["ask", " "],
        ["ask", "one", "two"],
        ["ask", "x", "--k", "0"],
        ["ask", "x", "--model", "openai:m", "--no-model"],
        ["search", "x", "--no-such-option"],
        ["ingest", "no-such-file.txt"],
        ["no-such-command"],
    ],
)
def test_wrong_usage_exits_with_2_and_names_the_help(arguments: list[str]) -> None:
    wrong = run(*arguments)
    assert wrong.returncode == 2
    assert "--help" in wrong.stderr
    assert wrong.stdout == ""


def test_a_setting_that_cannot_be_used_is_one_line_that_names_it(tmp_path: Path) -> None:
    wrong = run("ask", "anything", home=tmp_path, env={"ASSISTANT_EVIDENCE": "many"})
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("error: ")
    assert "ASSISTANT_EVIDENCE" in wrong.stderr
    assert len(wrong.stderr.splitlines()) == 1


def test_a_state_folder_that_is_a_file_is_one_line_of_error(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("")
    wrong = run("ask", "anything", home=taken)
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("error: ")
    assert len(wrong.stderr.splitlines()) == 1


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


def test_a_reader_that_stops_reading_is_met_with_silence(home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant", "cards"],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    complaints = process.stderr.read().decode()
    process.stderr.close()
    process.wait(60)
    assert "Traceback" not in complaints
    assert "BrokenPipe" not in complaints


@pytest.mark.skipif(os.name == "nt", reason="signals are sent another way on Windows")
@pytest.mark.parametrize("seconds", [0.4, 1.2, 3.0])
def test_ctrl_c_ends_quietly_with_130(tmp_path: Path, seconds: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant", "ask", QUESTION],
        env=environment(tmp_path / "fresh"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    shown, complaints = process.communicate(timeout=60)
    assert (process.returncode, shown, complaints) == (130, b"", b"")


def test_card_ids_and_categories_are_completed_without_the_store() -> None:
    def offered(*words: str) -> str:
        line = " ".join(["assistant", *words])
        done = run(
            env={
                "_ASSISTANT_COMPLETE": "complete_bash",
                "COMP_WORDS": line,
                "COMP_CWORD": str(len(words)),
            }
        )
        return done.stdout

    assert GUARDSPACE in offered("show", "align-a6")
    assert "effic" in offered("search", "x", "--category", "ef")


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


# Doctor


def test_doctor_is_content_with_a_collection_that_works(home: Path) -> None:
    seen = run("doctor", "--json", home=home)
    assert seen.returncode == 0, seen.stdout
    diagnosis = json.loads(seen.stdout)
    assert diagnosis["works"] is True
    found = {check["name"]: check for check in diagnosis["checks"]}
    assert "803 cards" in found["store"]["found"]
    assert found["model"]["state"] == "ok"


def test_doctor_names_what_fails_and_how_to_mend_it(home: Path) -> None:
    seen = run("doctor", home=home, env={"ASSISTANT_STORE": "http://127.0.0.1:9"})
    assert seen.returncode == 1
    broken = seen.stdout.partition("fail  store")[2]
    assert "127.0.0.1:9" in broken.splitlines()[0]
    assert "mend: " in broken


def test_doctor_says_when_the_model_does_not_answer_and_hides_the_key(home: Path) -> None:
    seen = run(
        "doctor",
        home=home,
        env={"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_API_KEY": "sk-very-secret"},
    )
    assert seen.returncode == 1
    assert "fail  model" in seen.stdout
    assert "very-secret" not in seen.stdout + seen.stderr


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
