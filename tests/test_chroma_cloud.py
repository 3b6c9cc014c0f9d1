"""Chroma Cloud: what is sent to it, what comes of it, and what is said when it refuses.

It is stood in for by a local server that holds every request to the contract of its HTTP API (`cloud_contract`).
"""

import json
import socket
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cloud_collection import Refused
from cloud_contract import CloudContract
from own_cards import HashedWords, own_assistant, record, stored, write_cards
from pydantic import SecretStr

from assistant import Assistant
from assistant.types import Filters
from vectorstore import cloud
from vectorstore.cards import PaperCard
from vectorstore.cloud import Place, place_of
from vectorstore.embedders import wrap
from vectorstore.errors import StoreError
from vectorstore.hybrid import HybridIndex, HybridSearch, searches
from vectorstore.ingest import IngestReport, ingest
from vectorstore.keywords import KeywordIndex
from vectorstore.lock import WriterLock
from vectorstore.segment import query_terms
from vectorstore.sparse import query_words
from vectorstore.store import CardStore, StoreConfig

FINGERPRINT = "made-up-8"
GARDENS = [
    PaperCard(id="own-1", category="Animals", title="Marmots", abstract="Marmots whistle when an eagle comes near."),
    PaperCard(id="own-2", category="Animals", title="土拨鼠", abstract="土拨鼠在老鹰飞来时吹口哨,并躲进洞里。"),
    PaperCard(id="own-3", category="Safety", title="GuardSpace", abstract="It keeps adapters safe in 14.4% of cases."),
    PaperCard(id="own-4", category="Birds", title="Eagles", abstract="Eagles nest on cliffs and feed their young."),
]


@pytest.fixture(scope="session")
def openapi(chroma_server: str) -> dict[str, Any]:
    """The description of its HTTP API that the installed Chroma's server gives."""
    with urllib.request.urlopen(f"{chroma_server}/openapi.json", timeout=30) as answer:
        described: dict[str, Any] = json.load(answer)
    return described


@pytest.fixture
def contract(openapi: dict[str, Any]) -> Iterator[CloudContract]:
    """A Chroma Cloud that is empty."""
    with CloudContract(openapi) as server:
        yield server


# Where two words stand in a sparse vector.
EAGLE, LAOYING = 1516775887, 979242862


def config(contract: CloudContract, folder: Path, **more: Any) -> StoreConfig:
    return StoreConfig(contract.store, folder, **({"api_key": SecretStr(contract.key)} | more))


def opened(contract: CloudContract, folder: Path, fingerprint: str = FINGERPRINT, **more: Any) -> CardStore:
    return CardStore(config(contract, folder, **more), fingerprint)


def assistant_on(contract: CloudContract, home: Path) -> Assistant:
    return own_assistant(home, store=contract.store, chroma_api_key=SecretStr(contract.key))


def ingested(assistant: Assistant, folder: Path, cards: list[dict[str, Any]]) -> Assistant:
    assistant.ingest([write_cards(folder / "cards.jsonl", cards)])
    return assistant


# What is sent


def test_passages_are_indexed_by_cosine_and_by_their_words(contract: CloudContract, tmp_path: Path) -> None:
    opened(contract, tmp_path)
    made = {body["name"]: body for method, route, body in contract.requests if method == "POST"}
    assert set(made) == {"cards-passages", "cards-cards"}
    keys = made["cards-passages"]["schema"]["keys"]
    assert keys["#embedding"]["float_list"]["vector_index"]["config"]["space"] == "cosine"
    words = keys["words"]["sparse_vector"]["sparse_vector_index"]
    assert words["enabled"] is True
    assert "source_key" not in words["config"]
    assert made["cards-passages"]["configuration"] is None
    assert made["cards-cards"]["schema"] is None


def test_words_go_beside_the_text_in_both_languages(contract: CloudContract, tmp_path: Path) -> None:
    store = opened(contract, tmp_path)
    store.put([stored(1, passages=1, title="Guard-Space", abstract="土拨鼠吹口哨")])
    (body,) = [body for body in contract.asked("upsert") if body["ids"][0].startswith("own-1|")]
    words = body["metadatas"][0]["words"]
    assert words["#type"] == "sparse_vector"
    assert words["indices"] == sorted(set(words["indices"]))
    assert all(0 <= index < 2**31 and value > 0 for index, value in zip(words["indices"], words["values"], strict=True))
    for written in ("guardspace", "GUARD SPACE", "土拨鼠", "吹口哨"):
        assert set(query_words(dict.fromkeys(query_terms(written), 1.0)).indices) & set(words["indices"]), written
    assert not set(query_words({"submarine": 1.0}).indices) & set(words["indices"])


