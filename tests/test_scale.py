"""What lets a collection grow: cards wait on disk, a text is embedded once, lists and counts come from disk."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from own_cards import HashedWords, own_assistant, record, write_cards

from assistant import Assistant
from assistant.catalog.holdings import Holdings, holdings_of
from assistant.catalog.ledger import Ledger
from evals.bench.synthetic import FULL, RecombiningEmbedder, Shape, name_of, records, write
from vectorstore import atlas
from vectorstore.cards import PaperCard
from vectorstore.corpus import ShippedVectors, builtin_cards
from vectorstore.embedders import wrap
from vectorstore.errors import UserError
from vectorstore.ingest import _Vectors, entries_of
from vectorstore.latent import _highest
from vectorstore.readers import read_cards
from vectorstore.spool import CardSpool


def card(number: int, text: str = "It grows.") -> PaperCard:
    return PaperCard(id=f"own-{number}", category="Gardens", title=f"Plot{number}", abstract=text)


def ledger_file(home: Path) -> Path:
    return next((home / "keywords").glob("*-ledger*.sqlite3"))


def rows_of(home: Path) -> list[tuple[str, str]]:
    """Ids and hashes in a home's ledger, in order."""
    with sqlite3.connect(ledger_file(home)) as database:
        return list(database.execute("SELECT id, hash FROM card ORDER BY place"))


# Cards that wait


@pytest.mark.parametrize("in_memory", [0, 3, 10])
def test_a_spool_is_the_sequence_of_its_cards_on_disk_and_in_memory(in_memory: int) -> None:
    cards = [card(number, "模型 \x00 and “quotes”" * number) for number in range(1, 8)]
    spool = CardSpool(cards[:4], in_memory)
    spool.extend(cards[4:])
    assert len(spool) == 7
    assert list(spool) == cards
    assert spool[-1] == cards[-1]
    assert spool[2:5] == cards[2:5]
    with pytest.raises(IndexError):
        spool[7]


def test_of_a_card_that_comes_twice_the_last_one_counts_wherever_it_waits(tmp_path: Path) -> None:
    assistant = own_assistant(tmp_path / "home")
    cards = CardSpool([card(1, "It is small."), card(2), card(1, "It is large.")], 1)
    assistant._collection.ingest(cards)
    assert [one.abstract for one in assistant.cards()] == ["It is large.", "It grows."]


# A text is embedded once


