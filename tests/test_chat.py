"""`assistant chat` and `assistant feedback`: conversations kept, resumed, listed, exported, rated and deleted."""

import json
import shutil
from pathlib import Path

import pytest
from command_line import GUARDSPACE, environment, in_a_terminal, run

from assistant.conversations import ConversationLog
from evals.datasets import read_items

ASKED = "What does GuardSpace do?"


@pytest.fixture(scope="module")
def own_home(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder of this module's own, with the built-in corpus and one conversation of two questions."""
    folder = tmp_path_factory.mktemp("chat") / "home"
    # Others may have had conversations there, under names of their own.
    shutil.copytree(home, folder, ignore=shutil.ignore_patterns("conversations.sqlite*"))
    talked = run("chat", home=folder, stdin=f"{ASKED}\nAnd on which data sets?\n/rate up well said\n")
    assert talked.returncode == 0, talked.stderr
    return folder


def log_of(home: Path) -> ConversationLog:
    return ConversationLog.at_home(home)


def copy_of(home: Path, tmp_path: Path) -> Path:
    """A state folder with the same conversations and nothing else: what needs no collection opens none."""
    folder = tmp_path / "home"
    folder.mkdir()
    shutil.copy(home / "conversations.sqlite", folder)
    return folder


def test_every_conversation_is_kept(own_home: Path) -> None:
    [info] = log_of(own_home).conversations()
    assert (info.title, info.turns) == (ASKED, 2)
    first, second = log_of(own_home).turns(info.id)
    assert second.answer.citations[0].card_id == first.answer.citations[0].card_id == GUARDSPACE


def test_a_conversation_is_resumed_by_the_beginning_of_its_id_or_as_the_latest(own_home: Path) -> None:
    [info] = log_of(own_home).conversations()
    for arguments in (["--resume"], ["--resume", info.id[:6]], [info.id]):
        talked = run("chat", *arguments, "--json", home=own_home, stdin="How much does it lower the harmful score?\n")
        assert talked.returncode == 0, talked.stderr
        [line] = talked.stdout.splitlines()
        assert json.loads(line)["citations"][0]["card_id"] == GUARDSPACE
    [info] = log_of(own_home).conversations()
    assert info.turns == 5
    for turn in log_of(own_home).turns(info.id)[2:]:
        log_of(own_home).drop(turn.id)


def test_resuming_in_a_terminal_shows_where_it_stood_and_how_to_go_on(own_home: Path) -> None:
    [info] = log_of(own_home).conversations()
    drawn = in_a_terminal("chat", "--resume", home=own_home, keys="/sources\n/exit\n")
    assert "> And on which data sets?" in drawn
    assert drawn.count(GUARDSPACE) >= 2
    assert f"assistant chat --resume {info.id}" in drawn


def test_the_filters_of_a_resumed_conversation_go_on(own_home: Path) -> None:
    run("chat", "--category", "effic", home=own_home, stdin="Which methods compress the KV cache?\n")
    latest = log_of(own_home).conversations()[0].id
    run("chat", "--resume", home=own_home, stdin="Which of them need no training at all, in their own words?\n")
    first, second = log_of(own_home).turns(latest)
    assert first.filters.categories
    assert second.filters == first.filters
    log_of(own_home).delete(latest)


def test_conversations_are_listed_for_people_and_for_scripts(own_home: Path, tmp_path: Path) -> None:
    home = copy_of(own_home, tmp_path)
    [info] = log_of(own_home).conversations()
    listed = run("chat", "--list", home=home)
    assert listed.stdout.startswith(info.id[:8])
    assert listed.stdout.rstrip().endswith(f"2 questions  {ASKED}")
    [found] = json.loads(run("chat", "--list", "--json", home=home).stdout)
    assert (found["id"], found["title"], found["turns"]) == (info.id, ASKED, 2)


def test_without_conversations_the_list_is_empty_and_nothing_is_made(tmp_path: Path) -> None:
    listed = run("chat", "--list", home=tmp_path)
    assert (listed.returncode, listed.stdout) == (0, "")
    assert "no conversation is kept yet" in listed.stderr
    assert list(tmp_path.iterdir()) == []
    assert json.loads(run("chat", "--list", "--json", home=tmp_path).stdout) == []


def test_a_conversation_is_exported_by_the_ending_of_the_file(own_home: Path, tmp_path: Path) -> None:
    home = copy_of(own_home, tmp_path)
    markdown, listed = tmp_path / "talk.md", tmp_path / "talk.json"
    assert run("chat", "--export", str(markdown), home=home).returncode == 0
    text = markdown.read_text("utf-8")
    assert f"## {ASKED}" in text
    assert f"(`{GUARDSPACE}`" in text
    assert run("chat", "--export", str(listed), home=home).returncode == 0
    assert json.loads(listed.read_text("utf-8"))[0]["question"] == ASKED
    again = run("chat", "--export", str(markdown), home=home)
    assert again.returncode == 1
    assert "is there already" in again.stderr
    assert run("chat", "--export", str(markdown), "--yes", home=home).returncode == 0
    wrong = run("chat", "--export", str(tmp_path / "talk.pdf"), home=home)
    assert wrong.returncode == 1
    assert ".md" in wrong.stderr


def test_deleting_asks_first_and_is_for_good(own_home: Path, tmp_path: Path) -> None:
    home = copy_of(own_home, tmp_path)
    [info] = log_of(home).conversations()
    refused = run("chat", info.id, "--delete", home=home)
    assert refused.returncode == 2
    assert "--yes" in refused.stderr
    assert "for good?" in in_a_terminal("chat", info.id, "--delete", home=home, keys="n\n")
    assert log_of(home).exists(info.id)
    assert run("chat", "--delete", info.id, "--yes", home=home).returncode == 0
    assert not log_of(home).exists(info.id)
    assert [path.name for path in home.iterdir() if b"GuardSpace" in path.read_bytes()] == []


def test_all_conversations_are_deleted_at_once(own_home: Path, tmp_path: Path) -> None:
    home = copy_of(own_home, tmp_path)
    done = run("chat", "--delete-all", "--yes", home=home)
    assert (done.returncode, done.stderr) == (0, "1 deleted\n")
    assert log_of(home).conversations() == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--delete"], 2, "--list"),
        (["--list", "--delete-all"], 2, "not both"),
        (["--export", "x.md", "zzzz"], 1, "no conversation 'zzzz'"),
        (["--delete", "zzzz", "--yes"], 1, "assistant chat --list"),
    ],
)
def test_wrong_usage_says_what_to_type(
    own_home: Path, tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    done = run("chat", *arguments, home=copy_of(own_home, tmp_path))
    assert done.returncode == code
    assert said in " ".join(done.stderr.split())


def test_commands_within_a_conversation(own_home: Path, tmp_path: Path) -> None:
    target = tmp_path / "talk.md"
    talked = run(
        "chat",
        home=own_home,
        stdin=f"/rate up\n/export {target}\n/delete\n{ASKED}\n/rate sideways\n/rate down too short\n"
        f"/export {target}\n/export\n/delete\n/rate up\n",
    )
    assert talked.returncode == 0
    assert talked.stderr.splitlines() == [
        "error: there is no answer to rate yet",
        "error: nothing has been said yet",
        "error: nothing has been said yet",
        "error: type /rate up or /rate down, and why if you like",
        "rated down; `assistant feedback` exports all ratings",
        f"written to {target}",
        "error: type /export and a file's name, such as /export talk.md",
        "deleted",
        "error: there is no answer to rate yet",
    ]
    assert len(log_of(own_home).conversations()) == 1


def test_starting_over_begins_another_conversation(own_home: Path) -> None:
    before = len(log_of(own_home).conversations())
    run("chat", home=own_home, stdin=f"{ASKED}\n/new\n/sources\n{ASKED}\n")
    found = log_of(own_home).conversations()
    assert [info.turns for info in found[: len(found) - before]] == [1, 1]
    for info in found[: len(found) - before]:
        log_of(own_home).delete(info.id)


def test_nothing_is_written_where_the_setting_says_so(own_home: Path) -> None:
    before = (own_home / "conversations.sqlite").read_bytes()
    talked = run(
        "chat",
        home=own_home,
        env={"ASSISTANT_KEEP_CONVERSATIONS": "false"},
        stdin=f"{ASKED}\nAnd on which data sets?\n/rate up\n",
    )
    assert talked.stdout.count(f"({GUARDSPACE}") >= 2
    assert (own_home / "conversations.sqlite").read_bytes() == before


def test_a_log_that_cannot_be_read_stops_no_conversation(own_home: Path, home: Path) -> None:
    kept = (own_home / "conversations.sqlite").read_bytes()
    (own_home / "conversations.sqlite").write_bytes(b"damaged" * 1000)
    try:
        talked = run("chat", home=own_home, stdin=f"{ASKED}\nAnd on which data sets?\n")
        assert talked.returncode == 0
        assert talked.stdout.count(f"({GUARDSPACE}") >= 2
        assert "not kept" in talked.stderr
        resumed = run("chat", "--resume", home=own_home)
        assert resumed.returncode == 1
        assert "move that file away" in resumed.stderr
    finally:
        (own_home / "conversations.sqlite").write_bytes(kept)


def test_ids_are_completed_with_their_titles(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from assistant.cli.kept import conversation_ids

    monkeypatch.setenv("ASSISTANT_HOME", environment(own_home)["ASSISTANT_HOME"])
    [info] = log_of(own_home).conversations()
    assert conversation_ids(info.id[:3]) == [(info.id, ASKED)]
    assert conversation_ids("no such beginning") == []


def test_ratings_are_a_data_set_for_the_evaluation_suite(own_home: Path, tmp_path: Path) -> None:
    home = copy_of(own_home, tmp_path)
    liked = tmp_path / "liked.jsonl"
    liked.write_text(run("feedback", home=home).stdout, "utf-8")
    [item] = read_items(liked)
    assert (item.kind, item.gold) == ("followup", (GUARDSPACE,))
    assert run("feedback", "down", home=home).stdout == ""
    log = log_of(home)
    log.rate(log.turns(log.conversations()[0].id)[0].id, "down", "too \x1b[2J long")
    told = run("feedback", "down", home=home).stdout
    assert "\x1b" not in told
    assert json.loads(told)["comment"] == "too \x1b[2J long"
