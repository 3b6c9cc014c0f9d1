"""The log of conversations: kept, found again, shared by threads and processes, and deleted for good."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant import Assistant, UserError
from assistant.conversations import ConversationLog, messages_of, shown_cards
from assistant.settings import Settings
from assistant.types import Answer, CardHit, Citation, Filters

ROOT = Path(__file__).parents[1]


def citation(marker: int, card_id: str, quote: str = "Wobble plans ahead.", start: int = 0) -> Citation:
    return Citation(
        marker=marker,
        card_id=card_id,
        title=f"Title of {card_id}",
        field="abstract",
        quote=quote,
        start=start,
        end=start + len(quote),
    )


def answer(text: str = "Wobble plans ahead. [1]", **more: object) -> Answer:
    given = {"status": "answered", "mode": "extractive", "language": "en", "citations": [citation(1, "own-1")]}
    return Answer.model_validate({"text": text} | given | more)


@pytest.fixture
def log(tmp_path: Path) -> ConversationLog:
    return ConversationLog(tmp_path / "state" / "conversations.sqlite")


def bytes_of(log: ConversationLog) -> bytes:
    """Everything that stands in any file of the log."""
    assert log.path is not None
    return b"".join(path.read_bytes() for path in sorted(log.path.parent.iterdir()))


# Kept and found again


def test_turns_come_back_as_they_were_and_in_order(log: ConversationLog) -> None:
    conversation = log.start()
    given = [answer(f"Answer {n} [1]", kind="list", cards=["own-1", "own-2"], notes=["a note"]) for n in range(3)]
    ids = [log.add(conversation, f"问题 {n}?", each, Filters(tags=("LLM",))) for n, each in enumerate(given)]
    turns = log.turns(conversation)
    assert [turn.answer for turn in turns] == given
    assert [turn.id for turn in turns] == ids
    assert [turn.question for turn in turns] == ["问题 0?", "问题 1?", "问题 2?"]
    assert {turn.filters for turn in turns} == {Filters(tags=("LLM",))}
    assert all(abs(turn.asked_at - datetime.now(UTC)) < timedelta(minutes=1) for turn in turns)
    assert turns[0].rating is None


def test_another_log_on_the_same_file_has_the_same_conversations(log: ConversationLog) -> None:
    conversation = log.start()
    log.add(conversation, "What is Wobble?", answer())
    other = ConversationLog(log.path)
    assert other.turns(conversation) == log.turns(conversation)
    assert other.conversations() == log.conversations()


def test_conversations_are_listed_the_one_last_added_to_first(log: ConversationLog) -> None:
    first, second, _never_used = log.start(), log.start(), log.start()
    log.add(second, "What is Wobble?", answer())
    log.add(first, "How\nis  Pebble " + "long " * 60, answer())
    assert [info.id for info in log.conversations()] == [first, second]
    log.add(second, "And how much?", answer())
    newest, older = log.conversations()
    assert (newest.id, newest.title, newest.turns) == (second, "What is Wobble?", 2)
    assert older.title.startswith("How is Pebble long")
    assert len(older.title) <= 80
    assert newest.started <= newest.updated
    assert [info.id for info in log.conversations(limit=1)] == [second]


def test_ids_cannot_be_guessed(log: ConversationLog) -> None:
    ids = {log.start() for _ in range(50)}
    assert len(ids) == 50
    assert all(len(each) >= 22 for each in ids)


def test_one_owners_conversations_are_not_anothers(log: ConversationLog) -> None:
    mine, theirs = log.start(owner="me"), log.start(owner="them")
    for conversation in (mine, theirs):
        log.add(conversation, "What is Wobble?", answer())
    assert [info.id for info in log.conversations("me")] == [mine]
    assert log.conversations() == []
    assert log.exists(mine, "me")
    assert log.exists(mine)
    assert not log.exists(mine, "them")
    assert not log.exists("nonsense")
    assert log.delete_all("them") == 1
    assert [info.id for info in log.conversations("me")] == [mine]


def test_a_conversation_that_is_not_there_is_an_error_that_says_what_to_type(log: ConversationLog) -> None:
    for attempt in (
        lambda: log.turns("nonsense"),
        lambda: log.history("nonsense"),
        lambda: log.add("nonsense", "?", answer()),
        lambda: log.delete("nonsense"),
    ):
        with pytest.raises(UserError, match=r"no conversation 'nonsense'.*--list"):
            attempt()


def test_text_that_no_file_takes_is_kept_as_far_as_it_goes(log: ConversationLog) -> None:
    conversation = log.start(owner="a\udcffb")
    turn = log.add(conversation, "half \ud800 of a\x00 character " + "x" * 20_000, answer())
    log.rate(turn, "down", "\ud800" + "y" * 9_000)
    kept = log.turns(conversation)[0]
    assert kept.question.startswith("half ? of a")
    assert len(kept.question) <= 8_000
    assert len(kept.comment) <= 2_000
    assert log.exists(conversation, "a\udcffb")


# The history that later questions are given


def test_the_history_names_the_cards_in_the_order_they_were_shown(log: ConversationLog) -> None:
    shown = answer(
        "One [1] and two [2].",
        kind="list",
        citations=[citation(1, "own-2"), citation(2, "own-1"), citation(2, "own-1", start=40)],
        cards=["own-1", "own-2", "own-3"],
        suggestions=[CardHit(card_id="own-4", title="Four", score=1.0)],
    )
    conversation = log.start()
    log.add(conversation, "Which plan?", shown)
    assert log.history(conversation) == [
        {"role": "user", "content": "Which plan?"},
        {
            "role": "assistant",
            "content": "One [1] and two [2].",
            "cards": ["own-2", "own-1", "own-3", "own-4"],
            "kind": "list",
        },
    ]
    assert messages_of([("Which plan?", shown)]) == log.history(conversation)
    assert shown_cards(answer(citations=[])) == []


# Ratings


def test_a_rating_is_kept_and_replaced_and_taken_back(log: ConversationLog) -> None:
    conversation = log.start()
    log.add(conversation, "What is Wobble?", answer())
    turn = log.add(conversation, "And how much?", answer())
    log.rate(turn, "down", "the figure is missing")
    [(rated, before)] = list(log.rated())
    assert (rated.id, rated.rating, rated.comment) == (turn, "down", "the figure is missing")
    assert [each.question for each in before] == ["What is Wobble?"]
    log.rate(turn, "up")
    assert list(log.rated("down")) == []
    assert [(each.rating, each.comment) for each, _ in log.rated("up")] == [("up", "")]
    log.rate(turn, None)
    assert list(log.rated()) == []


def test_a_rating_of_nothing_is_an_error(log: ConversationLog) -> None:
    with pytest.raises(UserError, match="cannot be rated"):
        log.rate("nonsense", "up")
    with pytest.raises(UserError, match="up or down"):
        log.rate("nonsense", "sideways")  # type: ignore[arg-type]


# Deleting


def test_what_is_deleted_stands_in_no_file_any_more(log: ConversationLog) -> None:
    kept, gone = log.start(), log.start()
    log.add(kept, "Keep marigold?", answer("marigold"))
    for number in range(40):
        turn = log.add(gone, f"Is this zanzibar{number}?", answer("zanzibar " * 200, notes=["zanzibar"]))
    log.rate(turn, "down", "zanzibar!")
    assert b"zanzibar" in bytes_of(log)
    log.delete(gone)
    assert b"zanzibar" not in bytes_of(log)
    assert b"marigold" in bytes_of(log)
    assert not log.exists(gone)
    assert [info.id for info in log.conversations()] == [kept]


def test_deleting_all_leaves_no_words(log: ConversationLog) -> None:
    for _ in range(3):
        log.add(log.start(), "Is this zanzibar?", answer("zanzibar"))
    assert log.delete_all() == 3
    assert log.conversations() == []
    assert b"zanzibar" not in bytes_of(log)
    assert log.delete_all() == 0


def test_a_turn_asked_again_takes_the_place_of_the_dropped_one(log: ConversationLog) -> None:
    conversation = log.start()
    log.add(conversation, "What is Wobble?", answer())
    again = log.add(conversation, "How zanzibar?", answer("zanzibar"))
    log.drop(again)
    log.drop(again)
    assert [turn.question for turn in log.turns(conversation)] == ["What is Wobble?"]
    assert b"zanzibar" not in bytes_of(log)


# The file


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_its_owner_can_read_the_file(log: ConversationLog) -> None:
    log.start()
    assert log.path is not None
    # A connection that is open keeps the files beside it.
    with sqlite3.connect(log.path) as connection:
        connection.execute("SELECT count(*) FROM turn").fetchone()
        log.start()
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in log.path.parent.iterdir()}
    connection.close()
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}


def test_a_damaged_file_is_one_clear_error(log: ConversationLog) -> None:
    log.add(log.start(), "What is Wobble?", answer("x" * 30_000))
    assert log.path is not None
    whole = log.path.read_bytes()
    for damaged in (b"not a database at all" * 300, whole[:100] + b"\xff" * 4_000 + whole[4_100:]):
        log.path.write_bytes(damaged)
        with pytest.raises(UserError, match=r"conversations\.sqlite.*move that file away"):
            [log.turns(info.id) for info in log.conversations()]


def test_another_programs_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "conversations.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(UserError, match="another program"):
        ConversationLog(path).start()
    assert path.read_bytes() == before


def test_a_file_of_a_later_version_is_not_touched(log: ConversationLog) -> None:
    log.start()
    assert log.path is not None
    with sqlite3.connect(log.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(UserError, match="later version"):
        log.start()


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match="ASSISTANT_KEEP_CONVERSATIONS=false"):
        ConversationLog(tmp_path / "file" / "conversations.sqlite").start()


def test_many_threads_lose_nothing(log: ConversationLog) -> None:
    conversation = log.start()
    problems: list[BaseException] = []

    def talk(name: str) -> None:
        try:
            for number in range(15):
                log.add(conversation, f"{name}-{number}", answer())
                log.turns(conversation)
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=talk, args=(str(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len({turn.question for turn in log.turns(conversation)}) == 8 * 15


def test_several_processes_begin_and_fill_one_file_together(tmp_path: Path) -> None:
    path = tmp_path / "conversations.sqlite"
    code = (
        "import sys; from pathlib import Path; from assistant.conversations import ConversationLog;"
        "from assistant.types import Answer; log = ConversationLog(Path(sys.argv[1])); mine = log.start();"
        "answer = Answer(text='x', status='answered', mode='extractive', language='en');"
        "[log.add(mine, f'{n}', answer) for n in range(20)]; print(mine)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(3)
    ]
    ids = [process.communicate(timeout=120)[0].strip() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    log = ConversationLog(path)
    assert {info.id: info.turns for info in log.conversations()} == dict.fromkeys(ids, 20)


# Keeping nothing


def test_a_log_without_a_file_keeps_conversations_as_long_as_it_lives() -> None:
    log = ConversationLog(None)
    conversation = log.start()
    log.add(conversation, "What is Wobble?", answer())
    assert len(log.turns(conversation)) == 1
    assert ConversationLog(None).conversations() == []
    log.delete(conversation)
    assert log.conversations() == []


def test_the_setting_decides_whether_anything_is_written(tmp_path: Path) -> None:
    forgetful = Assistant(Settings(home=tmp_path, keep_conversations=False)).conversations
    forgetful.add(forgetful.start(), "What is Wobble?", answer())
    assert list(tmp_path.iterdir()) == []
    assistant = Assistant(Settings(home=tmp_path))
    assistant.conversations.start()
    assert assistant.conversations is assistant.conversations
    assert assistant.conversations.path == tmp_path / "conversations.sqlite"
    assert (tmp_path / "conversations.sqlite").exists()
