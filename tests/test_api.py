"""What programs get from the server: the named endpoints, through `gradio_client` and over plain HTTP."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from served import Served

if TYPE_CHECKING:
    from assistant import Assistant

QUESTION = "How does GuardSpace keep a model safe during fine-tuning?"
GUARDSPACE = "align-a6ef98"


@pytest.fixture(scope="module")
def served(assistant: "Assistant") -> Iterator[Served]:
    with Served(assistant) as server:
        yield server


@pytest.fixture(scope="module")
def client(served: Served) -> Client:
    return Client(served.url, verbose=False, analytics_enabled=False)


def test_the_endpoints_are_answer_search_and_card_and_no_others(client: Client) -> None:
    known = client.view_api(return_format="dict", print_info=False)
    assert set(known["named_endpoints"]) == {"/answer", "/search", "/card"}
    assert known["unnamed_endpoints"] == {}


def test_every_endpoint_says_what_it_is_for_and_what_it_takes(client: Client) -> None:
    known = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert "question" in known["/answer"]["description"]
    taken = {name: [each["parameter_name"] for each in endpoint["parameters"]] for name, endpoint in known.items()}
    assert taken == {
        "/answer": ["question", "history", "filters", "conversation"],
        "/search": ["query", "k", "filters"],
        "/card": ["card_id"],
    }


def test_an_answer_quotes_its_cards_word_for_word(client: Client) -> None:
    answer = client.predict(question=QUESTION, api_name="/answer")
    assert answer["status"] == "answered"
    assert answer["citations"][0]["card_id"] == GUARDSPACE
    for citation in answer["citations"]:
        card = client.predict(card_id=citation["card_id"], api_name="/card")
        assert card[citation["field"]][citation["start"] : citation["end"]] == citation["quote"]


def test_a_follow_up_leans_on_the_history_that_comes_with_it(client: Client) -> None:
    first = client.predict(question=QUESTION, api_name="/answer")
    history = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": first["text"]}]
    later = client.predict(question="And on which data sets?", history=history, api_name="/answer")
    assert later["citations"][0]["card_id"] == GUARDSPACE


def test_a_kept_conversation_goes_on_by_its_id(client: Client) -> None:
    first = client.predict(question=QUESTION, conversation="new", api_name="/answer")
    later = client.predict(question="And on which data sets?", conversation=first["conversation"], api_name="/answer")
    assert later["conversation"] == first["conversation"]
    assert later["citations"][0]["card_id"] == GUARDSPACE


def test_filters_hold_for_answers_and_searches(client: Client) -> None:
    hits = client.predict(query="safety", k=5, filters={"categories": ["Model architecture"]}, api_name="/search")
    assert len(hits) == 5
    assert all(hit["card_id"].startswith("arch-") for hit in hits)
    answer = client.predict(question="What helps?", filters={"cards": [GUARDSPACE]}, api_name="/answer")
    assert {citation["card_id"] for citation in answer["citations"]} <= {GUARDSPACE}


def test_a_card_comes_without_the_wordings_that_only_help_to_find_it(client: Client) -> None:
    card = client.predict(card_id=GUARDSPACE, api_name="/card")
    assert card["title"].startswith("GuardSpace")
    assert "aid" not in card


@pytest.mark.parametrize(
    ("endpoint", "arguments", "said"),
    [
        ("/answer", {"question": "  "}, "question is empty"),
        ("/answer", {"question": "x" * 5000}, "at most 4,000"),
        ("/answer", {"question": "a?", "history": [{"role": "robot", "content": "x"}]}, "history: role"),
        ("/answer", {"question": "a?", "history": "before"}, "must be a list"),
        ("/answer", {"question": "a?", "filters": {"years": ["2025"]}}, "filters: years"),
        ("/answer", {"question": "a?", "conversation": "not-one"}, "conversation"),
        ("/search", {"query": "x", "k": 0}, "from 1 to 100"),
        ("/search", {"query": "x", "k": "many"}, "whole number"),
        ("/card", {"card_id": "align-000000"}, "there is no card"),
    ],
)
def test_a_wrong_argument_is_answered_with_what_is_wrong(
    client: Client, endpoint: str, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(AppError, match=said):
        client.predict(**arguments, api_name=endpoint)


def test_a_failure_of_the_server_tells_nothing_about_it(
    assistant: "Assistant", monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("/srv/secret/place is full")

    monkeypatch.setattr(assistant, "search", broken)
    with Served(assistant) as server:
        client = Client(server.url, verbose=False, analytics_enabled=False)
        with pytest.raises(AppError, match="went wrong on the server") as caught:
            client.predict(query="x", api_name="/search")
    assert "secret" not in str(caught.value)


def test_plain_http_takes_named_arguments_and_streams_the_result(served: Served) -> None:
    asked = httpx.post(f"{served.url}/gradio_api/call/v2/search", json={"query": "safety adapters", "k": 3})
    event = asked.raise_for_status().json()["event_id"]
    lines = httpx.get(f"{served.url}/gradio_api/call/search/{event}").text.splitlines()
    assert lines[0] == "event: complete"
    [hits] = json.loads(lines[1].removeprefix("data: "))
    assert len(hits) == 3


def test_calls_past_the_queue_are_closed(served: Served) -> None:
    for path in ("run/answer", "api/answer"):
        assert httpx.post(f"{served.url}/gradio_api/{path}", json={"data": ["a"]}).status_code == 404
