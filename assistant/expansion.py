"""Aids for a user's own cards: another wording and questions, written by the model once and kept."""

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, Field, ValidationError

import prompts
from assistant.answering.fencing import plain
from assistant.answering.model import ModelError
from vectorstore.cards import FIELDS, CardAid, PaperCard
from vectorstore.corpus import with_builtin_aid
from vectorstore.errors import UserError
from vectorstore.latex import readable
from vectorstore.lock import Progress

if TYPE_CHECKING:
    from assistant.answering.model import ChatModel

# An endpoint that fails this often in a row is down: go on without it rather than wait for each card.
_FAILURES_IN_A_ROW = 3
# A reply that is not the JSON asked for is asked for once more.
_TRIES = 2
_CARD_CHARACTERS = 6_000

# What comes from a model may hold half characters, which no file takes, and line breaks.
Words = Annotated[str, AfterValidator(plain), Field(min_length=1, max_length=2_000)]


class WrittenAid(BaseModel):
    """What the model is asked for; only ever used to find the card, never quoted."""

    summary: Words
    questions: list[Words] = Field(min_length=1, max_length=12)


def expanded(
    cards: Sequence[PaperCard],
    model: "ChatModel",
    folder: Path,
    progress: Progress | None = None,
    max_calls: int | None = None,
) -> tuple[list[PaperCard], list[str]]:
    """Give every card that has no aid one that the model writes.

    Each aid is kept in a file named by the card's content, so a second run (or one after a kill) asks
    only for what is missing.

    Args:
        cards: the cards as read; those that the built-in corpus has aids for need no other.
        model: who writes.
        folder: where aids are kept.
        progress: called with (done, total, what).
        max_calls: how often the model may be asked in this run; None means no limit.

    Returns:
        The cards, with aids where there is one, and plain warnings.

    Raises:
        UserError: the folder cannot be written.
    """
    report = progress or (lambda done, total, what: None)
    writer = _Writer(model, max_calls)
    result: list[PaperCard] = []
    for done, card in enumerate(cards):
        report(done, len(cards), "writing aids")
        result.append(_with_kept_aid(card, folder))
        if not result[-1].aid.questions and (aid := writer.aid(card)) is not None:
            _keep(aid, card, folder)
            result[-1] = _with(card, aid)
    report(len(cards), len(cards), "writing aids")
    without = sum(not card.aid.questions for card in result)
    if not without:
        return result, []
    what = "1 card is" if without == 1 else f"{without} cards are"
    why = f" ({writer.problem})" if writer.problem else ""
    return result, [f"{what} without an aid{why}; run the same command again to go on"]


def with_kept_aids(cards: Iterable[PaperCard], folder: Path) -> Iterator[PaperCard]:
    """The cards with the aids that were written for them before, so that a later ingest does not lose them."""
    return (_with_kept_aid(card, folder) for card in cards) if folder.is_dir() else iter(cards)


class _Writer:
    """Asks the model within a budget, until it is told to stop or fails too often in a row.

    Args:
        model: who writes.
        calls: how many requests are left; None means any number.
    """

    def __init__(self, model: "ChatModel", calls: int | None) -> None:
        self._model, self._calls = model, calls
        self._failures = 0
        self.problem = ""

    def aid(self, card: PaperCard) -> WrittenAid | None:
        """An aid for one card, or None where there is none to be had."""
        if self._failures >= _FAILURES_IN_A_ROW or self._calls == 0:
            return None
        texts = (f"{field}: {readable(card.text(field))}" for field in FIELDS if card.text(field))
        shown = "\n".join(plain(text) for text in texts)[:_CARD_CHARACTERS]
        prompt = prompts.load("expand").fill(title=plain(card.title), card=shown)
        for _ in range(_TRIES):
            if self._calls == 0:
                return None
            if self._calls is not None:
                self._calls -= 1
            try:
                aid = _read(self._model.complete([{"role": "user", "content": prompt}]))
            except ModelError as error:
                self.problem = str(error)
                break
            if aid is not None:
                self._failures = 0
                return aid
            self.problem = "the model did not reply with the JSON that was asked for"
        self._failures += 1
        return None


def _read(reply: str) -> WrittenAid | None:
    found = re.search(r"\{.*\}", reply, re.DOTALL)
    try:
        return WrittenAid.model_validate(json.loads(found.group() if found else ""))
    except (ValueError, RecursionError):
        return None


def _with_kept_aid(card: PaperCard, folder: Path) -> PaperCard:
    card = with_builtin_aid(card)
    if card.aid.questions:
        return card
    try:
        return _with(card, WrittenAid.model_validate_json(_place(card, folder).read_text("utf-8")))
    except (OSError, ValidationError, UnicodeDecodeError):
        return card


def _keep(aid: WrittenAid, card: PaperCard, folder: Path) -> None:
    place = _place(card, folder)
    temporary = place.with_suffix(f".{os.getpid()}.new")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary.write_text(aid.model_dump_json(), "utf-8")
        temporary.replace(place)
    except OSError as error:
        raise UserError(
            f"the folder {folder} cannot be written ({error.strerror or error}); set ASSISTANT_HOME to one that can be"
        ) from error


def _place(card: PaperCard, folder: Path) -> Path:
    return folder / f"{card.content_hash()}.json"


def _with(card: PaperCard, aid: WrittenAid) -> PaperCard:
    return card.model_copy(update={"aid": CardAid(tldr=aid.summary, questions=tuple(aid.questions))})
