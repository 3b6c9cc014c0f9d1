"""`assistant` run as a process of its own, its streams piped or in a terminal, and what most tests ask it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
QUESTION = "How does GuardSpace keep a model safe during fine-tuning?"
GUARDSPACE = "align-a6ef98"


def environment(home: Path | None = None, **more: str) -> dict[str, str]:
    """The environment of a user with nothing configured but the state folder."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "SYSTEMROOT", "TMP")}
    state = {"ASSISTANT_HOME": str(home)} if home else {}
    return kept | {"PYTHONPATH": str(ROOT)} | state | more


def run(
    *arguments: str,
    home: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes | str = "",
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `assistant` as a process of its own, its streams piped."""
    done = subprocess.run(
        [sys.executable, "-m", "assistant", *arguments],
        env=environment(home, **(env or {})),
        input=stdin if isinstance(stdin, bytes) else stdin.encode(),
        capture_output=True,
        timeout=180,
        cwd=cwd or (home.parent if home else None),
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    )


def in_a_terminal(*arguments: str, home: Path, keys: str = "", env: Mapping[str, str] | None = None) -> str:
    """Run `assistant` in a pseudo-terminal, type `keys`, and give all that it drew."""
    pty = pytest.importorskip("pty", reason="needs a POSIX terminal")
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant", *arguments],
        env=environment(home, TERM="xterm", COLUMNS="100", LINES="40", **(env or {})),
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    os.close(follower)
    os.write(leader, keys.encode())
    drawn = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:
            break
        if not piece:
            break
        drawn += piece
    os.close(leader)
    assert process.wait(60) == 0, drawn.decode()
    return drawn.decode()