def test_a_word_keeps_its_place_for_ever() -> None:
    # What is stored in the cloud rests on these numbers: a change makes every store there unreadable.
    assert query_words({"eagl": 2.0}).indices == [EAGLE]
    assert query_words({"老鹰": 1.0}).indices == [LAOYING]


def test_a_question_is_one_request_of_three_searches(contract: CloudContract, tmp_path: Path) -> None:
    store = opened(contract, tmp_path)
    where = {"category": {"$in": ["Animals"]}}
    store.search(searches(np.array([0.5, 0.25], np.float32), {"eagl": 1.5}, where))
    (body,) = contract.asked("search")
    words = {"#type": "sparse_vector", "indices": [EAGLE], "values": [1.5]}
    by_meaning = {"query": [0.5, 0.25], "key": "#embedding", "limit": 300}
    by_words = {"query": words, "key": "words", "limit": 300}
    ranked = {"default": 1000, "return_rank": True}
    fused = [
        {"$div": {"left": {"$val": 1.0}, "right": {"$sum": [{"$val": 60}, {"$knn": each | ranked}]}}}
        for each in (by_meaning, by_words)
    ]
    common = {
        "filter": where,
        "group_by": {},
        "limit": {"offset": 0, "limit": 300},
        "select": {"keys": ["#score"]},
    }
    assert body == {
        "searches": [
            common | {"rank": {"$knn": by_meaning}},
            common | {"rank": {"$knn": by_words}},
            common | {"rank": {"$mul": [{"$val": -1}, {"$sum": fused}]}},
        ],
        "read_level": "index_and_wal",
    }


def test_a_question_without_words_is_searched_by_meaning_alone(contract: CloudContract, tmp_path: Path) -> None:
    asked = searches(np.ones(2, np.float32), {})
    assert [search.to_dict()["rank"]["$knn"]["key"] for search in asked] == ["#embedding"]
    store = opened(contract, tmp_path)
    store.put([stored(1)])
    found = HybridSearch(store, HybridIndex(tmp_path / "words")).begin(np.ones(8, np.float32), [])()
    assert len(found.entries) == 3
    assert (found.words, found.fused) == ({}, {})


def test_no_request_is_larger_than_chroma_cloud_takes(contract: CloudContract, tmp_path: Path) -> None:
    store = opened(contract, tmp_path)
    store.put([stored(number, passages=2) for number in range(450)])
    assert store.count() == 450
    assert store.count_passages() == 900
    assert len(list(store.cards())) == len(store.get(f"own-{number}" for number in range(450))) == 450
    assert len(store.vectors([f"own-{number}" for number in range(450)])) == 450
    assert len(store.nearest(np.ones(8, np.float32), 1_000)) == 300
    store.put([stored(number, passages=1, wording="new") for number in range(450)])
    store.remove([f"own-{number}" for number in range(440)])
    assert store.count() == store.count_passages() == 10


# What comes of it


def candidates(store: CardStore, index: HybridIndex, question: str, **more: Any) -> Any:
    vector = np.array(HashedWords().embed_query(question), np.float32)
    return HybridSearch(store, index).begin(vector, query_terms(question), **more)()


@pytest.fixture
def zoo(contract: CloudContract, tmp_path: Path) -> tuple[CardStore, HybridIndex]:
    """Four cards in either language, and what is kept beside them."""
    assistant = assistant_on(contract, tmp_path)
    assistant.ingest([write_cards(tmp_path / "zoo.jsonl", [card.model_dump(exclude={"aid"}) for card in GARDENS])])
    store = assistant._collection.store
    index = assistant._collection.keywords
    assert isinstance(index, HybridIndex)
    return store, index


@pytest.mark.parametrize(
    ("question", "card"),
    [
        ("Which marmot whistled?", "own-1"),
        ("土拨鼠什么时候吹口哨？", "own-2"),
        ("guard space", "own-3"),
        ("where do eagles nest", "own-4"),
    ],
)
def test_words_are_found_by_chroma_in_either_language(
    zoo: tuple[CardStore, HybridIndex], question: str, card: str
) -> None:
    found = candidates(*zoo, question)
    assert max(found.words, key=lambda card_id: found.words[card_id]) == card


