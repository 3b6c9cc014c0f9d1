"""The questions and claims that the suite asks, and how a user adds more."""

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from evals.datasets.models import QUESTION_KINDS, AnyItem, LabelledClaim
from vectorstore.errors import CardFormatError

BUILTIN = ("questions.jsonl", "questions-hard.jsonl", "claims.jsonl")
_LARGEST_FILE = 64 * 1024 * 1024
_ADAPTER: TypeAdapter[AnyItem] = TypeAdapter(AnyItem)


class DatasetError(CardFormatError):
    """A data set that cannot be read: names file and line, and what to mend there."""


@cache
def builtin_items() -> tuple[AnyItem, ...]:
    """The questions and claims that come with the suite, in the order of their files."""
    found: list[AnyItem] = []
    for name in BUILTIN:
        with as_file(files(__name__) / name) as path:
            found += read_items(path, known=found)
    return tuple(found)


def read_items(path: Path, *, known: Sequence[AnyItem] = ()) -> list[AnyItem]:
    """Read one data set.

    Args:
        path: JSON lines; each is a question of one of the kinds, or a claim. Empty lines are skipped.
        known: items read before; their ids are taken.

    Raises:
        DatasetError: names the line that cannot be used, and why.
    """
    taken = {item.id: "another file of this run" for item in known}
    found: list[AnyItem] = []
    for number, line in enumerate(_decoded(path).split("\n"), start=1):
        if not line.strip():
            continue
        item = _item(path, number, line)
        if item.id in taken:
            raise DatasetError(path, number, f"id {item.id!r} is already that of {taken[item.id]}; give another")
        taken[item.id] = f"line {number}"
        found.append(item)
    if not found:
        raise DatasetError(path, None, "there is no question and no claim in this file")
    return found


def read_claims(path: Path) -> list[LabelledClaim]:
    """Read a file of labelled claims.

    Raises:
        DatasetError: names the line that cannot be used, and why; a question is none.
    """
    found = []
    for number, item in enumerate(read_items(path), start=1):
        if not isinstance(item, LabelledClaim):
            raise DatasetError(path, None, f"item {number} ({item.id}) is a question; expected claims alone")
        found.append(item)
    return found


def _decoded(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise DatasetError(path, None, "larger than 64 MB; split it")
        raw = path.read_bytes()
    except OSError as error:
        raise DatasetError(path, None, f"cannot be read ({error.strerror or error})") from None
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DatasetError(path, line, "not UTF-8; save the file as UTF-8 and try again") from None


def _item(path: Path, number: int, line: str) -> AnyItem:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        problem = getattr(error, "msg", type(error).__name__)
        raise DatasetError(path, number, f"not JSON ({problem}); expected one object a line") from None
    if not isinstance(value, dict):
        raise DatasetError(path, number, "expected an object with a question and a kind, or a claim and a card")
    try:
        return _ADAPTER.validate_python(value)
    except ValidationError as error:
        raise DatasetError(path, number, _mend(value, error)) from None


def _mend(value: dict[str, Any], error: ValidationError) -> str:
    """The first thing that is wrong with a line, in words that say what to type."""
    problem = error.errors(include_url=False, include_input=False)[0]
    if problem["type"] in ("union_tag_invalid", "union_tag_not_found"):
        kind = value.get("kind")
        said = f"kind is {kind!r}" if "kind" in value else "there is no kind"
        return f"{said}; a question's kind is one of {', '.join(QUESTION_KINDS)}, and a claim has the key 'claim'"
    # The first part of the place is the tag of the model, which is no key of the line.
    place = ".".join(str(part) for part in problem["loc"][1:])
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "missing":
        return f"{place} is missing"
    if problem["type"] == "extra_forbidden":
        return f"unknown key {place!r}; remove it or mend its spelling"
    return f"{place}: {message}" if place else message
