"""The card store: what is put in comes out, whoever else writes and whenever a process is killed."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from own_cards import finished, process, stored
from pydantic import SecretStr

from vectorstore.connection import connect
from vectorstore.errors import EmbedderError, StoreError
from vectorstore.lock import Lease
from vectorstore.store import CardStore, StoreConfig, StoredCard

FINGERPRINT = "made-up-8"


def config(folder: Path, location: str = "embedded", collection: str = "cards") -> StoreConfig:
    return StoreConfig(location, folder, collection)


def opened(folder: Path, fingerprint: str = FINGERPRINT) -> CardStore:
    return CardStore(config(folder), fingerprint)


@pytest.fixture(params=["embedded", "server"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> CardStore:
    """An empty store, in this process and behind a server."""
    if request.param == "embedded":
        return opened(tmp_path / "store")
    address = request.getfixturevalue("chroma_server")
    return CardStore(config(tmp_path, address, f"test-{tmp_path.name}"), FINGERPRINT)


def found(store: CardStore, wanted: StoredCard) -> bool:
    """Whether every passage of a card is what is nearest to its own vector."""
    return all(
        store.nearest(vector, 1)[0][0] == entry.id for entry, vector in zip(wanted.entries, wanted.vectors, strict=True)
    )


# What comes out


def test_what_is_put_in_is_found_again(store: CardStore) -> None:
    cards = [stored(number, tags=["Large Language Models"]) for number in range(5)]
    store.put(cards)
    assert store.count() == 5
    assert store.count_passages() == 15
    assert store.get(["own-3", "own-99", "own-3"]) == {"own-3": cards[3].card}
    assert sorted(card.id for card in store.cards()) == [f"own-{number}" for number in range(5)]
    assert store.hashes() == {one.card.id: one.card.content_hash() for one in cards}
    assert all(found(store, one) for one in cards)
    nearest = store.nearest(cards[2].vectors[0], 100)
    assert len(nearest) == 15
    assert nearest[0] == (cards[2].entries[0].id, pytest.approx(1, abs=1e-5))
    assert [similarity for _, similarity in nearest] == sorted((s for _, s in nearest), reverse=True)


def test_an_empty_store_finds_nothing(store: CardStore) -> None:
    assert store.nearest(np.ones(8, np.float32), 5) == []
    assert store.count() == 0
    assert store.hashes() == {}
    assert store.sound()


def test_cards_and_passages_are_filtered_by_category_tag_and_id(store: CardStore) -> None:
    store.put([stored(number, tags=["LLMs", f"kind {number}"]) for number in range(4)])
    assert sorted(store.card_ids({"category": {"$in": ["Gardens"]}})) == ["own-1", "own-3"]
    assert store.card_ids({"tags": {"$contains": "kind-2"}}) == ["own-2"]
    both = {"$and": [{"category": "Gardens"}, {"tags": {"$contains": "kind-2"}}]}
    assert store.card_ids(both) == []
    anywhere = np.ones(8, np.float32)
    for where, allowed in [
        ({"card_id": {"$in": ["own-0", "own-3"]}}, {"own-0", "own-3"}),
        ({"category": "Kitchens"}, {"own-0", "own-2"}),
        ({"tags": {"$contains": "kind-1"}}, {"own-1"}),
    ]:
        assert {entry.partition("|")[0] for entry, _ in store.nearest(anywhere, 50, where)} == allowed


def test_a_replaced_card_leaves_no_old_passages_and_no_old_tags(store: CardStore) -> None:
    store.put([stored(1, passages=5, tags=["old"]), stored(2)])
    changed = stored(1, passages=2, wording="new")
    store.put([changed])
    assert store.count() == 2
    assert store.count_passages() == 2 + 3
    assert store.get(["own-1"])["own-1"] == changed.card
    assert found(store, changed)
    assert store.card_ids({"tags": {"$contains": "old"}}) == []
    assert store.nearest(changed.vectors[0], 9, {"tags": {"$contains": "old"}}) == []


def test_a_removed_card_takes_its_passages_with_it(store: CardStore) -> None:
    store.put([stored(number) for number in range(3)])
    store.remove(["own-1", "own-unknown"])
    assert sorted(store.hashes()) == ["own-0", "own-2"]
    assert store.count_passages() == 6
    assert store.remove_orphans() == 0


def test_vectors_are_given_by_card_and_words(store: CardStore) -> None:
    cards = [stored(1), stored(2)]
    store.put(cards)
    given = store.vectors(["own-1", "own-2", "own-none"])
    assert given["own-none"] == {}
    for one in cards:
        for entry, vector in zip(one.entries, one.vectors, strict=True):
            assert given[one.card.id][entry.text] == pytest.approx(vector, abs=1e-6)


def test_more_cards_than_a_page_come_out_complete_and_filtered(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.put([stored(number, passages=1) for number in range(2_050)])
    assert len({card.id for card in store.cards()}) == 2_050
    assert len(store.hashes()) == 2_050
    assert len(set(store.card_ids({"category": "Gardens"}))) == 1_025
    assert len(store.get(f"own-{number}" for number in range(2_050))) == 2_050
    assert {found(store, stored(number, passages=1)) for number in (0, 1_999, 2_000, 2_049)} == {True}
    store.remove([f"own-{number}" for number in range(1_950)])
    assert store.count() == store.count_passages() == 100


def test_a_card_of_more_passages_than_chroma_takes_at_once(tmp_path: Path) -> None:
    store = opened(tmp_path)
    most = connect(store.config).get_max_batch_size()
    store.put([stored(1, passages=most + 10)])
    assert store.count_passages() == most + 10
    store.put([stored(1, passages=4)])
    assert store.count_passages() == 4


def test_every_write_changes_the_revision_and_reading_does_not(store: CardStore) -> None:
    seen = [store.revision()]
    store.put([stored(1)])
    seen.append(store.revision())
    store.remove(["own-1"])
    seen.append(store.revision())
    assert len(set(seen)) == 3
    store.nearest(np.ones(8, np.float32), 5)
    store.hashes()
    assert store.revision() == seen[-1]
    store.set_mark("half-way")
    assert (store.mark(), store.revision()) == ("half-way", seen[-1])
    store.put([stored(2)])
    assert store.mark() == "half-way"
    assert not store.interrupted()


# Several processes

WRITE = """
from vectorstore.store import CardStore, StoreConfig
store = CardStore(StoreConfig("embedded", Path(sys.argv[1])), "made-up-8")
for first in range(int(sys.argv[2]), int(sys.argv[3]), 40):
    store.put([stored(number, passages=10) for number in range(first, first + 40)])
