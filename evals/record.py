"""Remembers every outcome as it comes, so that an interrupted run goes on and a repeated one costs nothing."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evals.datasets.models import AnyItem
from evals.results import Outcome, SystemInfo

# Whose code decides what comes back; the suite's own scoring is done afresh each time.
_PACKAGES = ("assistant", "vectorstore", "prompts", "evals.systems")
_COUNTED = (".py", ".json", ".txt")


class Record:
    """A file of outcomes, one a line, each under a key of everything that it depends on.

    Args:
        path: the file; made if absent. A line that a crash cut short is passed over.
        code: version of the code that is measured; what another one gave can never be used again and goes.
    """

    def __init__(self, path: Path, code: str) -> None:
        self._code = code
        self._known: dict[str, Outcome] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = [line for line in _lines(path) if self._take(line)]
        temporary = path.with_name(path.name + ".new")
        temporary.write_text("".join(f"{line}\n" for line in kept), "utf-8")
        temporary.replace(path)
        self._file = path.open("a", encoding="utf-8")

    def _take(self, line: str) -> bool:
        try:
            value = json.loads(line)
            if value["code"] != self._code:
                return False
            self._known[value["key"]] = Outcome.model_validate(value["outcome"])
        except (ValueError, KeyError, TypeError, ValidationError):
            return False
        return True

    def get(self, key: str) -> Outcome | None:
        """What came back under this key before."""
        found = self._known.get(key)
        return found.model_copy(deep=True) if found is not None else None

    def put(self, key: str, outcome: Outcome) -> None:
        """Remember what came back; it outlives the process from here on."""
        self._known[key] = outcome.model_copy(deep=True)
        value = {"code": self._code, "key": key, "outcome": outcome.model_dump(mode="json", exclude_defaults=True)}
        self._file.write(json.dumps(value, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8", "replace").split("\n") if path.exists() else []


def key_of(task: str, system: SystemInfo, item: AnyItem, circumstances: Mapping[str, Any]) -> str:
    """A hash of everything that an outcome depends on.

    Args:
        task, system, item: who is asked what.
        circumstances: content of the collection, code and settings.
    """
    parts = [task, system.name, item.model_dump(mode="json"), dict(circumstances)]
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


@cache
def code_version() -> str:
    """A hash over the files of the packages whose code is measured; changes with any of them."""
    digest = hashlib.sha256()
    for name in _PACKAGES:
        folder = Path(str(import_module(name).__file__)).parent
        for path in sorted(folder.rglob("*")):
            if path.suffix in _COUNTED and "__pycache__" not in path.parts:
                digest.update(f"{name}/{path.relative_to(folder)}\n".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
