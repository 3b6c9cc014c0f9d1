"""A conversation of hundreds of turns: kept whole, understood at once, and within the model's window."""

import time
from pathlib import Path
from typing import Any

import pytest
from scripted_server import ScriptedServer
from test_conversations import answer

from assistant import Assistant
from assistant.answering.fencing import tokens
from assistant.answering.llm import LLMAnswerer
from assistant.answering.model import ChatModel
from assistant.conversations import ConversationLog
from assistant.settings import Settings
from assistant.types import Query
from assistant.understanding import understand

GUARDSPACE = "align-a6ef98"
TURNS = 200


def long_conversation(folder: Path) -> list[dict[str, Any]]:
    """The history of 200 turns with long answers, the last of them about GuardSpace."""
    log = ConversationLog(folder / "conversations.sqlite")
    conversation = log.start()
    for number in range(TURNS - 1):
        listed = " ".join(f"Paper {number}.{each} does this and that. [{each}]" for each in range(1, 41))
        log.add(conversation, f"Question {number}: what is there on subject {number}?", answer(listed, kind="topic"))
    about = answer("It projects updates into a null space. [1]", cards=[GUARDSPACE], citations=[])
    log.add(conversation, "How does GuardSpace keep a model safe?", about)
    history = log.history(conversation)
    assert len(history) == 2 * TURNS
    return history


@pytest.mark.parametrize("context", [1_000, 3_000, 6_000])
def test_every_request_of_a_long_conversation_stays_within_the_window(
    scripted_server: ScriptedServer, home: Path, tmp_path: Path, context: int
) -> None:
    settings = Settings(
        home=home, model="openai:scripted-model", openai_base_url=scripted_server.base_url, context_tokens=context
    )
    found = Assistant(settings).answer("And on which data sets?", history=long_conversation(tmp_path))
    assert scripted_server.completions
    for asked in scripted_server.completions:
        sent = sum(tokens(str(message["content"])) for message in asked.body["messages"])
        assert sent <= max(context, 1_100)
    assert {citation.card_id for citation in found.citations} == {GUARDSPACE}
    assert "Question 0:" not in str([asked.body for asked in scripted_server.completions])


def test_the_latest_question_stays_however_long_its_answer_was() -> None:
    query = Query(question="And then?", standalone="And then?", language="en")
    history = [
        {"role": "user", "content": "Which papers mention GRPO?"},
        {"role": "assistant", "content": "One of many papers does. [1] " * 2_000},
    ]
    messages = LLMAnswerer(ChatModel("m"), context_tokens=3_000).messages(query, [], history)
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert messages[1]["content"] == "Which papers mention GRPO?"
    assert sum(tokens(message["content"]) for message in messages) <= 3_000


def test_a_long_conversation_is_understood_at_once(assistant: Assistant, tmp_path: Path) -> None:
    history = long_conversation(tmp_path)
    assistant.ready()
    named = assistant._collection.names().cards_named
    began = time.process_time()
    query = understand("And on which data sets?", history, None, named)
    assert time.process_time() - began < 0.5
    assert query.standalone == "How does GuardSpace keep a model safe? And on which data sets?"


def test_the_log_reads_a_long_conversation_quickly(tmp_path: Path) -> None:
    long_conversation(tmp_path)
    log = ConversationLog(tmp_path / "conversations.sqlite")
    began = time.process_time()
    [info] = log.conversations()
    assert info.turns == TURNS
    assert len(log.turns(info.id)) == TURNS
    assert time.process_time() - began < 1
