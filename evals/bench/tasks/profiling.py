"""Where time goes: the imports of a cold `assistant ask`, and the functions of warm answers."""

import cProfile
import pstats
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from evals.bench.fresh import environment
from evals.bench.tasks.cards import questions
from evals.bench.tasks.opening import assistant_at
from evals.systems import Progress, Unavailable

_OURS = ("assistant", "vectorstore", "prompts", "evals")
_IMPORT = "import time:"


def cold(tell: Progress, *, home: str, question: str) -> dict[str, Any]:
    """One `assistant ask`: what the import of each library took, without what that imported itself.

    Args:
        home: the assistant's, its collection ready.
        question: what is asked.
    """
    command = [sys.executable, "-X", "importtime", "-m", "assistant", "ask", question, "--no-model"]
    for _ in range(2):
        began = time.perf_counter()
        done = subprocess.run(  # noqa: S603
            command, env=environment(ASSISTANT_HOME=home), cwd=home, capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - began
    if done.returncode:
        raise Unavailable(done.stderr.strip().split("\n")[-1])
    libraries: Counter[str] = Counter()
    for line in done.stderr.splitlines():
        if line.startswith(_IMPORT) and "[us]" not in line:
            own, _, name = line.removeprefix(_IMPORT).split("|")
            libraries[_library(name.strip())] += int(own)
    return {"seconds": seconds, "libraries": {name: spent / 1e6 for name, spent in libraries.most_common()}}


def _library(module: str) -> str:
    top = module.partition(".")[0]
    if top in _OURS:
        return "this project"
    return "Python's own" if top in sys.stdlib_module_names else top


def answer(tell: Progress, *, home: str, limit: int) -> dict[str, Any]:
    """Warm answers without a model: what each module's own functions took, built-in ones counted for their caller.

    Args:
        home: the assistant's, its collection ready.
        limit: how many questions, after some to warm up.
    """
    assistant = assistant_at(home)
    warming, asked = questions(limit)
    for question in warming[:20]:
        assistant.answer(question)
    profile = cProfile.Profile()
    for done, question in enumerate(asked, 1):
        profile.runcall(assistant.answer, question)
        tell(done, len(asked), "profiling answers")
    spent: Counter[str] = Counter()
    stats: dict[Any, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    for (file, _, name), (_, _, own, _, callers) in stats.items():
        if file.startswith("~") and callers:
            for caller, (_, _, part, _) in callers.items():
                spent[_module(caller[0], name)] += part
        else:
            spent[_module(file, name)] += own
    return {"answers": len(asked), "modules": {name: total / len(asked) for name, total in spent.most_common()}}


def _module(file: str, name: str) -> str:
    """Where a function is, in words: a module of this project, or a library."""
    if file.startswith(("~", "<")):
        return name.strip("<>")
    path = Path(file)
    for place, part in enumerate(path.parts):
        if part in _OURS:
            return ".".join([*path.parts[place:-1], path.stem])
        if part == "site-packages":
            return Path(path.parts[place + 1]).stem
    return "Python's own"
