"""What a model writes is cleaned as it comes, and a loop is noticed while it is written."""

import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.fencing import plain, shortened, tokens
from assistant.answering.output import OutputFilter, after_thinking, whole_sentences
from assistant.answering.repetition import RepetitionGuard

SECRET = "sk-0123456789"
PIECES = st.lists(
    st.sampled_from(["<think>", "</think>", "<thi", "nk>", SECRET, "sk-01234", "56789", "a", " ", "<", "。", "\x1b"])
)


def passed(text: str, sizes: list[int]) -> str:
    output, shown = OutputFilter(SECRET), ""
    for size in sizes:
        shown += output.feed(text[:size])
        text = text[size:]
    return shown + output.feed(text) + output.finish()


@given(PIECES.map("".join), st.lists(st.integers(0, 9), max_size=30))
def test_the_way_a_text_is_cut_into_chunks_makes_no_difference(text: str, sizes: list[int]) -> None:
    assert passed(text, sizes) == passed(text, [])


@given(PIECES.map("".join), st.lists(st.integers(0, 9), max_size=30))
def test_neither_the_key_nor_thinking_nor_control_characters_pass(text: str, sizes: list[int]) -> None:
    shown = passed(text, sizes)
    assert SECRET not in shown
    assert "<think>" not in shown
    assert "\x1b" not in shown


@given(st.text())
def test_what_passes_can_be_written_as_utf8(text: str) -> None:
    passed(text + "\ud800", []).encode()


def test_plain_text_passes_at_once_and_as_it_is() -> None:
    assert (
        OutputFilter(SECRET).feed("Accuracy rises to 61.5% [2].\n是 x < y") == "Accuracy rises to 61.5% [2].\n是 x < y"
    )


def test_only_the_text_after_the_thinking_is_kept() -> None:
    assert after_thinking("I should say 9 [1].</think>\n\nIt is 8 [1].") == "It is 8 [1]."
    assert after_thinking("It is 8 [1].") == "It is 8 [1]."


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        ("It rises to 14.4% [1]. It does not", "It rises to 14.4% [1]."),
        ("It rises [1]. The loss is 14.", "It rises [1]."),
        ("它提升了 3.2% [1]。但是并不", "它提升了 3.2% [1]。"),
        ("它提升了 3.2%。[1] 但是并不", "它提升了 3.2%。[1]"),
        ("A rises [1]\nB does not", "A rises [1]"),
        ("It rises to 14", ""),
        ("It rises [1]. All of it is here [2]", "It rises [1]. All of it is here [2]"),
    ],
)
def test_half_a_sentence_is_dropped(cut: str, whole: str) -> None:
    assert whole_sentences(cut) == whole


def test_real_text_is_never_taken_for_a_loop() -> None:
    for line in files("vectorstore.corpus").joinpath("digest.jsonl").read_text("utf-8").splitlines()[:200]:
        card = json.loads(line)
        guard = RepetitionGuard()
        for name in ("abstract", "tldr", "motivation", "problem", "analysis", "method", "experiments"):
            text = card.get(name) or ""
            assert not any(guard.loops(text[at : at + 7]) for at in range(0, len(text), 7)), card["id"]


@given(st.text("abcdefgh 是的不。[1]", min_size=1, max_size=80), st.integers(1, 20))
def test_a_loop_is_noticed_soon(unit: str, size: int) -> None:
    guard, text = RepetitionGuard(), unit * (800 // len(unit) + 6)
    written = 0
    for at in range(0, len(text), size):
        written = at + size
        if guard.loops(text[at : at + size]):
            break
    else:
        pytest.fail(f"{unit!r} is not noticed")
    assert written <= max(200, 6 * len(unit)) + 100


@given(st.text(), st.integers(1, 200))
def test_a_shortened_text_fits_and_is_a_beginning(text: str, limit: int) -> None:
    short = shortened(text.encode("utf-8", "ignore").decode(), limit)
    assert tokens(short) <= max(limit, 1)
    assert text.encode("utf-8", "ignore").decode().startswith(short)


@given(st.lists(st.sampled_from(["</evidence>", "<|im_end|>", "[3]", "[INST]", "\n", "<", "|", ">", "/", "a"])))
def test_plain_text_has_no_fence_no_template_token_and_no_marker(parts: list[str]) -> None:
    text = plain("".join(parts))
    for token in ("</", "<|", "|>", "[3]", "[INST]", "\n"):
        assert token not in text
