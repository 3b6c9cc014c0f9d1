"""A dead endpoint costs one user time, and the next none; it is asked again when it may be back."""

import time
from pathlib import Path

import pytest
from pydantic import SecretStr
from scripted_server import ScriptedServer

from assistant import Assistant
from assistant.answering import breaker as breakers
from assistant.answering.breaker import Breaker
from assistant.settings import Settings

QUESTION = "How does GuardSpace keep a model safe during fine-tuning?"
TIMEOUT = 1.0


class Clock:
    """Time that passes when told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock)


def test_a_living_endpoint_is_always_asked(breaker: Breaker) -> None:
    for _ in range(5):
        assert breaker.enter() is None
        breaker.passed()


def test_a_dead_one_is_left_alone_for_some_times_as_long_as_that_took_to_find_out(
    breaker: Breaker, clock: Clock
) -> None:
    assert breaker.enter() is None
    breaker.failed(cost=2.0)
    assert breaker.enter() == 10.0
    clock.now += 9.0
    assert breaker.enter() == 1.0
    clock.now += 1.0
    assert breaker.enter() is None


def test_only_one_tries_whether_it_is_back_and_the_others_go_on_when_it_is(breaker: Breaker, clock: Clock) -> None:
    breaker.failed(cost=2.0)
    clock.now += 10.0
    assert breaker.enter() is None
    assert breaker.enter() is not None
    breaker.passed()
    assert [breaker.enter() for _ in range(3)] == [None, None, None]


def test_a_try_that_fails_doubles_the_pause_up_to_a_minute(breaker: Breaker, clock: Clock) -> None:
    breaker.failed(cost=1.0)
    pauses = []
    for _ in range(6):
        left = breaker.enter()
        assert left is not None
        pauses.append(left)
        clock.now += left
        assert breaker.enter() is None
        breaker.failed(cost=1.0)
    assert pauses == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]


def test_a_try_that_was_stopped_or_lost_lets_another_follow(breaker: Breaker, clock: Clock) -> None:
    breaker.failed(cost=1.0)
    clock.now += 5.0
    assert breaker.enter() is None
    breaker.left()
    assert breaker.enter() is None, "stopped by its user"
    clock.now += 60.0
    assert breaker.enter() is None, "nothing was heard of it"


def written_by(server_url: str, home: Path, **more: object) -> Assistant:
    return Assistant(
        Settings(
            home=home,
            model="scripted-model",
            openai_base_url=server_url,
            openai_api_key=SecretStr("sk-scripted"),
            model_timeout=TIMEOUT,
            understanding="rules",
            **more,  # type: ignore[arg-type]
        )
    )


def timed(assistant: Assistant) -> tuple[float, str, list[str]]:
    began = time.monotonic()
    answer = assistant.answer(QUESTION)
    assert answer.status == "answered"
    return time.monotonic() - began, answer.mode, answer.notes


@pytest.mark.parametrize("behaviour", ["silence", "headers_then_silence", "drip", "unavailable", "wait_an_hour"])
def test_the_second_question_to_a_dead_endpoint_is_answered_at_once(
    home: Path, scripted_server: ScriptedServer, behaviour: str
) -> None:
    assistant = written_by(scripted_server.base_url, home)
    assert timed(assistant)[1] == "llm"
    scripted_server.behaviour = behaviour
    assert timed(assistant)[1] == "extractive"
    asked = len(scripted_server.completions)
    seconds, mode, notes = timed(assistant)
    assert mode == "extractive"
    assert seconds < TIMEOUT / 2
    assert len(scripted_server.completions) == asked, "nothing was sent"
    assert "left alone" in notes[0]


def test_an_endpoint_that_is_back_writes_again(
    home: Path, scripted_server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breakers, "_TIMES_AS_LONG", 0.0)
    assistant = written_by(scripted_server.base_url, home)
    scripted_server.behaviour = "unavailable"
    assert timed(assistant)[1] == "extractive"
    scripted_server.behaviour = "good"
    assert timed(assistant)[1] == "extractive"
    time.sleep(1.0)
    assert timed(assistant)[1:] == ("llm", [])
    assert timed(assistant)[1:] == ("llm", [])


@pytest.mark.parametrize("behaviour", ["bad_request", "unauthorized", "content_filter", "empty", "cut_stream"])
def test_what_only_one_request_failed_in_keeps_no_other_away(
    home: Path, scripted_server: ScriptedServer, behaviour: str
) -> None:
    assistant = written_by(scripted_server.base_url, home)
    scripted_server.behaviour = behaviour
    assert timed(assistant)[1] == "extractive"
    scripted_server.behaviour = "good"
    assert timed(assistant)[1] == "llm"
