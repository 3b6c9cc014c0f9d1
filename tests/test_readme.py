"""The README says what is: its table of settings, its commands and its fields of an answer."""

import ast
import re
import shlex
from pathlib import Path

import pytest
import typer
from pydantic.fields import FieldInfo

from assistant.settings import Settings
from assistant.types import Answer

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def setting_row(name: str, field: FieldInfo) -> str:
    """The README's row of one setting."""
    alias = field.validation_alias
    names = [f"ASSISTANT_{name.upper()}"] if alias is None else [str(choice) for choice in alias.choices]
    # The name that other tools use comes first: most people have set it already.
    variables = " or ".join(f"`{variable}`" for variable in reversed(names))
    default = "the user's data folder" if field.default_factory else str(field.default)
    shown = {"None": "", "True": "`true`"}.get(default, f"`{default}`" if field.default_factory is None else default)
    return f"| {variables} | {shown} | {field.description} |"


def test_the_table_of_settings_is_complete_and_true() -> None:
    rows = [setting_row(name, field) for name, field in Settings.model_fields.items()]
    table = README.partition("| variable | default | what |\n|---|---|---|\n")[2].partition("\n\n")[0]
    assert table.splitlines() == rows


def test_every_field_of_an_answer_is_explained() -> None:
    table = README.partition("| field of an `Answer` | holds |\n|---|---|\n")[2].partition("\n\n")[0]
    assert [row.split("`")[1] for row in table.splitlines()] == list(Answer.model_fields)


def test_python_examples_are_python() -> None:
    examples = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert examples
    for example in examples:
        ast.parse(example)


@pytest.mark.parametrize(
    "line", [line.strip() for line in README.splitlines() if re.match(r"    (\S+=\S+ )*assistant ", line)]
)
def test_command_lines_name_commands_and_options_that_exist(line: str) -> None:
    from assistant.cli.app import app

    words = shlex.split(line.partition("  ")[0])
    command, *rest = words[words.index("assistant") + 1 :]
    known = typer.main.get_command(app).commands[command]  # type: ignore[attr-defined]
    options = {option for parameter in known.params for option in parameter.opts}
    assert {word for word in rest if word.startswith("--")} <= options


def test_no_path_of_one_machine_is_in_the_readme() -> None:
    assert not re.search(r"/(home|root|work|tmp|Users)/", README)
