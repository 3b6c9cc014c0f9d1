"""Requests that Schemathesis makes of the server's descriptions of itself: right ones, and wrong ones of every kind."""

import json
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis.errors import Unsatisfiable
from rounds import tries
from routes import ask, every_route, is_guarded, tells_nothing_of_the_machine
from served import Served

from assistant import Assistant
from assistant.web.page import build_page, page_style

if TYPE_CHECKING:
    from schemathesis import Case

schemathesis = pytest.importorskip("schemathesis")

# JSON-RPC, which describes itself in another way.
_MCP = {
    "type": "object",
    "required": ["jsonrpc", "id", "method"],
    "properties": {
        "jsonrpc": {"const": "2.0"},
        "id": {"type": ["integer", "string"]},
        "method": {"enum": ["initialize", "tools/list", "tools/call", "resources/list", "resources/read", "ping"]},
        "params": {
            "type": "object",
            "properties": {
                "name": {"enum": ["answer_question", "search_cards", "get_card", "x"]},
                "uri": {"type": "string"},
                "arguments": {
                    "type": "object",
                    "properties": {"query": {}, "card_id": {}, "k": {}, "filters": {}, "history": {}},
                },
            },
        },
    },
}


@pytest.fixture(scope="module")
def served(assistant: Assistant) -> Iterator[Served]:
    with Served(assistant, page=build_page, style=page_style()) as server:
        yield server


def described(served: Served) -> dict[str, Any]:
    """What FastAPI says of every route, and a plain description of those of which it says nothing."""
    from starlette.routing import Mount

    outer = served.guard._app.routes  # type: ignore[attr-defined]
    schema: dict[str, Any] = next(route.app for route in outer if isinstance(route, Mount)).openapi()
    for method, path in every_route(served):
        known = schema["paths"].setdefault(path.replace(":path}", "}"), {})
        if method.lower() not in known:
            anything = {"schema": _MCP if "/mcp" in path else {}}
            body = {"requestBody": {"content": {"application/json": anything}}} if method == "POST" else {}
            known[method.lower()] = {"responses": {"200": {"description": ""}}} | body
    return schema


def is_survived(served: Served, case: "Case") -> None:
    """Send a request, and fail unless the answer is one that a client can use and nobody can abuse."""
    import requests

    sent = requests.Request(**case.as_transport_kwargs(base_url=served.url)).prepare()
    headers = {name: str(value) for name, value in sent.headers.items()}
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body
    said = ask(served, sent.method or "", sent.path_url, headers, body)
    assert said.status < 500, (sent.method, sent.path_url, body, said)
    said.body = said.body.replace((sent.path_url).encode(), b"")
    is_guarded(said, sent.path_url)
    tells_nothing_of_the_machine(said)


def attacked(served: Served, schema: dict[str, Any], name: str) -> int:
    """Make a few requests of each operation; gives how many operations there are."""
    operations = [found.ok() for found in schemathesis.openapi.from_dict(schema).get_all_operations()]
    for operation in operations:
        for mode in schemathesis.GenerationMode:
            wrong = mode is schemathesis.GenerationMode.NEGATIVE
            # Nothing can be wrong with a request that says nothing but where it goes.
            if wrong and not (list(operation.body) or list(operation.query)):
                continue

            def one(case: "Case") -> None:
                is_survived(served, case)

            one.__name__ = name
            # Where any body is right, none is wrong.
            with suppress(Unsatisfiable) if wrong else nullcontext():
                tries(2, share=1 / len(operations))(given(operation.as_strategy(generation_mode=mode))(one))()
    return len(operations)


def test_requests_to_every_route_are_answered_plainly(served: Served) -> None:
    assert attacked(served, described(served), "requests_to_every_route") > 70
    assert ask(served, "GET", "/healthz").status == 200


def test_requests_to_what_is_described_to_clients_are_answered_plainly(served: Served) -> None:
    schema = json.loads(ask(served, "GET", "/gradio_api/openapi.json").text)
    assert {urlsplit(server["url"]).netloc for server in schema.get("servers", [])} <= {"", urlsplit(served.url).netloc}
    assert attacked(served, schema, "requests_to_the_described_endpoints") >= 3
    url = f"{served.url}/gradio_api/call"
    event = httpx.post(f"{url}/v2/card", json={"card_id": "align-a6ef98"}, timeout=60).json()["event_id"]
    assert "complete" in httpx.get(f"{url}/card/{event}", timeout=60).text
