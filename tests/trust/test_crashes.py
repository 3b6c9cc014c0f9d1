"""Kills, full disks, damaged files and older layouts: no card is lost or doubled, and there is always a way back."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from own_cards import HashedWords, own_assistant, process, record, settings, write_cards
from rounds import TIMES

from assistant import Assistant
from assistant.cli import repairing
from assistant.cli.repairing import repair
from assistant.collection import Collection
from vectorstore.cards import PaperCard
from vectorstore.errors import UserError
from vectorstore.ingest import entries_of
from vectorstore.store import CardStore

INGEST = """
assistant = own_assistant(Path(sys.argv[1]), store=sys.argv[3], collection=sys.argv[4])
assistant._collection.store
print("ready", flush=True)
assistant.ingest([Path(sys.argv[2])], progress=lambda done, total, what: print(done, flush=True))
"""
CARDS = 96


def store_of(assistant: Assistant) -> CardStore:
    return assistant._collection.store


def passages_of(assistant: Assistant) -> dict[str, str]:
    """Every entry that the store holds, with its words."""
    return {
        entry: words
        for page in store_of(assistant)._pages(store_of(assistant)._passages, include=["documents"])
        for entry, words in zip(page["ids"], page["documents"], strict=True)
    }


def is_whole(assistant: Assistant) -> bool:
    """Whether the store holds exactly the entries of its cards, each card once and with its own hash."""
    cards = list(store_of(assistant).cards())
    expected = {source.entry.id: source.entry.text for card in cards for source in entries_of(card)}
    return (
        len({card.id for card in cards}) == len(cards)
        and passages_of(assistant) == expected
        and store_of(assistant).hashes() == {card.id: card.content_hash() for card in cards}
    )


# Kills


@pytest.mark.parametrize(("kind", "rounds"), [("embedded", 2), ("server", 2)])
def test_a_kill_at_any_moment_of_an_ingest_loses_and_doubles_nothing(
    tmp_path: Path, kind: str, rounds: int, request: pytest.FixtureRequest
) -> None:
    place = "embedded" if kind == "embedded" else request.getfixturevalue("chroma_server")
    luck = random.Random(TIMES)
    wordings = [[record(number, f"{word}", method="It plans. " * 12) for number in range(CARDS)] for word in "abc"]
    files = [write_cards(tmp_path / f"{number}.jsonl", cards) for number, cards in enumerate(wordings)]
    home = tmp_path / "home"
    reported: set[str] = set()
    for attempt in range(rounds * TIMES):
        # Every so often from nothing, otherwise over what the kills before it left.
        if attempt % 20 == 0:
            reported = set()
            name = f"kills-{kind}-{attempt}-{os.getpid()}"
            shutil.rmtree(home, ignore_errors=True)
        where = {"store": place, "collection": name}
        running = process(INGEST, home, luck.choice(files), place, name)
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(luck.uniform(0.0, 0.9) ** 2 * 1.5)
        running.send_signal(signal.SIGKILL)
        running.communicate()
        after = own_assistant(home, **where)
        held = set(store_of(after).hashes())
        assert reported <= held, f"attempt {attempt}: a card that was there is lost"
        after.ready()
        assert is_whole(after), f"attempt {attempt}"
        assert set(store_of(after).hashes()) == held
        reported = held
    last = own_assistant(home, **where)
    last.ingest([files[0]])
    clean = own_assistant(tmp_path / "clean")
    clean.ingest([files[0]])
    assert passages_of(last) == passages_of(clean)
    assert {card.id: card for card in store_of(last).cards()} == {card.id: card for card in store_of(clean).cards()}
    assert last.search("Wobble17", k=1)[0].card_id == "own-17"


# No room, no right to write

FULL = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from vectorstore.errors import UserError
assistant = own_assistant(Path(sys.argv[1]))
assistant.ready()
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    assistant.ingest([Path(sys.argv[2])])
except UserError as error:
    print(str(error).replace(chr(10), "|"))
"""


