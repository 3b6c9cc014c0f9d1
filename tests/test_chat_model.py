"""The model that answerers, opinions and probes ask, configured or anybody's: how it fails, and what is told of it."""

import logging
import time

import pytest
from scripted_model import EVIDENCE, KEY, QUERY, TIMEOUT, drafted, model_at
from scripted_server import ScriptedServer

from assistant.answering.failures import ModelError
from assistant.answering.llm import LLMAnswerer
from assistant.answering.model import ChatModel
from assistant.answering.opinion import second_opinion
from assistant.answering.probe import probe

pytestmark = pytest.mark.usefixtures("client_loaded")


def failure(server: ScriptedServer, behaviour: str) -> tuple[ModelError, float]:
    server.behaviour = behaviour
    began = time.monotonic()
    with pytest.raises(ModelError) as caught:
        drafted(server)
    return caught.value, time.monotonic() - began


# Failing


@pytest.mark.parametrize(
    ("behaviour", "problem", "advice"),
    [
        ("unauthorized", "did not accept the key", "OPENAI_API_KEY"),
        ("forbidden", "did not accept the key", "OPENAI_API_KEY"),
        ("not_found", "not offered there", "ASSISTANT_MODEL to one of: scripted-model"),
        ("too_many_requests", "no more requests", "wait"),
        ("wait_an_hour", "no more requests", "wait"),
        ("no_quota", "no quota", "billing"),
        ("server_error", "server's side (500)", "later"),
        ("unavailable", "server's side (503)", "later"),
        ("bad_request", "does not accept the request (400)", "ASSISTANT_MODEL"),
        ("context_too_long", "prompt this long", "ASSISTANT_CONTEXT_TOKENS"),
        ("redirect_elsewhere", "another address, which is not followed", "OPENAI_BASE_URL"),
        ("silence", "did not finish within 1.5 s", "ASSISTANT_MODEL_TIMEOUT"),
        ("headers_then_silence", "did not finish", "ASSISTANT_MODEL_TIMEOUT"),
        ("first_words_then_silence", "did not finish", "ASSISTANT_MODEL_TIMEOUT"),
        ("drip", "did not finish", "ASSISTANT_MODEL_TIMEOUT"),
        ("dripping_headers", "did not finish", "ASSISTANT_MODEL_TIMEOUT"),
        ("comments_only", "did not finish", "ASSISTANT_MODEL_TIMEOUT"),
        ("cut_stream", "broke off", "again"),
        ("cut_before_the_first_word", "no chat completion", "/v1"),
        ("cut_in_the_headers", "connection was cut", "OPENAI_BASE_URL"),
        ("cut_in_a_chunk", "connection was cut", "OPENAI_BASE_URL"),
        ("html_page", "no chat completion", "/v1"),
        ("invalid_json", "not a chat completion", "/v1"),
        ("odd_json", "not a chat completion", "/v1"),
        ("not_utf8", "not a chat completion", "/v1"),
        ("huge_line", "not a chat completion", "/v1"),
        ("compressed_bomb", "not a chat completion", "/v1"),
        ("error_in_the_stream", "", ""),
        ("content_filter", "content filter", "other words"),
        ("empty", "wrote nothing", "another model"),
        ("blank", "wrote nothing", "another model"),
        ("tool_call", "wrote nothing", "another model"),
        ("thinking_without_end", "wrote nothing", "another model"),
        ("repetition", "repeated itself", "larger model"),
        ("repeated_word", "repeated itself", "larger model"),
    ],
)
def test_a_failing_endpoint_gives_one_plain_line_in_time(
    server: ScriptedServer, behaviour: str, problem: str, advice: str
) -> None:
    error, seconds = failure(server, behaviour)
    message = str(error)
    assert problem in message
    assert advice in message
    assert server.base_url in message
    assert len(message.splitlines()) == 1
    assert len(message) < 250
    assert "<" not in message
    assert KEY not in message
    assert KEY not in repr(error)
    assert error.__cause__ is None
    assert seconds < TIMEOUT + 1.0


def test_nobody_listening_is_told_at_once() -> None:
    began = time.monotonic()
    with pytest.raises(ModelError, match=r"http://127\.0\.0\.1:9/v1 could not be reached \(connection refused\)"):
        ChatModel("m", base_url="http://127.0.0.1:9/v1", timeout=20).complete([{"role": "user", "content": "x"}])
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("behaviour", ["too_many_requests_once", "server_error_once"])
def test_a_passing_failure_is_tried_again(server: ScriptedServer, behaviour: str) -> None:
    server.behaviour = behaviour
    assert drafted(server, timeout=5.0) == "Quartzfold removes 30% of the layers [1]."
    assert len(server.asked) == 2


