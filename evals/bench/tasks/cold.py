"""The command line from a cold start."""

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

from evals.bench.clock import each_timed, timing_of
from evals.bench.fresh import environment
from evals.bench.results import Timing
from evals.systems import Progress, Unavailable

# Runs a command and writes which modules of others it had imported by its end, in their order.
_IMPORTED = """
import json, sys
from assistant.cli import main
code = main(sys.argv[2:])
ours = ("assistant", "vectorstore", "prompts", "evals", "__main__")
libraries = [name for name in sys.modules if name.partition(".")[0] not in ours]
open(sys.argv[1], "w").write(json.dumps(libraries))
raise SystemExit(code)
"""
# Imports these modules, and nothing of this project.
_IMPORTS = """
import contextlib, importlib, json, sys
for name in json.load(open(sys.argv[1])):
    with contextlib.suppress(Exception):
        importlib.import_module(name)
"""


def ask(tell: Progress, *, home: str, question: str, times: int) -> dict[str, Any]:
    """`assistant ask` with the store ready, in turn with the imports of its libraries alone.

    Args:
        home: the assistant's, its collection ready.
        question: what is asked.
        times: how often, after one to warm up what the system keeps of files.
    """
    modules = Path(home) / "imported.json"
    asked = [sys.executable, "-m", "assistant", "ask", question, "--no-model"]
    _run(home, [sys.executable, "-c", _IMPORTED, str(modules), *asked[3:]])
    commands = {
        "ask": asked,
        "imports": [sys.executable, "-c", _IMPORTS, str(modules)],
        "python": [sys.executable, "-c", "pass"],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    processor = dict.fromkeys(commands, 0.0)
    for turn in range(times + 1):
        for name, command in commands.items():
            tell(turn, times + 1, "asking from a cold start")
            (took,), spent = each_timed(lambda words: _run(home, words), [command])
            if turn:
                seconds[name].append(took)
                processor[name] += spent
    timings: dict[str, Timing] = {name: timing_of(each, processor[name]) for name, each in seconds.items()}
    return {
        "timings": {name: timing.model_dump() for name, timing in timings.items()},
        "modules": len(json.loads(modules.read_text())),
        "memory": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    }


def _run(home: str, command: list[str]) -> None:
    done = subprocess.run(  # noqa: S603
        command, env=environment(ASSISTANT_HOME=home), cwd=home, capture_output=True, check=False
    )
    if done.returncode:
        raise Unavailable(done.stderr.decode("utf-8", "replace").strip().split("\n")[-1])
