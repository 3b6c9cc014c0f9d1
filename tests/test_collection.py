"""One collection in use: in step with every process that writes, whole after damage, the same wherever it lies."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding
from own_cards import HashedWords, finished, own_assistant, process, record, settings, write_cards

from assistant import Assistant
from assistant.types import CardHit
from vectorstore.errors import EmbedderError, UserError

INGEST = """
own_assistant(Path(sys.argv[1])).ingest([Path(sys.argv[2])], prune="prune" in sys.argv)
"""
# Begins an ingest as any process would, and ends it when told to.
SLOW = """
assistant = own_assistant(Path(sys.argv[1]))
collection = assistant._collection
with collection._writer.held(print), collection.store.writing():
    # As in any ingest, words are indexed when all cards are stored.
    collection.keywords.sync = lambda store: 0
    assistant.ingest([Path(sys.argv[2])])
    print("under way", flush=True)
    sys.stdin.readline()
"""


def first(assistant: Assistant, query: str) -> str:
    hits = assistant.search(query, k=1)
    return hits[0].card_id if hits else ""


@contextmanager
def under_way(home: Path, path: Path) -> Iterator[None]:
    """Another process is in the middle of an ingest."""
    running = process(SLOW, home, path)
    assert running.stdout is not None
    while (line := running.stdout.readline()) != "under way\n":
        assert line, running.communicate()
    yield
    _, complaints = running.communicate("\n", timeout=60)
    assert running.returncode == 0, complaints


# Several processes


def test_a_long_lived_assistant_sees_what_another_process_ingests(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assistant = own_assistant(home)
    mine = write_cards(tmp_path / "mine.jsonl", [record(number) for number in range(4)])
    assistant.ingest([mine])
    assert first(assistant, "Zephyr") != "own-9"
    assert assistant._collection.names().unknown_names("What is ZephyrNet?") == ["ZephyrNet"]

    new = record(9, title="ZephyrNet: sails for planners", abstract="ZephyrNet sails before every gust of Marble wind.")
    finished(process(INGEST, home, write_cards(tmp_path / "new.jsonl", [new])))
    assert first(assistant, "gust of Marble wind") == "own-9"
    assert first(assistant, "What is ZephyrNet?") == "own-9"
    assert assistant._collection.names().unknown_names("What is ZephyrNet?") == []
    vector = assistant._collection.embedder.embed_array([f"{new['title']}\n{new['abstract']}"])[0]
    nearest, closeness = assistant._collection.store.nearest(vector, 1)[0]
    assert (nearest.partition("|")[0], closeness) == ("own-9", pytest.approx(1, abs=1e-4))

    finished(process(INGEST, home, mine, "prune"))
    assert first(assistant, "gust of Marble wind") != "own-9"
    assert len(assistant.cards()) == 4
    with pytest.raises(UserError, match="there is no card"):
        assistant.card("own-9")


def test_questions_are_answered_while_another_process_ingests(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assistant = own_assistant(home)
    assistant.ingest([write_cards(tmp_path / "mine.jsonl", [record(number) for number in range(4)])])
    before = assistant.search("Wobble2 planner", k=3)
    new = write_cards(tmp_path / "new.jsonl", [record(number) for number in range(20, 30)])
    with under_way(home, new):
        began = time.monotonic()
        assert assistant.search("Wobble2 planner", k=1)[0].card_id == before[0].card_id
        assert first(own_assistant(home), "Wobble2 planner") == "own-2"
        assert time.monotonic() - began < 5
    assert first(assistant, "Wobble25 planner") == "own-25"
    assert assistant.status()["keyword_index_in_step"]


def test_where_nothing_can_be_answered_yet_the_first_ingest_is_waited_for(tmp_path: Path) -> None:
    home = tmp_path / "home"
    mine = write_cards(tmp_path / "mine.jsonl", [record(number) for number in range(4)])
    said: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        with under_way(home, mine):
            waiting = Assistant(
                settings(home),
                embeddings=HashedWords(),
                progress=lambda done, total, what: said.append(what),
            )
            asked = pool.submit(waiting.search, "Wobble2 planner", k=1)
            while not said and not asked.done():
                time.sleep(0.05)
        assert asked.result(timeout=60)[0].card_id == "own-2"
    assert "to finish its ingest" in said[0]


def test_many_threads_may_open_and_use_one_assistant_at_once(tmp_path: Path) -> None:
    own_assistant(tmp_path / "home").ingest([write_cards(tmp_path / "mine.jsonl", [record(n) for n in range(6)])])
    assistant = own_assistant(tmp_path / "home")
    with ThreadPoolExecutor(6) as pool:
        for _ in range(3):
            assert list(pool.map(lambda n: first(assistant, f"Wobble{n}"), range(6))) == [f"own-{n}" for n in range(6)]
        new = [write_cards(tmp_path / f"{n}.jsonl", [record(n)]) for n in range(20, 24)]
        reports = list(pool.map(lambda path: assistant.ingest([path]), new))
    assert sum(report.added for report in reports) == 4
    assert first(assistant, "Wobble23") == "own-23"


# Damage


def test_a_damaged_vector_index_is_made_anew_at_the_next_start(tmp_path: Path) -> None:
    home = tmp_path / "home"
    own_assistant(home).ingest([write_cards(tmp_path / "mine.jsonl", [record(number) for number in range(360)])])
    lists = list((home / "store").glob("*/index_metadata.pickle"))
    assert lists
    for path in lists:
        os.truncate(path, path.stat().st_size // 2)
    assistant = own_assistant(home)
    assert first(assistant, "Wobble77") == "own-77"
    store = assistant._collection.store
    assert store.sound()
    assert store.hashes() == {card.id: card.content_hash() for card in store.cards()}
    assert store.count_passages() == 360 * 3


def test_everything_derived_from_the_store_may_be_deleted(tmp_path: Path) -> None:
    home = tmp_path / "home"
    own_assistant(home).ingest([write_cards(tmp_path / "mine.jsonl", [record(number) for number in range(4)])])
    before = own_assistant(home).search("Wobble2 planner", k=4)
    for path in sorted((home / "keywords").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    assert own_assistant(home).search("Wobble2 planner", k=4) == before


def names_of(home: Path) -> list[Path]:
    return list((home / "keywords").glob("cards-names*.json"))


def test_names_are_kept_beside_the_store_and_found_anew_where_they_are_damaged(tmp_path: Path) -> None:
    home = tmp_path / "home"
    own_assistant(home).ingest([write_cards(tmp_path / "mine.jsonl", [record(3)])])
    own_assistant(home).ready()
    (kept,) = names_of(home)
    whole = kept.read_text("utf-8")
    for damaged in ("", whole[: len(whole) // 2], "[]", "\x00\xff"):
        kept.write_text(damaged, "utf-8")
        assert own_assistant(home)._collection.names().cards_named("What is Wobble3?") == {"own-3": 1.0}
        assert kept.read_text("utf-8") == whole
    own_assistant(home).ingest([write_cards(tmp_path / "mine.jsonl", [record(3), record(4)])])
    own_assistant(home).ready()
    assert len(names_of(home)) == 1
    assert names_of(home) != [kept]


def test_vectors_are_kept_of_a_bounded_number_of_cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.collection._KEPT_CARDS", 5)
    assistant = own_assistant(tmp_path / "home")
    assistant.ingest([write_cards(tmp_path / "mine.jsonl", [record(number) for number in range(12)])])
    collection = assistant._collection
    for number in range(12):
        hit = assistant.search(f"Wobble{number}", k=1)[0]
        for passage in hit.passages:
            again = collection.embedder.embed_array([f"{hit.title}\n{passage.text}"])[0]
            assert collection.similarity(again, [assistant.card(hit.card_id)])("", [passage.text]) == [
                pytest.approx(1, abs=1e-4)
            ]
            assert collection.closeness("anything", [passage])[0] <= 1
    assert collection._view is not None
    assert len(collection._view.vectors) <= 5
    assert len(collection._view.cards) <= 5


def test_a_card_that_was_read_is_shown_as_it_is_now(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assistant = own_assistant(home)
    assistant.ingest([write_cards(tmp_path / "mine.jsonl", [record(number) for number in range(4)])])

    def shown() -> str:
        hit = assistant.search("Wobble2", k=1)[0]
        assert all(passage.text in assistant.card("own-2").abstract for passage in hit.passages)
        return hit.title

    for title in ("Wobble2: a first wording", "Wobble2: a second wording"):
        assert shown() == shown()
        changed = write_cards(tmp_path / "changed.jsonl", [record(2, "changed", title=title)])
        with under_way(home, changed):
            assert shown() == title
        assert shown() == title


# Places


@pytest.fixture(scope="module")
def own_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two card files, Chinese and tags among them."""
    folder = tmp_path_factory.mktemp("own")
    chinese = record(
        50, title="浮木: 园丁的日程", abstract="浮木为每位园丁安排一天。它在鹅卵石测试中达到12.5%。", tags=["LLMs"]
    )
    return [
        write_cards(folder / "first.jsonl", [*(record(number) for number in range(12)), chinese]),
        write_cards(folder / "second.jsonl", [record(3, "changed", tags=["large language model"]), record(60)]),
    ]


