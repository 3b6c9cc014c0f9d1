"""Ingest: only what changed is done, a kill loses nothing, two do not get in each other's way."""

import json
import os
import random
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from langchain_core.embeddings import Embeddings
from own_cards import HashedWords, finished, own_assistant, process, record, settings, write_cards

from assistant import Assistant
from assistant.settings import Settings
from vectorstore.cards import PaperCard
from vectorstore.corpus import builtin_cards
from vectorstore.errors import UserError
from vectorstore.ingest import IngestReport, entries_of
from vectorstore.lock import WriterLock
from vectorstore.store import CardStore

DIGEST_CARD = "align-a6ef98"


def store_of(assistant: Assistant) -> CardStore:
    return assistant._collection.store


def counts(report: IngestReport) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, report.removed


def passages_of(assistant: Assistant) -> dict[str, str]:
    """Every entry that the store holds, with its words."""
    page = store_of(assistant)._passages.get(include=["documents"])
    return dict(zip(page["ids"], page["documents"], strict=True))


def expected(cards: Sequence[PaperCard]) -> dict[str, str]:
    """Every entry that these cards have, with its words."""
    return {source.entry.id: source.entry.text for card in cards for source in entries_of(card)}


def is_whole(assistant: Assistant) -> bool:
    """Whether the store holds exactly the entries of its cards, each card with its own hash."""
    cards = list(store_of(assistant).cards())
    return passages_of(assistant) == expected(cards) and store_of(assistant).hashes() == {
        card.id: card.content_hash() for card in cards
    }


class Counting(Embeddings):
    """Counts the texts that are embedded, and fails after so many."""

    def __init__(self, most: int = 10**9) -> None:
        self.model = "counting"
        self.texts, self._most = 0, most
        self._inner = HashedWords()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.texts += len(texts)
        if self.texts > self._most:
            raise UserError("the embedder went away")
        return self._inner.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


# What a run does


def test_only_what_is_new_or_changed_is_done_and_reported(tmp_path: Path) -> None:
    counting = Counting()
    assistant = Assistant(settings(tmp_path / "home"), embeddings=counting)
    mine = write_cards(tmp_path / "mine.jsonl", [record(number) for number in range(6)])
    assert counts(assistant.ingest([mine])) == (6, 0, 0, 0)
    assert is_whole(assistant)

    embedded, revision = counting.texts, store_of(assistant).revision()
    assert counts(assistant.ingest([mine])) == (0, 0, 6, 0)
    assert counting.texts == embedded
    assert store_of(assistant).revision() == revision

    write_cards(mine, [record(0), record(1), record(2, "changed"), *(record(number) for number in range(3, 8))])
    assert counts(assistant.ingest([mine])) == (2, 1, 5, 0)
    assert counting.texts == embedded + 3 * 3
    assert is_whole(assistant)
    assert not any("plain" in words for entry, words in passages_of(assistant).items() if entry.startswith("own-2|"))

    write_cards(mine, [record(1), record(2, "changed")])
    assert counts(assistant.ingest([mine])) == (0, 0, 2, 0)
    assert counts(assistant.ingest([mine], prune=True)) == (0, 0, 2, 6)
    assert is_whole(assistant)
    assert sorted(store_of(assistant).hashes()) == ["own-1", "own-2"]
    assert {hit.card_id for hit in assistant.search("Wobble5 Wobble1 planner", k=10)} == {"own-1", "own-2"}


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another title"},
        {"tags": ["added"]},
        {"category": "Attics"},
        {"method": "It plans at night, too, with a lamp."},
        {"questions": ["Who plans the day of a gardener?"]},
    ],
)
def test_a_change_of_any_part_is_seen_and_so_is_its_end(tmp_path: Path, change: dict[str, object]) -> None:
    assistant = own_assistant(tmp_path / "home")
    mine = write_cards(tmp_path / "mine.jsonl", [record(1)])
    assistant.ingest([mine])
    changed = write_cards(tmp_path / "changed.jsonl", [record(1, **change)])
    for path in (changed, mine):
        assert counts(assistant.ingest([path])) == (0, 1, 0, 0)
        assert is_whole(assistant)
        assert counts(assistant.ingest([path])) == (0, 0, 1, 0)
    assert store_of(assistant).card_ids({"tags": {"$contains": "added"}}) == []


