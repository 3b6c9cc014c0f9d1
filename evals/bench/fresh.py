"""Runs a task in a process of its own, so that its memory and what it does for the first time are its own.

A task is a function in a module of `evals.bench.tasks`; it takes its arguments and a function to tell its progress,
and returns something that JSON can hold.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from pydantic import BaseModel

from evals.bench.clock import processor_time
from evals.bench.memory import peak_with_children
from evals.systems import Progress, Unavailable
from vectorstore.errors import UserError

_TASKS = "evals.bench.tasks"
# What is set for the reader's own assistant must not change what is measured.
_CONFIGURING = ("ASSISTANT_", "OPENAI_", "CHROMA_")
_SAID = 300


class Failed(Exception):
    """A task that gave nothing; the message says why."""


class Taken(BaseModel):
    """What a task gave.

    Args:
        result: what it returned.
        peak: bytes that its process, and those it had started, held at most.
        processor: seconds of processor time that they took, start-up included.
    """

    result: dict[str, Any]
    peak: int
    processor: float


class Fresh:
    """Starts tasks; one that was run before in this run with the same arguments is not run again.

    Args:
        folder: the tasks' working folder.
        progress: told what they tell.
    """

    def __init__(self, folder: Path, progress: Progress) -> None:
        self._folder, self._progress = folder, progress
        self._done: dict[str, Taken] = {}

    def run(self, task: str, *, turn: int = 0, **arguments: Any) -> Taken:
        """Run a task to its end.

        Args:
            task: `module.function` below `evals.bench.tasks`.
            turn: another one runs the same thing again.
            arguments: for it, such as JSON can hold.

        Raises:
            Failed: it cannot be done here, or it broke off.
        """
        key = json.dumps([task, turn, arguments], sort_keys=True)
        if key not in self._done:
            self._done[key] = self._run(task, arguments)
        return self._done[key]

    def _run(self, task: str, arguments: Mapping[str, Any]) -> Taken:
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "evals.bench.fresh", task, json.dumps(arguments)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self._folder,
                env=environment(),
                encoding="utf-8",
            )
            try:
                said = self._heard(process.stdout)
                process.wait()
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            if "taken" in said:
                return Taken.model_validate(said["taken"])
            log.seek(0)
            last = log.read().strip().split("\n")[-1]
        why = said.get("failed") or last or f"it ended with {process.returncode} and said nothing"
        raise Failed(str(why)[:_SAID])

    def _heard(self, lines: IO[str] | None) -> dict[str, Any]:
        """The last thing that the task says; its progress is passed on."""
        for line in lines or ():
            said: dict[str, Any] = json.loads(line)
            if "progress" not in said:
                return said
            done, total, what = said["progress"]
            self._progress(done, total, what)
        return {}


def environment(**more: str) -> dict[str, str]:
    """The environment of what is measured: this package, and no settings but those given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_CONFIGURING)}
    packages = [str(Path(__file__).parents[2]), *filter(None, [kept.get("PYTHONPATH")])]
    return kept | {"PYTHONPATH": os.pathsep.join(packages)} | more


def main(task: str, arguments: str) -> int:
    """What runs in the other process."""
    # What libraries print must not get between the lines of the protocol.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(value: dict[str, Any]) -> None:
        out.write(json.dumps(value) + "\n")
        out.flush()

    def tell(done: int, total: int, what: str) -> None:
        say({"progress": [done, total, what]})

    module, _, function = task.partition(".")
    try:
        result = getattr(import_module(f"{_TASKS}.{module}"), function)(tell, **json.loads(arguments))
    except (Unavailable, UserError) as reason:
        say({"failed": str(reason)})
        return 1
    taken = Taken(result=result, peak=peak_with_children(), processor=processor_time())
    say({"taken": taken.model_dump()})
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