def test_chroma_fuses_both_rankings_itself(zoo: tuple[CardStore, HybridIndex]) -> None:
    found = candidates(*zoo, "Marmots whistle when an eagle comes near.")
    assert max(found.fused, key=lambda card_id: found.fused[card_id]) == "own-1"
    assert found.fused["own-1"] == pytest.approx(1.0)
    assert all(0 < place < 1 for card_id, place in found.fused.items() if card_id != "own-1")


def test_a_card_without_a_shared_word_has_no_score_for_words(zoo: tuple[CardStore, HybridIndex]) -> None:
    found = candidates(*zoo, "eagle")
    assert set(found.words) == {"own-1", "own-4"}
    assert candidates(*zoo, "submarine").words == {}


def test_a_filter_holds_for_all_three_searches(zoo: tuple[CardStore, HybridIndex]) -> None:
    found = candidates(*zoo, "eagle", where={"category": "Birds"})
    assert set(found.words) == set(found.fused) == {"own-4"}
    assert {entry.partition("|")[0] for entry, _ in found.entries} == {"own-4"}


def test_words_are_worth_the_same_as_in_the_keyword_index(zoo: tuple[CardStore, HybridIndex], tmp_path: Path) -> None:
    store, index = zoo
    local = KeywordIndex(tmp_path / "local")
    local.sync(store)
    terms = [*query_terms("the eagle whistles, 土拨鼠吹口哨"), "submarine"]
    assert index.inverse_frequencies(terms) == pytest.approx(local.inverse_frequencies(terms), rel=1e-5)
    assert HybridIndex(tmp_path / "empty").inverse_frequencies(["eagl"]) == {"eagl": 0.0}


QUESTIONS = ["How many points does Wobble5 reach on Pebble?", "Who plans the day of gardeners?", "Wobble3 和对手"]


def test_an_answer_is_that_of_a_store_at_home(contract: CloudContract, tmp_path: Path) -> None:
    cards = [record(number, tags=["planning"] if number < 4 else []) for number in range(6)]
    away = ingested(assistant_on(contract, tmp_path / "away"), tmp_path, cards)
    home = ingested(own_assistant(tmp_path / "home"), tmp_path, cards)
    for question in QUESTIONS[:1]:
        ours, theirs = away.answer(question), home.answer(question)
        assert (ours.status, ours.text) == (theirs.status, theirs.text)
        assert "5.5" in ours.text
    for question in QUESTIONS:
        assert [hit.card_id for hit in away.search(question)][:1] == [hit.card_id for hit in home.search(question)][:1]
    only = Filters(tags=["planning"], categories=["Gardens"])
    assert {hit.card_id for hit in away.search("Wobble", filters=only)} == {"own-1", "own-3"}
    assert away.answer("How many cards mention Pebble?").cards == home.answer("How many cards mention Pebble?").cards
    assert contract.asked("query") != []  # to see whether the store is sound
    assert len(contract.asked("search")) >= len(QUESTIONS)


def test_another_machine_sees_what_was_ingested(contract: CloudContract, tmp_path: Path) -> None:
    cards = [record(number) for number in range(4)]
    first = ingested(assistant_on(contract, tmp_path / "one"), tmp_path, cards)
    second = assistant_on(contract, tmp_path / "two")
    assert second.search("Wobble3")[0].card_id == "own-3"
    ingested(first, tmp_path, [record(9, title="Zebra: a runner")])
    assert second.search("zebra runner")[0].card_id == "own-9"
    before = len(contract.asked("upsert"))
    assert first.ingest([write_cards(tmp_path / "again.jsonl", cards)]).unchanged == 4
    assert len(contract.asked("upsert")) == before


def test_what_is_kept_beside_the_cloud_is_made_anew_where_it_is_damaged(
    zoo: tuple[CardStore, HybridIndex], tmp_path: Path
) -> None:
    store, index = zoo
    assert index.in_step_with(store)
    assert index.sync(store) == 0
    assert HybridIndex(index._folder.parent).in_step_with(store)
    (index._folder / "latent.npz").write_bytes(b"x" * 100)
    again = HybridIndex(index._folder.parent)
    assert not again.in_step_with(store)
    assert again.sync(store) == 4
    assert again.in_step_with(store)
    assert again.latent.like("own-1", 3)
    assert again.count() == 4


# Where it is, and what it refuses


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("cloud", Place("api.trychroma.com", 443, True)),
        ("cloud:europe-west1.gcp.trychroma.com", Place("europe-west1.gcp.trychroma.com", 443, True)),
        ("cloud:http://127.0.0.1:81", Place("127.0.0.1", 81, False)),
    ],
)
def test_a_region_is_named_behind_a_colon(location: str, place: Place) -> None:
    assert place_of(location) == place
    assert StoreConfig(location, Path()).kind == "cloud"


