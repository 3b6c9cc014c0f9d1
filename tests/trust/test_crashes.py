"""Kills, full disks, damaged files and older layouts: no card is lost or doubled, and there is always a way back."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from killable import Killable, found, is_whole
from own_cards import HashedWords, own_assistant, process, record, settings, write_cards
from rounds import KILLS, REPORTED

from assistant import Assistant
from assistant.cli import repairing
from assistant.cli.repairing import repair
from assistant.collection import Collection
from vectorstore.cards import PaperCard
from vectorstore.errors import UserError
from vectorstore.readers import read_cards
from vectorstore.store import CardStore

CARDS = 96
# Three batches, so that a kill meets some cards stored and others not.
KILL_CARDS = 72
BEFORE, WITHIN, AFTER = "before the first card was reported", "between", "after the last"


def store_of(assistant: Assistant) -> CardStore:
    return assistant._collection.store


# Kills


@pytest.fixture(scope="module")
def killable() -> Iterator[Killable]:
    with Killable() as running:
        yield running


def as_read(path: Path) -> dict[str, str]:
    """The hash of every card of a file."""
    return {card.id: card.content_hash() for card in read_cards(path).cards}


def seconds_of_an_ingest(killable: Killable, home: Path, **order: Any) -> float:
    began = time.monotonic()
    killable.start("ingest", home, **order)
    assert killable.end()[-1] == "ended 0"
    return time.monotonic() - began


def kill_an_ingest(killable: Killable, home: Path, seconds: float, **order: Any) -> int:
    """Kill an ingest after so long; gives how many cards it had reported as stored."""
    running = killable.start("ingest", home, **order)
    time.sleep(seconds)
    with suppress(ProcessLookupError):
        os.kill(running, signal.SIGKILL)
    return max([int(line.split()[1]) for line in killable.end() if line.startswith("stored ")], default=0)


@pytest.mark.parametrize("kind", ["embedded", "server"])
def test_a_kill_at_any_moment_of_an_ingest_loses_and_doubles_nothing(
    tmp_path: Path, kind: str, killable: Killable, request: pytest.FixtureRequest
) -> None:
    """`TRUST_KILLS` says how often; every twentieth time it begins with nothing, otherwise over what is left."""
    place = "embedded" if kind == "embedded" else request.getfixturevalue("chroma_server")
    luck = random.Random(KILLS)
    counted = REPORTED[f"kills of an ingest, {kind} store"]
    counted.update({"attempts": 0, BEFORE: 0, WITHIN: 0, AFTER: 0, "survived": 0})
    wordings = [[record(number, word, method="It plans. " * 12) for number in range(KILL_CARDS)] for word in "abc"]
    files = [write_cards(tmp_path / f"{number}.jsonl", cards) for number, cards in enumerate(wordings)]
    wanted = [as_read(file) for file in files]
    home, clean = tmp_path / "home", tmp_path / "clean"
    seconds_of_an_ingest(killable, clean, path=str(files[0]), where={})
    undisturbed = found(killable, clean, where={}, number=0).digest
    timed = {"store": place, "collection": f"timed-{kind}-{os.getpid()}"}
    free = seconds_of_an_ingest(killable, tmp_path / "timed", path=str(files[0]), where=timed)
    kill_an_ingest(killable, tmp_path / "timed", free / 2, path=str(files[1]), where=timed)
    # Whoever follows a killed writer may have to wait first, in which nothing is at stake.
    following = seconds_of_an_ingest(killable, tmp_path / "timed", path=str(files[2]), where=timed)
    held: set[str] = set()
    for attempt in range(KILLS):
        if attempt % 20 == 0:
            held = set()
            where = {"store": place, "collection": f"kills-{kind}-{attempt}-{os.getpid()}"}
            shutil.rmtree(home, ignore_errors=True)
        choice = luck.randrange(3)
        waiting = 0.0 if attempt % 4 == 0 else max(0.0, following - free)
        moment = luck.uniform(waiting, following)
        stored = kill_an_ingest(killable, home, moment, path=str(files[choice]), where=where)
        counted["attempts"] += 1
        counted[WITHIN if 0 < stored < KILL_CARDS else AFTER if stored else BEFORE] += 1
        after = found(killable, home, where=where, number=attempt)
        assert held <= set(after.before), f"attempt {attempt}: a card that was there is lost"
        assert set(after.hashes) == set(after.before), f"attempt {attempt}: a start adds or removes a card"
        new = sum(after.hashes[card] == known for card, known in wanted[choice].items() if card in after.hashes)
        assert new >= stored, f"attempt {attempt}: {stored} were reported as ingested, {new} are"
        assert after.whole, f"attempt {attempt}: not every card once, with all that it is found by"
        assert not after.silent, f"attempt {attempt}: these do not answer"
        assert after.answered, f"attempt {attempt}"
        held = set(after.hashes)
        counted["survived"] += 1
        if attempt % 20 == 19 or attempt == KILLS - 1:
            seconds_of_an_ingest(killable, home, path=str(files[0]), where=where)
            last = found(killable, home, where=where, number=0)
            assert last.hashes == wanted[0]
            assert last.digest == undisturbed, "byte for byte what an ingest that nobody disturbed leaves"
            counted["ended as a clean ingest"] += 1


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