class Counted(HashedWords):
    """Notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.asked += texts
        return super().embed_documents(texts)


def test_a_text_that_comes_again_is_embedded_once_and_gets_the_same_vector() -> None:
    embedder = wrap(inner := Counted())
    vectors = _Vectors(embedder)
    plots = [PaperCard(id=f"own-{n}", category="x", title="Plot", abstract="It grows tall and green.") for n in (1, 2)]
    first = vectors.of([source for one in plots for source in entries_of(one)])
    again = vectors.of(entries_of(plots[0]))
    assert np.array_equal(first[:1], again)
    assert np.array_equal(first[0], first[1])
    assert inner.asked.count("Plot\nIt grows tall and green.") == 1


def test_what_is_remembered_of_texts_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vectorstore.ingest._REMEMBERED", 2)
    embedder = wrap(inner := Counted())
    vectors = _Vectors(embedder)
    for number in (1, 2, 1, 3, 1, 2):
        vectors.of(entries_of(card(number)))
    said = [text.split("\n")[0] for text in inner.asked if text.startswith("Plot")]
    assert said == ["Plot1", "Plot2", "Plot3", "Plot2"]


# Lists and counts from disk


def test_the_ledger_follows_what_is_added_changed_and_removed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assistant = own_assistant(home)
    for numbers, wording in ((range(5), "plain"), (range(1, 7), "plain"), ((2, 6), "other")):
        lines = [record(number, wording) for number in numbers]
        assistant.ingest([write_cards(tmp_path / "cards.jsonl", lines)])
        assert rows_of(home) == list(assistant._collection.store.hashes().items())
    assistant.ingest([write_cards(tmp_path / "cards.jsonl", [record(4)])], prune=True)
    assert [card_id for card_id, _ in rows_of(home)] == ["own-4"]


def test_only_cards_that_changed_are_worked_out_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assistant = own_assistant(tmp_path / "home")
    assistant.ingest([write_cards(tmp_path / "one.jsonl", [record(number) for number in range(9)])])
    worked: list[str] = []

    def noted(card: PaperCard) -> list[tuple[str, str]]:
        worked.append(card.id)
        return []

    monkeypatch.setattr("assistant.catalog.ledger.defined_on", noted)
    assistant.ingest([write_cards(tmp_path / "two.jsonl", [record(7, "other"), record(60)])])
    assert sorted(worked) == ["own-60", "own-7"]


@pytest.mark.parametrize("damage", ["gone", "no database", "torn"])
def test_a_damaged_ledger_is_made_anew_from_the_store(tmp_path: Path, damage: str) -> None:
    home = tmp_path / "home"
    before = own_assistant(home)
    before.ingest([write_cards(tmp_path / "cards.jsonl", [record(number) for number in range(9)])])
    wanted = before.answer("How many papers mention rain?").text
    before._collection._ledger.close()
    place = ledger_file(home)
    content = place.read_bytes()
    place.unlink()
    if damage != "gone":
        place.write_bytes(b"nothing at all" * 400 if damage == "no database" else content[:5_000])
    assert own_assistant(home).answer("How many papers mention rain?").text == wanted


def test_a_ledger_that_cannot_be_written_is_kept_in_memory(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assistant = own_assistant(home)
    assistant.ingest([write_cards(tmp_path / "cards.jsonl", [record(number) for number in range(3)])])
    ledger = Ledger(tmp_path / "a file" / "ledger.sqlite3")
    (tmp_path / "a file").write_text("no folder")
    store = assistant._collection.store
    ledger.follow(store, store.revision())
    assert len(ledger.held()) == 3


def test_texts_come_in_pages_without_a_gap() -> None:
    cards = [card(number, "It mentions GSM8K." if number % 3 else "It does not.") for number in range(2_000)]
    assert Holdings.of(cards).mentioning("gsm8k") == {one.id for one in cards if "GSM8K" in one.abstract}


def test_a_card_read_in_full_is_the_stored_one_in_the_order_asked(tmp_path: Path) -> None:
    assistant = own_assistant(tmp_path / "home")
    assistant.ingest([write_cards(tmp_path / "cards.jsonl", [record(number) for number in range(5)])])
    holdings = holdings_of(assistant._collection)
    wanted = [holdings.by_id[card_id] for card_id in ("own-3", "own-1")]
    assert list(holdings.read(wanted)) == [assistant.card("own-3"), assistant.card("own-1")]


# The rest


def test_the_highest_are_those_that_sorting_finds_equal_ones_in_their_order() -> None:
    values = np.random.default_rng(0).integers(0, 20, 500).astype(np.float32)
    for k in (0, 1, 7, 50, 499, 500, 600):
        assert _highest(values, k).tolist() == np.argsort(-values, kind="stable")[:k].tolist()


def test_of_a_collection_too_large_for_a_map_this_is_said_and_similar_cards_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atlas, "LARGEST_MAP", 10)
    monkeypatch.setattr("assistant.collection.LARGEST_MAP", 10)
    assistant = own_assistant(tmp_path / "home")
    assistant.ingest([write_cards(tmp_path / "cards.jsonl", [record(number) for number in range(20)])])
    with pytest.raises(UserError, match="up to 10 cards, and this collection has 20"):
        assistant.map()
    assert len(assistant.similar("own-3", k=5)) == 5


# Synthetic collections


def test_synthetic_cards_are_read_without_a_word_of_warning_and_are_all_different(tmp_path: Path) -> None:
    (path,) = write(tmp_path / "cards.jsonl", 300)
    file = read_cards(path)
    assert not file.warnings
    assert len({one.id for one in file.cards}) == len({one.title.split(":")[0] for one in file.cards}) == 300
    assert np.mean([len(entries_of(one)) for one in file.cards]) == pytest.approx(Shape().entries, abs=0.3)


def test_synthetic_cards_of_the_full_shape_have_as_many_passages_as_real_ones() -> None:
    shapes = list(records(20, shape=FULL))
    assert all(len(one["questions"]) == 6 and all(one[name] for name in ("method", "analysis")) for one in shapes)


def test_the_same_seed_gives_the_same_cards_however_many_there_are() -> None:
    assert list(records(5)) == list(records(30))[:5]
    assert list(records(5, seed=1)) != list(records(5))


def test_no_two_synthetic_methods_share_a_name() -> None:
    assert len({name_of(number) for number in range(300_000)}) == 300_000


def test_many_synthetic_cards_go_into_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.bench.synthetic._CARDS_A_FILE", 10)
    files = write(tmp_path / "cards.jsonl", 25)
    assert [len(path.read_text("utf-8").splitlines()) for path in files] == [10, 10, 5]
    ids = [json.loads(line)["id"] for path in files for line in path.read_text("utf-8").splitlines()]
    assert ids == [one["id"] for one in records(25)]


class Never(HashedWords):
    """Has the identity of the embedder whose vectors are shipped, and must not be needed."""

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        raise AssertionError(f"asked for {texts[0]!r}")


def test_vectors_of_synthetic_passages_are_recombined_from_the_shipped_ones(assistant: Assistant) -> None:
    inner = assistant._collection.embedder
    embedder = RecombiningEmbedder(inner)
    if not ShippedVectors(inner.fingerprint).find("passage", [entries_of(builtin_cards()[0])[0].embedded])[0].any():
        pytest.skip("the package ships no vectors for this embedder")
    made = [PaperCard(**{k: v for k, v in one.items() if k != "questions"}) for one in records(40)]
    texts = [source.embedded for one in made for source in entries_of(one)]
    vectors = embedder.embed_array(texts)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert len(np.unique(vectors.round(4), axis=0)) == len(set(texts))
    near = inner.embed_array(texts[:20])
    assert np.mean((near * vectors[:20]).sum(axis=1)) > 0.8
