"""Aids for a user's own cards: another wording and questions, written by the model once and kept."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field, ValidationError

import prompts
from assistant.answering.model import ModelError
from vectorstore.cards import FIELDS, CardAid, PaperCard
from vectorstore.ingest import Progress
from vectorstore.latex import readable

if TYPE_CHECKING:
    from assistant.answering.model import ChatModel

# An endpoint that fails this often in a row is down: go on without it rather than wait for each card.
_FAILURES_IN_A_ROW = 3
_CARD_CHARACTERS = 6_000


class WrittenAid(BaseModel):
    """What the model is asked for; only ever used to find the card, never quoted."""

    summary: str = Field(min_length=1, max_length=2_000)
    questions: list[str] = Field(min_length=1, max_length=12)


def expanded(
    cards: Sequence[PaperCard],
    model: "ChatModel",
    folder: Path,
    progress: Progress | None = None,
    max_calls: int | None = None,
) -> tuple[list[PaperCard], list[str]]:
    """Give every card without questions an aid that the model writes.

    Each aid is kept in a file named by the card's content, so a second run (or one after a kill) asks
    only for what is missing.

    Args:
        cards: the cards as read.
        model: who writes.
        folder: where aids are kept.
        progress: called with (done, total, what).
        max_calls: how often the model may be asked in this run; None means no limit.

    Returns:
        The cards, with aids where there is one, and plain warnings.
    """
    report = progress or (lambda done, total, what: None)
    folder.mkdir(parents=True, exist_ok=True)
    result: list[PaperCard] = []
    calls = failures = without = 0
    last_problem = ""
    for done, card in enumerate(cards):
        report(done, len(cards), "writing aids")
        kept = folder / f"{card.content_hash()}.json"
        aid = None if card.aid.questions else _kept(kept)
        open_for_calls = failures < _FAILURES_IN_A_ROW and (max_calls is None or calls < max_calls)
        if aid is None and not card.aid.questions and open_for_calls:
            calls += 1
            try:
                aid = _ask(card, model)
                failures = 0
            except (ModelError, ValueError) as error:
                failures += 1
                last_problem = str(error)
            if aid is not None:
                temporary = kept.with_suffix(".new")
                temporary.write_text(aid.model_dump_json(), "utf-8")
                temporary.replace(kept)
        if aid is not None:
            aids = CardAid(tldr=aid.summary, questions=tuple(aid.questions))
            card = card.model_copy(update={"aid": aids})
        without += not card.aid.questions
        result.append(card)
    report(len(cards), len(cards), "writing aids")
    if not without:
        return result, []
    why = f" ({last_problem})" if last_problem else ""
    return result, [f"{without} cards are without an aid{why}; run the same command again to go on"]


def _kept(path: Path) -> WrittenAid | None:
    try:
        return WrittenAid.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValidationError):
        return None


def _ask(card: PaperCard, model: "ChatModel") -> WrittenAid:
    """One aid from the model; a reply that is not the JSON asked for is asked for once more."""
    texts = (f"{field}: {readable(card.text(field))}" for field in FIELDS if card.text(field))
    prompt = prompts.load("expand").fill(title=card.title, card="\n".join(texts)[:_CARD_CHARACTERS])
    for _ in range(2):
        reply = "".join(model.stream([{"role": "user", "content": prompt}]))
        found = re.search(r"\{.*\}", reply, re.DOTALL)
        try:
            return WrittenAid.model_validate(json.loads(found.group() if found else ""))
        except (ValueError, ValidationError):
            continue
    raise ValueError("the model did not reply with the JSON that was asked for")