def test_nothing_is_asked_twice_once_words_have_come(server: ScriptedServer) -> None:
    failure(server, "cut_stream")
    assert len(server.asked) == 1


def test_a_redirect_takes_the_key_to_no_other_host(server: ScriptedServer) -> None:
    failure(server, "redirect_elsewhere")
    assert server.other.asked == []


def test_a_refused_key_is_not_tried_again(server: ScriptedServer) -> None:
    failure(server, "unauthorized")
    assert len(server.asked) == 1


def test_the_key_comes_out_nowhere(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    model = model_at(server)
    with caplog.at_level(logging.DEBUG):
        server.behaviour = "echoes_the_key"
        draft = LLMAnswerer(model).draft(QUERY, EVIDENCE)
        chunks = list(draft)
        error, _ = failure(server, "unauthorized")
    printed = capsys.readouterr()
    for text in (
        *chunks,
        "".join(chunks),
        draft.text,
        str(error),
        repr(error),
        repr(model),
        str(vars(model)),
    ):
        assert KEY not in text
    assert KEY not in caplog.text
    assert KEY not in printed.out + printed.err


def test_a_password_in_the_address_is_not_told() -> None:
    model = ChatModel("m", base_url="http://user:pa55word@127.0.0.1:9/v1?token=t0ken", timeout=2)
    with pytest.raises(ModelError) as caught:
        model.complete([{"role": "user", "content": "x"}])
    assert "pa55word" not in str(caught.value) + repr(model)
    assert "t0ken" not in str(caught.value) + repr(model)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("openai:gpt-5-mini", "OPENAI_API_KEY"),
        ("gpt-5-mini", "OPENAI_API_KEY"),
        ("a-name-that-nobody-knows", "provider:model"),
    ],
)
def test_a_model_that_cannot_be_set_up_says_what_to_set(name: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        ChatModel(name).complete([{"role": "user", "content": "x"}])


# Other models than configured ones


def test_any_langchain_chat_model_can_write() -> None:
    from langchain_core.language_models import GenericFakeChatModel
    from langchain_core.messages import AIMessage

    said = "Quartzfold removes 30% of the layers [1]."
    draft = LLMAnswerer(ChatModel(GenericFakeChatModel(messages=iter([AIMessage(said)])))).draft(QUERY, EVIDENCE)
    assert "".join(draft) == said


def test_a_langchain_chat_model_that_hangs_is_left_in_time() -> None:
    from langchain_core.language_models import GenericFakeChatModel
    from langchain_core.messages import AIMessage

    class Hanging(GenericFakeChatModel):
        def _generate(self, *args: object, **kwargs: object) -> object:  # type: ignore[override]
            time.sleep(2)
            raise AssertionError("nobody waits for this")

    model = ChatModel(Hanging(messages=iter([AIMessage("x")])), timeout=0.3)
    began = time.monotonic()
    with pytest.raises(ModelError, match="did not finish"):
        model.complete([{"role": "user", "content": "x"}])
    assert time.monotonic() - began < 1.5


def test_what_a_langchain_chat_model_raises_is_told_plainly() -> None:
    from langchain_core.language_models import GenericFakeChatModel

    model = ChatModel(GenericFakeChatModel(messages=iter([])), timeout=2)
    with pytest.raises(ModelError, match="GenericFakeChatModel"):
        model.complete([{"role": "user", "content": "x"}])


# Opinions and probes


class _SaysYesTo:
    def __init__(self, word: str) -> None:
        self.word = word

    def model(self) -> ChatModel:
        from langchain_core.language_models import GenericFakeChatModel
        from langchain_core.messages import AIMessage

        return ChatModel(GenericFakeChatModel(messages=iter([AIMessage(self.word)])))


@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        ("yes", True),
        ("Yes.", True),
        ("**No**, the figure differs", False),
        ("是", True),
        ("不支持", False),
        ("支持", True),
        ("perhaps", None),
        ("Nobody knows", None),
        ("not supported", False),
    ],
)
def test_a_second_opinion_is_yes_no_or_nothing(word: str, verdict: bool | None) -> None:
    assert second_opinion(_SaysYesTo(word).model())("a claim", ["a quote"]) is verdict


def test_a_second_opinion_is_not_asked_for_again_right_after_a_failure(server: ScriptedServer) -> None:
    server.behaviour = "unauthorized"
    ask = second_opinion(model_at(server))
    assert ask("a claim", ["a quote"]) is None
    assert ask("a claim", ["a quote"]) is None
    assert len(server.asked) == 1


def test_a_probe_tells_what_came_back_or_what_is_wrong(server: ScriptedServer) -> None:
    server.behaviour = "refusal"
    assert "replied" in probe(model_at(server))
    server.behaviour = "unauthorized"
    with pytest.raises(ModelError, match="did not accept the key"):
        probe(model_at(server))
