"""Cards as JSON: one object a line, or one array."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vectorstore.cards import FIELDS, CardText
from vectorstore.errors import CardFormatError
from vectorstore.readers.cardfile import CardFile, Placed, finished, has_text

_BLANK = re.compile(r"\s*")
_HALF = re.compile(r"[\ud800-\udfff]")


class Questions(BaseModel):
    """The questions a card answers, by language."""

    model_config = ConfigDict(extra="forbid")

    en: list[str] = Field(default_factory=list)
    zh: list[str] = Field(default_factory=list)


class Record(CardText):
    """One JSON object; only a category and some text are required."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field("", max_length=200, pattern=r"^[^|\s]*$")
    category: str = Field(min_length=1, max_length=200)
    title: str = Field("", max_length=1_000)
    tags: list[str] = Field(default_factory=list)
    questions: Questions | list[str] = Field(default_factory=Questions)


def read_records(path: Path, text: str) -> CardFile:
    """Read JSON lines or a JSON array of cards.

    Raises:
        CardFormatError: a line is not the JSON of a card.
    """
    return finished(path, [_placed(path, line, value) for line, value in _values(path, text)])


def _values(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    """Each JSON value with the line it begins on."""
    if text.lstrip().startswith("["):
        yield from _items(path, text)
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                raise CardFormatError(path, number, f"not JSON ({_short(error)}); expected one object a line") from None


def _items(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    decoder = json.JSONDecoder()
    place, line, counted = text.index("[") + 1, 1, 0
    expected = "a card or ']'"
    while True:
        place = _BLANK.match(text, place).end()  # type: ignore[union-attr]
        line += text.count("\n", counted, place)
        counted = place
        if text[place : place + 1] == "]" and expected != "a card":
            break
        if expected == "',' or ']'":
            if text[place : place + 1] != ",":
                raise CardFormatError(path, line, f"not JSON; expected {expected}")
            place, expected = place + 1, "a card"
            continue
        try:
            value, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError as error:
            raise CardFormatError(path, error.lineno, f"not JSON ({error.msg}); expected {expected}") from None
        except RecursionError as error:
            raise CardFormatError(path, line, f"not JSON ({_short(error)})") from None
        yield line, value
        expected = "',' or ']'"
    if text[place + 1 :].strip():
        raise CardFormatError(path, line, "not JSON; expected nothing after the array")


def _short(error: Exception) -> str:
    return getattr(error, "msg", None) or type(error).__name__


def _placed(path: Path, line: int, value: Any) -> Placed:
    if not isinstance(value, dict):
        raise CardFormatError(path, line, "expected a JSON object with a category and an abstract")
    half = _HALF.search(json.dumps(value, ensure_ascii=False))
    if half is not None:
        raise CardFormatError(
            path, line, f"{half.group()!r} is half of a character, which no file can hold; take it out"
        )
    try:
        record = Record.model_validate(value)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in problem["loc"] if part not in ("Questions", "list[str]"))
        if problem["type"] == "extra_forbidden":
            raise CardFormatError(
                path, line, f"unknown key {place!r}; known are {', '.join(Record.model_fields)} (questions: en, zh)"
            ) from None
        raise CardFormatError(path, line, f"{place}: {problem['msg']}") from None
    texts = CardText(**{name: getattr(record, name).strip() for name in FIELDS})
    if not has_text(texts):
        raise CardFormatError(path, line, f"this card has no text; give at least one of {', '.join(FIELDS)}")
    asked = record.questions
    questions = [*asked.en, *asked.zh] if isinstance(asked, Questions) else asked
    return Placed(
        line=line,
        category=record.category.strip(),
        tags=tuple(dict.fromkeys(tag.strip() for tag in record.tags if tag.strip())),
        texts=texts,
        questions=tuple(question.strip() for question in questions if question.strip()),
        id=record.id,
        title=record.title.strip(),
    )