def test_a_bad_file_among_several_changes_nothing(tmp_path: Path) -> None:
    assistant = own_assistant(tmp_path / "home")
    assistant.ingest([write_cards(tmp_path / "first.jsonl", [record(1)])])
    before, revision = passages_of(assistant), store_of(assistant).revision()
    good = write_cards(tmp_path / "good.jsonl", [record(1, "changed"), record(2)])
    bad = write_cards(tmp_path / "zbad.jsonl", [record(3)])
    bad.write_text(bad.read_text("utf-8") + '{"category": "no text"}\n', "utf-8")
    for prune in (False, True):
        with pytest.raises(UserError, match=r"zbad\.jsonl:2: this card has no text"):
            assistant.ingest([good, bad], prune=prune)
    assert passages_of(assistant) == before
    assert store_of(assistant).revision() == revision


def test_an_embedder_that_fails_half_way_leaves_what_was_stored_and_the_next_run_goes_on(tmp_path: Path) -> None:
    mine = write_cards(tmp_path / "mine.jsonl", [record(number) for number in range(100)])
    failing = Assistant(settings(tmp_path / "home"), embeddings=Counting(most=200))
    with pytest.raises(UserError, match="went away"):
        failing.ingest([mine])
    again = Assistant(settings(tmp_path / "home"), embeddings=Counting())
    assert 0 < again.status()["cards"] < 100
    assert is_whole(again)
    report = again.ingest([mine])
    assert report.unchanged > 0
    assert report.added + report.unchanged == 100
    assert is_whole(again)


# The built-in corpus


def test_a_known_card_keeps_the_digests_title_and_is_quoted_from_its_own_text(tmp_path: Path) -> None:
    assistant = own_assistant(tmp_path / "home")
    own_text = "The full text of this card speaks of marmots, and of nothing else. It was written for one test alone."
    asked = "Which card speaks of marmots?"
    mine = record(1, id=DIGEST_CARD, title="Not this title", abstract=own_text, questions=[asked])
    assistant.ingest([write_cards(tmp_path / "mine.jsonl", [mine])])
    digest = next(card for card in builtin_cards() if card.id == DIGEST_CARD)
    card = assistant.card(DIGEST_CARD)
    assert (card.title, card.abstract) == (digest.title, own_text)
    assert card.aid.questions == (asked, *digest.aid.questions)
    assert (card.aid.abstract, card.aid.method) == (digest.abstract, digest.method)

    kinds: dict[str, set[str]] = {}
    for entry, words in passages_of(assistant).items():
        kinds.setdefault(entry.partition("|")[2][0], set()).add(words)
    assert all(words in own_text for words in kinds["t"])
    assert kinds["q"] == set(card.aid.questions)
    assert digest.method in kinds["w"]

    hit = assistant.search(digest.aid.questions[0], k=1)[0]
    assert hit.card_id == DIGEST_CARD
    assert hit.passages
    assert all(passage.text in own_text for passage in hit.passages)

    del mine["questions"]
    assert counts(assistant.ingest([write_cards(tmp_path / "mine.jsonl", [mine])])) == (0, 1, 0, 0)
    assert assistant.card(DIGEST_CARD).aid.questions == digest.aid.questions


def test_the_whole_built_in_corpus_again_takes_under_a_second(assistant: Assistant) -> None:
    digest = Path(__file__).parents[1] / "vectorstore" / "corpus" / "digest.jsonl"
    assistant.ready()
    began = time.process_time()
    report = assistant.ingest([digest])
    assert counts(report) == (0, 0, 803, 0)
    assert time.process_time() - began < 1


# The first cards of the corpus stand for all of them: setting up all takes its time.
FEW = 96
FIRST_USE = """
import vectorstore.corpus as corpus
few = corpus.builtin_cards()[:96]
corpus.builtin_cards = lambda: few
Assistant(Settings(home=Path(sys.argv[1]), model="none"), embeddings=HashedWords(),
          progress=lambda done, total, what: print(done, what, flush=True)).ready()
"""


def test_a_first_use_that_was_cut_off_goes_on_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = process(FIRST_USE, tmp_path)
    assert running.stdout is not None
    for line in running.stdout:
        if line.startswith("32 embedding"):
            running.send_signal(signal.SIGKILL)
    running.communicate()
    few = builtin_cards()[:FEW]
    monkeypatch.setattr("vectorstore.corpus.builtin_cards", lambda: few)
    steps: list[tuple[int, int]] = []
    again = Assistant(
        Settings(home=tmp_path, model="none"),
        embeddings=HashedWords(),
        progress=lambda done, total, what: steps.append((done, total)),
    )
    assert again.search("GuardSpace", k=1)[0].card_id == DIGEST_CARD
    assert again.status()["cards"] == FEW
    assert is_whole(again)
    assert 0 < max(total for _, total in steps) < FEW
    assert store_of(again).mark() == ""


