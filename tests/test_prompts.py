"""Prompts: every blank is filled, and what fills it stays data."""

from importlib.resources import files

import pytest

import prompts

NAMES = sorted(entry.name.removesuffix(".txt") for entry in files("prompts").iterdir() if entry.name.endswith(".txt"))


@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_with_all_its_blanks_filled_has_no_blank_left(name: str) -> None:
    prompt = prompts.load(name)
    filled = prompt.fill(**dict.fromkeys(prompt.blanks, "VALUE"))
    assert "$" not in filled
    assert filled.count("VALUE") >= len(prompt.blanks)


def test_what_fills_a_blank_is_put_in_as_it_stands() -> None:
    filled = prompts.load("check").fill(claim="it costs $5 and ${quote} $$", quote="{0} %s $claim")
    assert "it costs $5 and ${quote} $$" in filled
    assert "{0} %s $claim" in filled


def test_a_missing_or_unknown_blank_is_refused() -> None:
    with pytest.raises(KeyError, match="claim"):
        prompts.load("check").fill(quote="x")
    with pytest.raises(KeyError, match="other"):
        prompts.load("check").fill(quote="x", claim="y", other="z")


def test_the_prompt_that_answers_is_short_enough_for_a_small_context() -> None:
    system = prompts.load("answer_system").fill(language="English", no_answer="NO_ANSWER")
    assert len(system) < 1800


def test_the_prompt_that_answers_shows_right_and_wrong_citations() -> None:
    text = prompts.load("answer_system").text
    assert "Right:" in text
    assert text.count("Wrong:") >= 3
