"""What an agent gets from the server, asked through the official client."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from served import Served

if TYPE_CHECKING:
    from assistant import Assistant

T = TypeVar("T")
QUESTION = "How does GuardSpace keep a model safe during fine-tuning?"
GUARDSPACE = "align-a6ef98"


@pytest.fixture(scope="module")
def served(assistant: "Assistant") -> Iterator[Served]:
    with Served(assistant) as server:
        yield server


def in_session(url: str, work: Callable[[ClientSession], Awaitable[T]]) -> T:
    async def working() -> T:
        async with (
            streamable_http_client(url) as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            return await work(session)

    return asyncio.run(working())


def called(served: Served, tool: str, arguments: dict[str, Any], path: str = "/mcp") -> Any:
    return in_session(f"{served.url}{path}", lambda session: session.call_tool(tool, arguments))


def test_there_are_three_tools_each_described_for_an_agent(served: Served) -> None:
    tools = {tool.name: tool for tool in in_session(f"{served.url}/mcp", lambda session: session.list_tools()).tools}
    assert set(tools) == {"answer_question", "search_cards", "get_card"}
    for tool in tools.values():
        assert "Use it" in (tool.description or "")
        assert tool.annotations
        assert tool.annotations.readOnlyHint
        assert all(parameter.get("description") for parameter in tool.inputSchema["properties"].values())
        assert tool.outputSchema


def test_an_answer_comes_as_checked_data_and_as_json_text(served: Served) -> None:
    result = called(served, "answer_question", {"question": QUESTION})
    assert not result.isError
    answer = result.structuredContent
    assert answer["status"] == "answered"
    assert answer["citations"][0]["card_id"] == GUARDSPACE
    assert json.loads(result.content[0].text) == answer


def test_the_address_that_gradio_would_use_works_too(served: Served) -> None:
    result = called(served, "get_card", {"card_id": GUARDSPACE}, path="/gradio_api/mcp/")
    assert result.structuredContent["title"].startswith("GuardSpace")


def test_a_search_finds_as_many_cards_as_asked_for_within_the_filters(served: Served) -> None:
    found = called(
        served, "search_cards", {"query": "safety", "k": 4, "filters": {"categories": ["arch"]}}
    ).structuredContent["cards"]
    assert len(found) == 4
    assert all(card["card_id"].startswith("arch-") and card["passages"] for card in found)


def test_a_question_that_leans_on_the_conversation_is_answered_with_it(served: Served) -> None:
    history = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": "It splits weights. [1]"}]
    result = called(served, "answer_question", {"question": "And on which data sets?", "history": history})
    assert result.structuredContent["citations"][0]["card_id"] == GUARDSPACE


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("answer_question", {}, "question"),
        ("answer_question", {"question": " "}, "question is empty"),
        ("answer_question", {"question": "x" * 5000}, "at most 4,000"),
        ("answer_question", {"question": "a?", "filters": {"years": ["2025"]}}, "years"),
        ("search_cards", {"query": "x", "k": 1000}, "100"),
        ("get_card", {"card_id": "align-a6ef99"}, "did you mean"),
        ("drop_cards", {}, "Unknown tool"),
    ],
)
def test_a_wrong_call_is_answered_with_what_is_wrong(
    served: Served, tool: str, arguments: dict[str, Any], said: str
) -> None:
    result = called(served, tool, arguments)
    assert result.isError
    assert said in result.content[0].text


def test_a_browser_is_not_kept_waiting_on_the_address_for_agents(served: Served) -> None:
    assert httpx.get(f"{served.url}/mcp").status_code == 404
