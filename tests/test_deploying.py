"""The Compose file and the systemd units that `assistant serve` prints."""

import re
import shlex
import sys
from pathlib import Path

import yaml
from typer.main import get_command
from typer.testing import CliRunner

from assistant.cli.app import app
from assistant.settings import Settings

SERVE = get_command(app).commands["serve"]  # type: ignore[attr-defined]


def printed(option: str) -> str:
    result = CliRunner().invoke(app, ["serve", option])
    assert result.exit_code == 0
    return result.stdout


def takes(command: str) -> None:
    """Fail unless `assistant serve` knows every option of a command line."""
    words = shlex.split(command)
    known = {name for parameter in SERVE.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known
    assert words[1] == "serve"


def is_a_setting(name: str) -> bool:
    return name.removeprefix("ASSISTANT_").lower() in Settings.model_fields


def test_the_compose_file_runs_page_and_store_with_commands_and_settings_that_exist() -> None:
    services = yaml.safe_load(printed("--print-compose"))["services"]
    assert set(services) == {"store", "model", "page"}
    page = services["page"]
    takes(page["command"])
    assert all(is_a_setting(name) for name in page["environment"])
    assert page["environment"]["ASSISTANT_STORE"] == "http://store:8000"
    assert "profiles" in services["model"], "a machine without a GPU starts the others"


def test_the_units_run_this_installation_with_commands_and_settings_that_exist() -> None:
    units = printed("--print-systemd")
    names = re.findall(r"^# /etc/systemd/system/(\S+)$", units, re.MULTILINE)
    assert names == ["paper-cards-store.service", "paper-cards.service"]
    store, page = re.findall(r"^ExecStart=(.+)$", units, re.MULTILINE)
    folder = str(Path(sys.executable).parent)
    assert store.startswith(f"{folder}/chroma run ")
    assert page.startswith(f"{folder}/assistant ")
    takes(page)
    assert all(is_a_setting(name) for name in re.findall(r"ASSISTANT_\w+(?==)", units))