def refused(contract: CloudContract, folder: Path, **more: Any) -> str:
    """What is said when a store is opened and asked."""
    with pytest.raises(StoreError) as caught:
        opened(contract, folder, **more).search(searches(np.ones(8, np.float32), {"eagl": 1.0}))
    assert "ck-" not in str(caught.value)
    return str(caught.value)


def test_a_host_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cloud:europe-west1\.gcp\.trychroma\.com"):
        CardStore(StoreConfig("cloud:ftp://x/y", tmp_path, api_key=SecretStr("ck-1")), FINGERPRINT)


def test_a_wrong_key_is_said(contract: CloudContract, tmp_path: Path) -> None:
    assert "set CHROMA_API_KEY" in refused(contract, tmp_path, api_key=SecretStr("ck-wrong"))


@pytest.mark.parametrize("wrong", [{"tenant": "elsewhere"}, {"database": "elsewhere"}])
def test_a_place_that_the_key_does_not_open_is_said(
    contract: CloudContract, tmp_path: Path, wrong: dict[str, str]
) -> None:
    message = refused(contract, tmp_path, **wrong)
    assert "elsewhere" in message
    assert "CHROMA_TENANT" in message
    assert "CHROMA_DATABASE" in message


def test_a_chroma_without_hybrid_search_is_said(openapi: dict[str, Any], tmp_path: Path) -> None:
    with CloudContract(openapi, hybrid=False) as server:
        message = refused(server, tmp_path)
    assert "has no hybrid search" in message
    assert "ASSISTANT_STORE=http://host:port" in message


REFUSALS = [
    (Refused(429, "QuotaError", "Limit of results is 300"), "ask support@trychroma.com"),
    (Refused(429, "RateLimitError", "slow down"), "in a minute"),
    (Refused(401, "AuthorizationError", "expired"), "set CHROMA_API_KEY"),
    (Refused(404, "NotFoundError", "Collection [x] does not exist"), "set CHROMA_TENANT and CHROMA_DATABASE"),
    (Refused(500, "InternalError", "oh"), "InternalError: oh"),
]


@pytest.mark.parametrize(("refusal", "said"), REFUSALS)
def test_each_refusal_is_one_sentence_that_says_what_to_do(
    contract: CloudContract, tmp_path: Path, refusal: Refused, said: str
) -> None:
    def refuse(method: str, route: str, body: dict[str, Any]) -> None:
        if route.endswith("/search"):
            raise refusal

    contract.before = refuse
    message = refused(contract, tmp_path)
    assert said in message
    assert "\n" not in message


def test_a_card_that_is_too_long_is_said(contract: CloudContract, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"Document size.*shorten what is too long"):
        opened(contract, tmp_path).put([stored(1, abstract="long " * 4_000)])


def test_an_answer_that_does_not_come_is_not_waited_for(
    contract: CloudContract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud, "_SECONDS", 3.0)
    over = threading.Event()

    def silent(method: str, route: str, body: dict[str, Any]) -> None:
        if route.endswith("/search"):
            over.wait(60)

    contract.before = silent
    assert "did not answer in time" in refused(contract, tmp_path)
    over.set()


def test_a_cloud_that_is_not_there_is_said(contract: CloudContract, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = StoreConfig(f"cloud:http://127.0.0.1:{port}", tmp_path, api_key=SecretStr("ck-1"))
    with pytest.raises(StoreError, match="cannot be reached"):
        CardStore(place, FINGERPRINT)


def test_an_ingest_that_a_limit_stopped_goes_on_where_it_was(contract: CloudContract, tmp_path: Path) -> None:
    cards = [PaperCard(**record(number)) for number in range(80)]
    upserts: list[str] = []

    def full(method: str, route: str, body: dict[str, Any]) -> None:
        if route.endswith("/upsert"):
            upserts.append(route)
            if len(upserts) > 2:
                raise Refused(429, "QuotaError", "Number of records")

    def again() -> IngestReport:
        store = opened(contract, tmp_path, wrap(HashedWords()).fingerprint)
        lock = WriterLock(tmp_path / "cards.lock", store.lease(tmp_path))
        return ingest(cards, store, HybridIndex(tmp_path / "words"), wrap(HashedWords()), lock)

    contract.before = full
    with pytest.raises(StoreError, match="goes on where it was"):
        again()
    contract.before = lambda method, route, body: None
    report = again()
    assert (report.added, report.unchanged) == (48, 32)
    assert again().unchanged == 80