def alike(hits: list[CardHit], others: list[CardHit]) -> bool:
    """The same but for the last digit of a score, which depends on how Chroma was compiled."""
    return [hit.model_copy(update={"score": 0}) for hit in hits] == [
        hit.model_copy(update={"score": 0}) for hit in others
    ] and [hit.score for hit in hits] == pytest.approx([hit.score for hit in others], abs=1e-3)


def test_a_server_gives_the_same_as_the_embedded_store(
    tmp_path: Path, chroma_server: str, own_files: list[Path]
) -> None:
    embedded = own_assistant(tmp_path / "embedded")
    served = own_assistant(tmp_path / "served", store=chroma_server, collection="same-as-embedded")
    for path in own_files:
        reports = [one.ingest([path]).model_dump(exclude={"seconds"}) for one in (embedded, served)]
        assert reports[0] == reports[1]
    assert not (tmp_path / "served" / "store").exists()
    for query in ("Wobble7 planner", "园丁 鹅卵石", "the changed setting", "Pebble"):
        assert alike(embedded.search(query, k=8), served.search(query, k=8))
        for filters in ({"tags": ["LLM"]}, {"categories": ["Kitchens"]}, {"cards": ["own-3", "own-7"]}):
            found = embedded.search(query, filters=filters)
            assert found
            assert alike(found, served.search(query, filters=filters))
    asked = "What does Wobble7 reach on the Pebble test?"
    assert embedded.answer(asked) == served.answer(asked)
    assert (
        embedded.ingest([own_files[1]], prune=True).removed == served.ingest([own_files[1]], prune=True).removed == 12
    )
    assert {card.id for card in embedded.cards()} == {card.id for card in served.cards()} == {"own-3", "own-60"}


