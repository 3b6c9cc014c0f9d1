"""Whatever a program posts, the server answers with one sentence, names no path, and goes on serving."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rounds import tries
from routes import JSON
from served import Served

from assistant import Assistant
from assistant.web.page import build_page, page_style

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    ["What is GuardSpace?", "new", "align-a6ef98", "../../etc/passwd", "/etc/passwd", "\0", "'; DROP TABLE turn; --"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=10,
)
PAYLOADS = st.dictionaries(
    st.sampled_from(["question", "query", "card_id", "history", "filters", "conversation", "k", "data", "x"]),
    VALUES,
    max_size=6,
)


@pytest.fixture(scope="module")
def served(assistant: Assistant) -> Iterator[Served]:
    with Served(assistant) as server:
        yield server


def outcome(served: Served, endpoint: str, raw: bytes) -> str:
    """Everything the server says to a posted payload."""
    url = f"{served.url}/gradio_api/call"
    asked = httpx.post(f"{url}/v2/{endpoint}", content=raw, headers={"Content-Type": "application/json"}, timeout=30)
    if asked.status_code != 200:
        assert 400 <= asked.status_code < 500, asked.text
        assert asked.json()["detail"]
        return asked.text
    event = asked.json()["event_id"]
    return httpx.get(f"{url}/{endpoint}/{event}", timeout=60).text


def is_plain(said: str) -> None:
    for trace in ("Traceback", "site-packages", str(Path(__file__).parents[2]), "/home/", "/root/", "/tmp/", ".py"):
        assert trace not in said, said


@tries(40)
@given(endpoint=st.sampled_from(["answer", "search", "card"]), payload=PAYLOADS)
def test_any_payload_is_answered_or_refused_plainly(served: Served, endpoint: str, payload: dict[str, Any]) -> None:
    is_plain(outcome(served, endpoint, json.dumps(payload).encode()))
    assert httpx.get(f"{served.url}/healthz").status_code == 200


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[",
        b"null",
        b"[]",
        b"7",
        b'"x"',
        b"[" * 100_000,
        b'{"question": "\xff\xfe"}',
        b'{"question": "\\ud800"}',
        b'{"question": ' + b"9" * 100_000 + b"}",
        b'{"k": 1e999, "query": "x"}',
        b'{"question": "' + b"a" * 1_000_000 + b'"}',
    ],
    ids=["nothing", "half", "null", "list", "number", "text", "deep", "not UTF-8", "half a character", "digits",
         "infinite", "a megabyte"],
)  # fmt: skip
def test_a_broken_body_is_refused_plainly(served: Served, raw: bytes) -> None:
    for endpoint in ("answer", "search", "card"):
        is_plain(outcome(served, endpoint, raw))
    assert httpx.get(f"{served.url}/healthz").status_code == 200
    assert "complete" in outcome(served, "card", b'{"card_id": "align-a6ef98"}')


# What the page's own scripts send


@pytest.fixture(scope="module")
def page(assistant: Assistant) -> Iterator[Served]:
    with Served(assistant, page=build_page, style=page_style()) as server:
        yield server


def events_of(page: Served) -> list[dict[str, Any]]:
    """Everything that can happen on the page and reaches the server."""
    found = httpx.get(f"{page.url}/config").json()["dependencies"]
    return [each for each in found if each["backend_fn"]]


def happened(page: Served, body: dict[str, Any]) -> str:
    """What the server says to an event of the page, whoever made it up."""
    session = body["session_hash"]
    asked = httpx.post(f"{page.url}/gradio_api/queue/join", content=json.dumps(body), headers=JSON, timeout=60)
    said = asked.text
    assert asked.status_code < 500, said
    if asked.status_code == 200:
        with httpx.stream(
            "GET", f"{page.url}/gradio_api/queue/data", params={"session_hash": session}, timeout=60
        ) as replies:
            for line in replies.iter_lines():
                said += line
                if "process_completed" in line or "close_stream" in line:
                    break
    return said


def test_the_page_has_events_to_attack(page: Served) -> None:
    assert len(events_of(page)) > 10


@tries(2)
@given(data=st.data())
def test_any_event_of_the_page_is_answered_or_refused_plainly(page: Served, data: st.DataObject) -> None:
    for number, event in enumerate(events_of(page)):
        usual = st.lists(VALUES, min_size=len(event["inputs"]), max_size=len(event["inputs"]))
        body = {
            "data": data.draw(usual | st.lists(VALUES, max_size=3)),
            "fn_index": event["id"],
            "session_hash": f"attack{number}",
            "event_data": data.draw(VALUES),
            "trigger_id": data.draw(st.none() | st.integers(-9, 99)),
        }
        is_plain(happened(page, body))
    assert httpx.get(f"{page.url}/healthz").status_code == 200


@tries(25)
@given(
    component=st.integers(-2, 60) | VALUES,
    name=st.sampled_from(
        ["card", "similar", "browse", "kinds", "titles", "points", "find", "examples", "__init__", "x"]
    )
    | WORDS,
    asked=VALUES
    | st.fixed_dictionaries(
        {}, optional=dict.fromkeys(["id", "spans", "query", "words", "category", "tag", "start", "ids"], VALUES)
    ),
)
def test_whatever_scripts_look_up_is_answered_or_refused_plainly(
    page: Served, component: object, name: str, asked: object
) -> None:
    body = {"data": asked, "component_id": component, "fn_name": name, "session_hash": "x"}
    said = httpx.post(f"{page.url}/gradio_api/component_server", content=json.dumps(body), headers=JSON, timeout=60)
    assert said.status_code < 500, said.text
    is_plain(said.text if said.status_code != 200 else "")
    assert httpx.get(f"{page.url}/healthz").status_code == 200