"""


def test_what_another_process_wrote_is_found_and_never_overwritten(tmp_path: Path) -> None:
    # Chroma saves a vector index every thousand vectors: both processes do, one after the other.
    here = opened(tmp_path)
    here.put([stored(number, passages=10) for number in range(20)])
    assert found(here, stored(0, passages=10))
    finished(process(WRITE, tmp_path, 20, 140))
    here.put([stored(number, passages=10) for number in range(140, 250)])
    samples = [stored(number, passages=10) for number in range(0, 250, 9)]
    for store in (here, opened(tmp_path)):
        assert store.count_passages() == 2_500
        assert all(found(store, one) for one in samples)


def test_two_stores_of_one_process_do_not_overwrite_each_other(tmp_path: Path) -> None:
    one, other = opened(tmp_path), opened(tmp_path)
    for first in range(0, 120, 30):
        one.put([stored(number, passages=20) for number in range(first, first + 15)])
        other.put([stored(number, passages=20) for number in range(first + 15, first + 30)])
    for store in (one, other, opened(tmp_path)):
        store.refresh()
        assert all(found(store, stored(number, passages=20)) for number in range(0, 120, 13))


def test_many_may_open_a_new_store_at_once(store: CardStore) -> None:
    place = config(store.config.path.with_name("new"), store.config.location, f"{store.config.collection}-new")
    with ThreadPoolExecutor(4) as pool:
        opened_at_once = list(pool.map(lambda _: CardStore(place, FINGERPRINT), range(4)))
    opened_at_once[0].put([stored(1)])
    assert [one.count() for one in opened_at_once] == [1] * 4


def test_only_one_of_two_machines_holds_a_servers_lease(chroma_server: str, tmp_path: Path) -> None:
    place = config(tmp_path, chroma_server, "leased")
    client = connect(place)
    one, other = (Lease(client, place, tmp_path / name) for name in ("one", "other"))
    assert one.take() is None
    assert f"process {os.getpid()} on " in (other.take() or "")
    one.beat()
    one.release()
    assert other.take() is None
    # A process that was killed left the lease behind; the next one of the same folder need not wait.
    assert Lease(client, place, tmp_path / "other").take() is None


def test_a_lease_nobody_renews_goes_to_who_waits(
    chroma_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vectorstore.lock._DEAD_AFTER", 0.0)
    place = config(tmp_path, chroma_server, "abandoned")
    client = connect(place)
    dead, waiting = (Lease(client, place, tmp_path / name) for name in ("dead", "waiting"))
    assert dead.take() is None
    tries = [waiting.take() for _ in range(4)]
    assert tries[0] is not None
    assert tries[-1] is None
    with pytest.raises(StoreError, match="another took its place"):
        dead.beat()
    dead.release()
    assert Lease(client, place, tmp_path / "third").take() is not None


# Kills


class Killed(BaseException):
    """Ends a write at a chosen step, as a kill there would leave it."""


def killed_at(step: str, store: CardStore) -> None:
    def killed(*args: object, **kwargs: object) -> None:
        raise Killed

    def first_two(**kwargs: Any) -> None:
        upsert(**{name: values[:2] for name, values in kwargs.items()})
        raise Killed

    upsert = store._passages.upsert
    if step == "half-way through the passages":
        store._passages.upsert = first_two
    elif step == "before the record":
        store._cards.upsert = killed
    else:
        store._passage_ids = killed  # type: ignore[method-assign, assignment]
    try:
        if step == "in removing":
            store.remove(["own-1"])
        else:
            store.put([stored(1, wording="new", passages=2), stored(5, passages=4)])
    except Killed:
        return
    raise AssertionError(f"nothing was written {step}")


@pytest.mark.parametrize(
    "step", ["half-way through the passages", "before the record", "before old passages go", "in removing"]
)
def test_a_kill_in_the_middle_of_a_write_is_known_and_leaves_whole_cards(tmp_path: Path, step: str) -> None:
    before = [stored(number) for number in range(3)]
    opened(tmp_path).put(before)
    killed_at(step, opened(tmp_path))

    store = opened(tmp_path)
    assert store.interrupted()
    hashes = store.hashes()
    assert ("own-1" in hashes) == (step != "in removing")
    assert ("own-5" in hashes) == (step == "before old passages go")
    for one in (before[0], before[2], stored(1, wording="new", passages=2), stored(5, passages=4)):
        if hashes.get(one.card.id):
            assert hashes[one.card.id] == one.card.content_hash()
            assert found(store, one), "a card that counts as whole is"
    # What an ingest then does: unfinished cards are put again, what belongs to no card goes.
    with store.writing():
        store.put([before[1]] if "own-1" in hashes else [])
        store.remove_orphans()
    assert not store.interrupted()
    assert store.count_passages() == sum({"own-5": 4}.get(card_id, 3) for card_id in hashes)


def index_files(folder: Path) -> list[Path]:
    """The files of the vector indexes that Chroma has saved."""
    return [path for saved in folder.glob("*/index_metadata.pickle") for path in saved.parent.iterdir()]


def newer_than_its_list(folder: Path) -> None:
    """What a kill leaves while Chroma saves an index: new vectors, and the list of them still the old one."""
    ahead = folder.with_name("ahead")
    shutil.copytree(folder, ahead)
    opened(ahead).put([stored(number, passages=1) for number in range(1_100, 2_150)])
    for path in index_files(folder):
        if path.suffix != ".pickle":
            shutil.copy(ahead / path.relative_to(folder), path)
    with suppress(Killed), opened(folder).writing():
        raise Killed


def cut(folder: Path) -> None:
    for path in index_files(folder):
        if path.suffix == ".pickle":
            os.truncate(path, path.stat().st_size // 2)


def gone(folder: Path) -> None:
    for path in index_files(folder):
        path.unlink()


@pytest.mark.parametrize("damage", [newer_than_its_list, cut, gone])
def test_a_vector_index_that_cannot_be_read_is_thrown_away_and_no_card_with_it(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder = tmp_path / "store"
    cards = [stored(number, passages=1) for number in range(1_100)]
    opened(folder).put(cards)
    assert len(index_files(folder)) == 2 * 5, "both collections have saved their index"
    damage(folder)

    store = opened(folder)
    assert not store.sound()
    store.make_sound()
    hashes = store.hashes()
    assert len(hashes) == 1_100
    assert set(hashes.values()) == {""}
    assert store.get(["own-7"])["own-7"] == cards[7].card
    store.put(cards[600:650])
    assert store.sound()
    assert all(found(opened(folder), one) for one in cards[600:650:7])


def test_an_index_that_was_saved_whole_before_the_kill_is_kept(tmp_path: Path) -> None:
    cards = [stored(number, passages=1) for number in range(1_100)]
    opened(tmp_path).put(cards)
    with suppress(Killed), opened(tmp_path).writing():
        raise Killed
    store = opened(tmp_path)
    assert store.interrupted()
    store.make_sound()
    assert all(store.hashes().values())
    assert all(found(store, one) for one in cards[::50])


# What cannot be used says so


def refused(place: StoreConfig) -> str:
    with pytest.raises(StoreError) as caught:
        CardStore(place, FINGERPRINT)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_another_embedder_is_refused_with_the_way_to_rebuild(store: CardStore) -> None:
    with pytest.raises(EmbedderError) as caught:
        CardStore(store.config, "another-model")
    message = str(caught.value)
    assert FINGERPRINT in message
    assert "another-model" in message
    assert "ASSISTANT_COLLECTION" in message
    assert "assistant ingest" in message


def test_another_layout_is_refused_with_the_way_to_rebuild(store: CardStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vectorstore.store.LAYOUT", 99)
    message = refused(store.config)
    assert "another version" in message
    assert "assistant ingest" in message


@pytest.mark.parametrize("place", ["nonsense", "ftp://host", "http://", "http://host:port", "localhost:8000", ""])
def test_a_place_that_makes_no_sense_is_named_with_what_it_may_be(tmp_path: Path, place: str) -> None:
    message = refused(config(tmp_path, place))
    assert f"ASSISTANT_STORE is {place!r}" in message
    assert "http://host:port" in message


@pytest.mark.parametrize("name", ["no", "with blank", "../../elsewhere", "-dash", "名字名字"])
def test_a_collection_name_that_chroma_does_not_take_is_named(tmp_path: Path, name: str) -> None:
    assert f"ASSISTANT_COLLECTION is {name!r}" in refused(config(tmp_path / "store", collection=name))
    assert not (tmp_path / "store").exists()


def test_a_server_that_is_not_there_is_named_at_once(tmp_path: Path) -> None:
    message = refused(config(tmp_path, "http://127.0.0.1:9"))
    assert "http://127.0.0.1:9" in message
    assert "chroma run" in message


@pytest.fixture
def web_page() -> Iterator[str]:
    """A server that is not Chroma's."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>hello</html>")

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_server_that_is_not_chroma_is_told_apart(tmp_path: Path, web_page: str) -> None:
    assert "is not a Chroma server" in refused(config(tmp_path, web_page))


def test_chroma_cloud_without_a_key_names_the_variable(tmp_path: Path) -> None:
    assert "CHROMA_API_KEY" in refused(config(tmp_path, "cloud"))


def test_a_key_never_stands_in_an_error(tmp_path: Path) -> None:
    place = StoreConfig("http://127.0.0.1:9/ck-secret", tmp_path, api_key=SecretStr("ck-secret"))
    assert "ck-secret" not in refused(place).replace("127.0.0.1:9/ck-secret", "")


def garbage(path: Path) -> None:
    path.write_bytes(os.urandom(40_000))


def half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("damage", [garbage, half])
def test_a_damaged_database_is_one_plain_error(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    opened(tmp_path).put([stored(number) for number in range(50)])
    damage(tmp_path / "chroma.sqlite3")
    message = refused(config(tmp_path))
    assert str(tmp_path) in message
    assert "assistant doctor --repair" in message


def test_a_store_folder_that_is_a_file_is_one_plain_error(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    assert "ASSISTANT_HOME" in refused(config(tmp_path / "store"))


def test_telemetry_is_off(store: CardStore) -> None:
    assert connect(store.config).get_settings().anonymized_telemetry is False