def test_two_state_folders_share_a_server(tmp_path: Path, chroma_server: str, own_files: list[Path]) -> None:
    one, other = (own_assistant(tmp_path / name, store=chroma_server, collection="shared") for name in ("one", "other"))
    one.ingest([own_files[0]])
    assert first(other, "Wobble7 planner") == "own-7"
    with ThreadPoolExecutor(2) as pool:
        for report in (pool.submit(one.ingest, [own_files[1]]), pool.submit(other.ingest, [own_files[0]])):
            assert report.result().removed == 0
    assert {card.id for card in one.cards()} == {card.id for card in other.cards()}
    assert first(one, "Wobble60") == first(other, "Wobble60") == "own-60"


def test_another_embedder_is_refused_with_the_way_to_rebuild(tmp_path: Path) -> None:
    home = tmp_path / "home"
    own_assistant(home).ingest([write_cards(tmp_path / "mine.jsonl", [record(1)])])
    other = DeterministicFakeEmbedding(size=9)
    with pytest.raises(EmbedderError, match="assistant ingest"):
        Assistant(settings(home), embeddings=other).search("Wobble")
    beside = Assistant(settings(home, collection="beside"), embeddings=other)
    beside.ingest([tmp_path / "mine.jsonl"])
    assert first(beside, "Wobble1") == "own-1"


def test_a_question_to_an_empty_collection_is_no_error(tmp_path: Path) -> None:
    assistant = own_assistant(tmp_path / "home")
    assert assistant.search("anything") == []
    assert assistant.answer("What is Wobble1?").status == "insufficient_evidence"
    assert assistant.cards() == []