@pytest.mark.parametrize("room", [500_000])
def test_a_disk_that_is_full_is_said_once_and_the_next_ingest_completes(tmp_path: Path, room: int) -> None:
    home = tmp_path / "home"
    mine = write_cards(tmp_path / "mine.jsonl", [record(number, method="It plans. " * 60) for number in range(CARDS)])
    running = process(FULL, home, mine, room)
    said, complaints = running.communicate(timeout=120)
    assert running.returncode == 0, complaints
    assert len(said.splitlines()) == 1
    assert str(home) in said
    after = own_assistant(home)
    after.ready()
    assert is_whole(after)
    after.ingest([mine])
    assert is_whole(after)
    assert after.status()["cards"] == CARDS


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv to be no longer above the file system")
def test_a_state_folder_that_may_only_be_read_is_one_plain_error(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o555)
    limits = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    ran = subprocess.run(
        [*limits, sys.executable, "-m", "assistant", "ask", "What is GuardSpace?"],
        env={**os.environ, "ASSISTANT_HOME": str(home)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert str(home) in ran.stderr
    assert "ASSISTANT_HOME" in ran.stderr
    assert "Traceback" not in ran.stderr


# Damage and the way back


def garbage(store: Path) -> None:
    database = store / "chroma.sqlite3"
    with database.open("r+b") as file:
        file.write(random.Random(1).randbytes(8192))


def half(store: Path) -> None:
    database = store / "chroma.sqlite3"
    os.truncate(database, database.stat().st_size // 2)


def pages_in_the_middle(store: Path) -> None:
    database = store / "chroma.sqlite3"
    luck = random.Random(2)
    with database.open("r+b") as file:
        for place in range(8, database.stat().st_size // 4096, 5):
            file.seek(place * 4096)
            file.write(luck.randbytes(4096))


def no_database(store: Path) -> None:
    (store / "chroma.sqlite3").unlink()


def empty_database(store: Path) -> None:
    os.truncate(store / "chroma.sqlite3", 0)


def made_with(home: Path, cards: int = 40) -> dict[str, PaperCard]:
    """The cards of a new state folder, by id."""
    assistant = own_assistant(home)
    records = [record(number, tags=["garden"], questions=[f"Who plans {number}?"]) for number in range(cards)]
    assistant.ingest([write_cards(home.parent / "mine.jsonl", records)])
    return {card.id: card for card in store_of(assistant).cards()}


@pytest.fixture
def quick_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the repair use the vectors that take no time, as the stores here do."""
    monkeypatch.setattr(repairing, "Collection", partial(Collection, embeddings=HashedWords()))


def repaired(home: Path) -> list[str]:
    return repair(settings(home), lambda done, total, what: None)


@pytest.mark.parametrize("damage", [garbage, half, pages_in_the_middle, no_database, empty_database])
@pytest.mark.usefixtures("quick_embedder")
def test_a_damaged_store_says_so_and_is_made_anew_of_what_can_be_read(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    home = tmp_path / "home"
    before = made_with(home)
    damage(home / "store")
    with pytest.raises(UserError, match="assistant doctor --repair"):
        list(own_assistant(home).cards())
    said = repaired(home)
    aside = next(home.glob("store.damaged-*"))
    assert str(aside) in " ".join(said)
    assert any(aside.iterdir()), "nothing is deleted"
    after = own_assistant(home)
    after.ready()
    assert is_whole(after)
    for card in store_of(after).cards():
        assert card == before[card.id], "what was read is what was stored"
    after.ingest([tmp_path / "mine.jsonl"])
    assert {card.id: card for card in store_of(after).cards()} == before
    assert "nothing was changed" in repaired(home)[0]


@pytest.mark.usefixtures("quick_embedder")
def test_most_cards_are_read_from_a_database_with_holes(tmp_path: Path) -> None:
    home = tmp_path / "home"
    before = made_with(home)
    pages_in_the_middle(home / "store")
    said = " ".join(repaired(home))
    kept = own_assistant(home).status()["cards"]
    assert 0 < kept <= len(before)
    assert f"{kept} of its cards" in said


@pytest.mark.usefixtures("quick_embedder")
def test_a_store_of_an_older_layout_keeps_all_its_cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    before = made_with(home)
    monkeypatch.setattr("vectorstore.store.LAYOUT", 99)
    with pytest.raises(UserError, match=r"another version of this program.*assistant doctor --repair"):
        own_assistant(home).ready()
    assert "all of its 40 cards are in the new store" in repaired(home)
    after = own_assistant(home)
    assert {card.id: card for card in after.cards()} == before
    assert is_whole(after)


@pytest.mark.usefixtures("quick_embedder")
def test_a_repair_leaves_a_second_collection_where_it_can_be_had_again(tmp_path: Path) -> None:
    home = tmp_path / "home"
    made_with(home, 5)
    other = own_assistant(home, collection="other")
    other.ingest([write_cards(tmp_path / "other.jsonl", [record(77)])])
    no_index = home / "store" / "chroma.sqlite3"
    import sqlite3

    with sqlite3.connect(no_index) as database:
        database.execute("UPDATE collection_metadata SET int_value = 1 WHERE key = 'layout'")
    said = repaired(home)
    line = next(line for line in said if "ASSISTANT_COLLECTION=other assistant ingest" in line)
    path = line.rpartition(" ")[2]
    again = own_assistant(home, collection="other")
    again.ingest([path])
    assert [card.id for card in again.cards()] == ["own-77"]
    assert own_assistant(home).status()["cards"] == 5


@pytest.mark.usefixtures("quick_embedder")
def test_a_repair_does_not_move_a_store_that_is_being_written(tmp_path: Path) -> None:
    from vectorstore.lock import WriterLock

    home = tmp_path / "home"
    made_with(home, 3)
    garbage(home / "store")
    with WriterLock(home / "cards.lock").held(print), pytest.raises(UserError, match="under way"):
        repaired(home)
    assert (home / "store").is_dir()


def test_a_server_is_not_repaired_from_here(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="only the embedded store"):
        repair(settings(tmp_path, store="http://127.0.0.1:9"), print)
