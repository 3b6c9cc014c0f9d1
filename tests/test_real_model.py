"""A real llama.cpp server with a small, unreliable model: streaming works and the guarantees hold."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistant.answering.model import ChatModel
from assistant.answering.probe import probe
from assistant.settings import Settings
from assistant.types import Answered, TextSoFar
from evals.guarantees import check_guarantees

if TYPE_CHECKING:
    from assistant import Assistant

ENGLISH = "How does GuardSpace keep a model safe during fine-tuning?"
CHINESE = "GuardSpace 在微调时如何保持模型安全？"


@pytest.fixture(scope="module")
def written(home: Path, llama_server: str) -> "Assistant":
    """An assistant for which the small model writes."""
    from assistant import Assistant

    return Assistant(
        Settings(
            home=home,
            model="smollm2",
            openai_base_url=llama_server,
            model_max_tokens=100,
            model_timeout=120,
            context_tokens=1200,
            evidence=6,
        )
    )


def test_a_real_server_streams_and_reports_its_usage(llama_server: str) -> None:
    model = ChatModel("smollm2", base_url=llama_server, max_tokens=40, timeout=60)
    reply = model.stream([{"role": "user", "content": "Count from one to ten."}])
    chunks = list(reply)
    assert len(chunks) > 3
    assert reply.usage.input_tokens > 5
    assert 3 < reply.usage.output_tokens <= 40


def test_a_probe_of_a_real_server_tells_its_reply(llama_server: str) -> None:
    model = ChatModel("smollm2", base_url=llama_server, max_tokens=20, timeout=60)
    assert "replied" in probe(model, timeout=60)


@pytest.mark.parametrize("question", [ENGLISH, CHINESE])
def test_the_guarantees_hold_with_an_unreliable_model(written: "Assistant", question: str) -> None:
    events = list(written.stream(question))
    last = events[-1]
    assert isinstance(last, Answered)
    check_guarantees(last.answer, written.card)
    # Whatever it wrote, the reader gets an answer: the model's checked words, or the cards' own.
    assert last.answer.status == "answered"
    if last.answer.mode == "extractive":
        assert last.answer.notes
    assert any(isinstance(event, TextSoFar) for event in events)
