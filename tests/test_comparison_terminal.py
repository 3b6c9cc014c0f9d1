"""A comparison in a terminal: a drawn table where there is room, one column under the other where there is not."""

import io

import pytest
from rich.console import Console

from assistant.cli import rendering
from assistant.types import Answer, Cell, Citation, Table

ANSWER = Answer(
    text="**REAP**: It prunes. [1]\n\n|  | REAP | Mo\x1b[31mNE |\n|---|---|---|\n| Method | It prunes. [1] | the card "
    "does not say |\n\nMore behind it. [1]",
    status="answered",
    mode="extractive",
    language="en",
    kind="compare",
    citations=[Citation(marker=1, card_id="c-1", title="REAP", field="abstract", quote="It prunes.", start=0, end=10)],
    table=Table(
        columns=["REAP", "Mo\x1b[31mNE"],
        headings=["Method"],
        rows=[[Cell(text="It prunes.", markers=[1]), Cell()]],
    ),
)


def shown(answer: Answer, monkeypatch: pytest.MonkeyPatch, *, width: int = 100, terminal: bool = True) -> str:
    """What `show_answer` writes."""
    written = io.StringIO()

    def console(stream: object = None) -> Console:
        return Console(file=written, force_terminal=terminal, width=width, markup=False, highlight=False, no_color=True)

    monkeypatch.setattr(rendering, "console", console)
    rendering.show_answer(answer)
    return written.getvalue()


def test_a_terminal_draws_the_table_between_what_stands_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    written = shown(ANSWER, monkeypatch)
    assert "|---|" not in written
    row = next(line for line in written.split("\n") if "Method" in line)
    assert row.count("│") == 4
    assert "It prunes. [1]" in row
    assert "the card does not say" in row
    assert written.index("It prunes") < written.index("╭") < written.index("More behind it.")


def test_names_are_bold_instead_of_starred(monkeypatch: pytest.MonkeyPatch) -> None:
    written = shown(ANSWER, monkeypatch)
    assert "**" not in written
    assert "\x1b[1mREAP" in written


def test_a_narrow_terminal_has_one_column_under_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line.rstrip() for line in shown(ANSWER, monkeypatch, width=40).split("\n")]
    assert not any("│" in line for line in lines)
    plain = [line.replace("\x1b[1m", "").replace("\x1b[0m", "").replace("\x1b[2m", "") for line in lines]
    assert "  REAP: It prunes. [1]" in plain


def test_no_column_steers_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[31m" not in shown(ANSWER, monkeypatch)
    assert "\x1b[31m" not in shown(ANSWER, monkeypatch, width=40)


def test_a_pipe_gets_the_markdown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    written = shown(ANSWER, monkeypatch, terminal=False)
    assert "**REAP**: It prunes. [1]\n" in written
    assert "| Method | It prunes. [1] | the card does not say |\n" in written


def test_an_answer_without_a_table_is_shown_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = ANSWER.model_copy(update={"text": "First. [1]\n\n- a **name** here\n- another", "table": None})
    written = shown(plain, monkeypatch)
    for words in ("First. [1]", "- a", "here", "- another"):
        assert words in written