def test_pruning_leaves_the_built_in_cards_out_for_good(tmp_path: Path) -> None:
    mine = write_cards(tmp_path / "mine.jsonl", [record(1)])
    assistant = own_assistant(tmp_path / "home", builtin_corpus=True)
    report = assistant.ingest([mine], prune=True)
    assert counts(report) == (1, 0, 0, 0)
    assert sorted(store_of(assistant).hashes()) == ["own-1"]
    assistant.ready()
    assert assistant.status()["cards"] == 1


# Kills

INGEST = """
print("ready", flush=True)
own_assistant(Path(sys.argv[1])).ingest([Path(sys.argv[2])], progress=lambda done, total, what: print(done, flush=True))
"""


def test_after_a_kill_at_any_moment_every_card_is_whole_and_the_next_run_completes(tmp_path: Path) -> None:
    luck = random.Random(20261125)
    home = tmp_path / "home"
    wanted = [record(number, "plain", method="It plans. " * 12) for number in range(220)]
    mine = write_cards(tmp_path / "mine.jsonl", wanted)
    # The second half of the kills strike while the cards that are there are being replaced.
    changed = write_cards(tmp_path / "changed.jsonl", [one | {"problem": "Plans go wrong."} for one in wanted])
    reported: set[str] = set()
    for path in (mine, mine, changed, changed):
        running = process(INGEST, home, path)
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(luck.uniform(0.2, 1.2))
        running.send_signal(signal.SIGKILL)
        running.communicate()
        after = own_assistant(home)
        held = set(store_of(after).hashes())
        assert reported <= held, "a card that was there is lost"
        after.ready()
        assert is_whole(after)
        assert set(store_of(after).hashes()) == held
        assert after.status()["keyword_index_in_step"]
        reported = held

    last = own_assistant(home)
    assert sum(counts(last.ingest([changed]))) == 220
    clean = own_assistant(tmp_path / "clean")
    clean.ingest([changed])
    assert passages_of(last) == passages_of(clean)
    assert store_of(last).hashes() == store_of(clean).hashes()
    for assistant in (last, clean):
        assert assistant.search("Wobble17", k=1)[0].card_id == "own-17"


# Two at once


def test_two_at_once_both_end_well_and_the_cards_of_both_are_there(tmp_path: Path) -> None:
    home = tmp_path / "home"
    files = [
        write_cards(tmp_path / f"{first}.jsonl", [record(number) for number in range(first, first + 60)])
        for first in (0, 40)
    ]
    for running in [process(INGEST, home, path) for path in files]:
        finished(running)
    after = own_assistant(home)
    assert len(store_of(after).hashes()) == 100
    assert is_whole(after)


CLI = """
import functools, assistant
assistant.Assistant = functools.partial(Assistant, embeddings=HashedWords())
from assistant.cli import main
main(["ingest", *sys.argv[1:]])
"""


def test_who_has_to_wait_says_for_whom_and_then_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("ASSISTANT_HOME", str(home))
    monkeypatch.setenv("ASSISTANT_BUILTIN_CORPUS", "false")
    mine = write_cards(tmp_path / "mine.jsonl", [record(1)])
    lock = WriterLock(home / "cards.lock")
    with lock.held(lambda done, total, what: None):
        running = process(CLI, mine, "--json")
        assert running.stderr is not None
        said = ""
        while "waiting" not in said:
            said = running.stderr.readline()
            assert said, "it ended without waiting"
        assert said.strip() == f"waiting for process {os.getpid()} to finish its ingest"
    printed, more = running.communicate(timeout=60)
    assert running.returncode == 0, more
    assert "waiting" not in more, "it is said once"
    assert json.loads(printed)["added"] == 1


def test_who_waited_too_long_is_told_who_is_at_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vectorstore.lock._PATIENCE", 0.0)
    monkeypatch.setattr("vectorstore.lock._POLL", 0.05)
    code = """
from vectorstore.lock import WriterLock
with WriterLock(Path(sys.argv[1])).held(print):
    print("held", flush=True)
    sys.stdin.read()
"""
    lock = tmp_path / "cards.lock"
    holder = process(code, lock)
    assert holder.stdout is not None
    holder.stdout.readline()
    try:
        with pytest.raises(UserError, match=f"process {holder.pid} has been ingesting"), WriterLock(lock).held(print):
            pass
    finally:
        holder.kill()
        holder.communicate()
    with WriterLock(lock).held_if_free() as free:
        assert free


def test_a_state_folder_that_cannot_be_written_is_one_plain_error(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(UserError, match="ASSISTANT_HOME"):
        own_assistant(tmp_path / "home").ingest([write_cards(tmp_path / "mine.jsonl", [record(1)])])
