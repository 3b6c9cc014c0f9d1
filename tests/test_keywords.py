"""The keyword index: found in both languages, always in step with the store, made anew when it is damaged."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from own_cards import finished, process, stored

from vectorstore.errors import StoreError
from vectorstore.keywords import KeywordIndex
from vectorstore.segment import content_terms
from vectorstore.store import CardStore, StoreConfig, StoredCard

FINGERPRINT = "made-up-8"


@pytest.fixture
def store(tmp_path: Path) -> CardStore:
    return CardStore(StoreConfig("embedded", tmp_path / "store"), FINGERPRINT)


@pytest.fixture
def index(tmp_path: Path) -> KeywordIndex:
    return KeywordIndex(tmp_path / "index")


def card(number: int, text: str, **more: object) -> StoredCard:
    return stored(number, passages=1, abstract=text, title="", **more)


def ids(index: KeywordIndex, question: str, **more: object) -> list[str]:
    return [card_id for card_id, _ in index.search(content_terms(question), 10, **more)]  # type: ignore[arg-type]


ZOO = [
    card(1, "Marmots whistle when an eagle comes."),
    card(2, "土拨鼠在老鹰来时吹口哨。"),
    card(3, "GuardSpace keeps adapters safe, in 14.4% of cases; marmots are not mentioned twice."),
    card(4, "Eagles nest on cliffs, and eagles feed their young for weeks.", tags=["bird life"]),
]


@pytest.fixture
def zoo(store: CardStore, index: KeywordIndex) -> KeywordIndex:
    """The index of four cards about animals."""
    store.put(ZOO)
    assert index.sync(store) == 4
    return index


def test_words_are_found_in_either_language_and_any_form(zoo: KeywordIndex) -> None:
    assert ids(zoo, "Which marmot whistled?")[0] == "own-1"
    assert ids(zoo, "土拨鼠什么时候吹口哨？") == ["own-2"]
    assert ids(zoo, "eagle")[0] == "own-4"
    for written in ("GuardSpace", "guard-space", "GUARDSPACE", "ＧｕａｒｄＳｐａｃｅ"):
        assert ids(zoo, written)[0] == "own-3"
    assert ids(zoo, "bird")[0] == "own-4"
    assert ids(zoo, "submarine") == []
    assert zoo.search([], 5) == []


def test_only_allowed_cards_are_found_and_their_scores_stay(zoo: KeywordIndex) -> None:
    terms = content_terms("marmots eagle")
    everywhere = dict(zoo.search(terms, 10))
    assert set(everywhere) == {"own-1", "own-3", "own-4"}
    within = dict(zoo.search(terms, 10, only=["own-3", "own-4", "own-unknown"]))
    assert within == pytest.approx({card_id: everywhere[card_id] for card_id in ("own-3", "own-4")})
    assert zoo.search(terms, 10, only=[]) == []
    assert len(zoo.search(terms, 1)) == 1


def test_rare_terms_weigh_more_and_unknown_ones_most(zoo: KeywordIndex) -> None:
    marmot, eagle, cliff, none = content_terms("marmot eagle cliff submarine")
    weights = zoo.inverse_frequencies([marmot, eagle, cliff, none])
    assert weights[marmot] == weights[eagle] < weights[cliff] < weights[none]


def test_an_empty_index_finds_nothing(store: CardStore, index: KeywordIndex) -> None:
    index.sync(store)
    assert index.in_step_with(store)
    assert ids(index, "marmots") == []
    assert index.inverse_frequencies(["marmot"]) == {"marmot": 0.0}


def test_the_index_follows_the_store_by_what_changed(store: CardStore, zoo: KeywordIndex) -> None:
    assert zoo.in_step_with(store)
    store.put([card(1, "Otters crack shells."), card(5, "Otters sleep afloat.")])
    store.remove(["own-4"])
    assert not zoo.in_step_with(store)
    assert zoo.sync(store) == 3
    assert zoo.in_step_with(store)
    assert set(ids(zoo, "otters")) == {"own-1", "own-5"}
    assert ids(zoo, "whistle cliffs") == []
    assert zoo.sync(store) == 0


def test_an_index_of_another_store_is_out_of_step(store: CardStore, zoo: KeywordIndex, tmp_path: Path) -> None:
    other = CardStore(StoreConfig("embedded", tmp_path / "other"), FINGERPRINT)
    other.put([card(1, "Otters crack shells.")])
    assert not zoo.in_step_with(other)
    zoo.sync(other)
    assert ids(zoo, "otters marmots eagles") == ["own-1"]
    assert not zoo.in_step_with(store)


# Damage


def files(folder: Path) -> list[Path]:
    found = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size and path.name[0] != "."]
    assert len(found) > 5
    return found


def garbage(folder: Path) -> None:
    for path in files(folder):
        path.write_bytes(os.urandom(path.stat().st_size))


def garbage_in_the_middle(folder: Path) -> None:
    for path in files(folder):
        if path.suffix in (".idx", ".term", ".fieldnorm"):
            content = bytearray(path.read_bytes())
            middle = len(content) // 3
            content[middle : middle + 20] = os.urandom(20)
            path.write_bytes(content)


def cut(folder: Path) -> None:
    for path in files(folder):
        os.truncate(path, path.stat().st_size // 2)


def words_gone(folder: Path) -> None:
    for path in folder.rglob("*.term"):
        path.unlink()


def list_gone(folder: Path) -> None:
    next(folder.rglob("meta.json")).unlink()


def all_gone(folder: Path) -> None:
    for path in files(folder):
        path.unlink()


def list_cut(folder: Path) -> None:
    os.truncate(next(folder.rglob("meta.json")), 100)


@pytest.mark.parametrize("damage", [garbage, garbage_in_the_middle, cut, words_gone, list_gone, list_cut, all_gone])
def test_a_damaged_index_is_noticed_and_made_anew(
    store: CardStore, zoo: KeywordIndex, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    damage(tmp_path / "index")
    index = KeywordIndex(tmp_path / "index")
    assert not index.in_step_with(store)
    index.sync(store)
    assert index.in_step_with(store)
    assert index.count() == 4
    assert ids(index, "Which marmot whistled?")[0] == "own-1"
    assert KeywordIndex(tmp_path / "index").in_step_with(store)


def test_opening_a_damaged_index_changes_nothing_on_disk(zoo: KeywordIndex, tmp_path: Path) -> None:
    """Another process may be writing it."""
    list_cut(tmp_path / "index")
    before = {path: path.read_bytes() for path in files(tmp_path / "index")}
    assert ids(KeywordIndex(tmp_path / "index"), "marmots") == []
    assert {path: path.read_bytes() for path in files(tmp_path / "index")} == before


def test_a_kill_before_the_last_step_leaves_an_index_that_is_brought_up(
    store: CardStore, zoo: KeywordIndex, tmp_path: Path
) -> None:
    store.put([card(5, "Otters sleep afloat.")])
    next((tmp_path / "index").rglob("stamp.json")).unlink()
    index = KeywordIndex(tmp_path / "index")
    assert not index.in_step_with(store)
    assert index.sync(store) == 1
    assert ids(index, "otters") == ["own-5"]


def test_a_folder_that_cannot_be_written_is_one_plain_error(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("")
    with pytest.raises(StoreError, match="ASSISTANT_HOME"):
        KeywordIndex(tmp_path / "index")


# Several processes

ADD = """
from test_keywords import *
store = CardStore(StoreConfig("embedded", Path(sys.argv[1]) / "store"), FINGERPRINT)
store.put([card(5, "Otters sleep afloat.")])
KeywordIndex(Path(sys.argv[1]) / "index").sync(store)
"""


def test_what_another_process_indexed_is_found_once_the_index_is_asked_whether_it_is_in_step(
    store: CardStore, zoo: KeywordIndex, tmp_path: Path
) -> None:
    assert ids(zoo, "otters") == []
    finished(process(ADD, tmp_path))
    assert zoo.in_step_with(store)
    assert ids(zoo, "otters") == ["own-5"]
    assert zoo.count() == 5


def test_an_index_that_another_process_made_anew_is_found_again(
    store: CardStore, zoo: KeywordIndex, tmp_path: Path
) -> None:
    words_gone(tmp_path / "index")
    finished(process(ADD, tmp_path))
    assert zoo.in_step_with(store)
    assert ids(zoo, "otters") == ["own-5"]
    assert ids(zoo, "Which marmot whistled?")[0] == "own-1"
