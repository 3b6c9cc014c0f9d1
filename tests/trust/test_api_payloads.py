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
from served import Served

from assistant import Assistant

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
