"""Files to run the server for many: for Docker Compose, and for systemd."""

import sys
from importlib.resources import files
from pathlib import Path

_UNITS = ("paper-cards-store.service", "paper-cards.service")


def compose_file() -> str:
    """A Compose file: page, Chroma server and, as a profile, a model server."""
    return _text("compose.yaml")


def systemd_units() -> str:
    """Units for a Chroma server and the page, one after the other, for this installation."""
    folder = str(Path(sys.executable).parent)
    return "\n".join(f"# /etc/systemd/system/{name}\n{_text(name).replace('{folder}', folder)}" for name in _UNITS)


def _text(name: str) -> str:
    return (files("assistant.web") / "deploy" / name).read_text("utf-8")
