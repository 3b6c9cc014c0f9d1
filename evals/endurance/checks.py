"""What must be true afterwards: no answer wrong, nothing lost that was acknowledged, nothing said but in sentences."""

import re
from collections.abc import Mapping, Sequence
from html import unescape
from pathlib import Path

import numpy as np

from assistant.conversations import ConversationLog, Turn
from assistant.types import Answer
from evals.endurance.readers import Kept, Record
from evals.guarantees import BrokenGuarantee, check_guarantees
from vectorstore.cards import PaperCard
from vectorstore.errors import UserError

_CHIP = re.compile(r'<span class="citation"([^>]*)>\d+</span>')
_ATTRIBUTE = re.compile(r'data-(card|marker|spans)="([^"]*)"')
_SAID = re.compile(r'<div class="said"[^>]*>(.*?)</div>', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_MARKER = re.compile(r"\[\d+\]")
# Formulas are set for reading; what they look like then is tested elsewhere.
_FORMULA = re.compile(r"[$\\{}^_]")
# The first lines of a log of an error that nobody thought of.
_TRACE = re.compile(r"Traceback \(most recent call last\)|could not be answered|a call failed|a request failed")


def turns_of(home: Path, record: Record) -> dict[str, Turn]:
    """Every turn of the conversations that readers held, by its id, as the log of conversations has it."""
    log, found = ConversationLog.at_home(home), dict[str, Turn]()
    for conversation in {kept.said.conversation for kept in record.answers}:
        try:
            found |= {turn.id: turn for turn in log.turns(conversation)}
        except UserError:
            continue  # every turn of it then counts as lost
    return found


def wrong_answers(record: Record, turns: Mapping[str, Turn], cards: Mapping[str, PaperCard]) -> list[str]:
    """One line for every answer shown that breaks a guarantee, or was shown otherwise than it was kept."""
    found = []
    for kept in record.answers:
        turn = turns.get(kept.said.turn)
        if turn is None:
            continue
        try:
            check_guarantees(turn.answer, cards)
        except (BrokenGuarantee, LookupError) as error:
            found.append(f"{kept.question!r}: {error}")
            continue
        if not _shown_as_kept(kept.said.html, turn.answer):
            found.append(f"{kept.question!r}: the page showed something else than the log holds")
    return found


def _shown_as_kept(html: str, answer: Answer) -> bool:
    cited: dict[str, set[str]] = {}
    for citation in answer.citations:
        place = f"{citation.card_id} {citation.field}:{citation.start}:{citation.end}"
        cited.setdefault(str(citation.marker), set()).add(place)
    for chip in _CHIP.findall(html):
        held = {name: unescape(value) for name, value in _ATTRIBUTE.findall(chip)}
        places = {f"{held['card']} {span}" for span in held["spans"].split()}
        if not places or not places <= cited.get(held["marker"], set()):
            return False
    said = "".join(_SAID.findall(_CHIP.sub("", html)))
    if _FORMULA.search(answer.text):
        return True
    return _letters(unescape(_TAG.sub(" ", said))) == _letters(_MARKER.sub("", answer.text))


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text)


def lost(record: Record, turns: Mapping[str, Turn]) -> list[str]:
    """One line for every answer or rating that was acknowledged and is not in the log."""
    found = [f"the answer to {kept.question!r}" for kept in record.answers if not _is_in(turns, kept)]
    for turn_id, (rating, comment) in record.ratings.items():
        turn = turns.get(turn_id)
        if turn is None or (turn.rating, turn.comment) != (rating, comment):
            found.append(f"the rating {rating} of turn {turn_id}")
    return found


def _is_in(turns: Mapping[str, Turn], kept: Kept) -> bool:
    turn = turns.get(kept.said.turn)
    return turn is not None and turn.question == kept.question


def traces(log: str) -> int:
    """How many errors that nobody thought of a server's log tells of."""
    return len(_TRACE.findall(log))


def growth(samples: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """How memory grew towards the end.

    Args:
        samples: (seconds, MB), oldest first.

    Returns:
        The level in MB and the slope in MB a minute, by least squares over the last 40% of the time.
    """
    if len(samples) < 5:
        return (samples[-1][1] if samples else 0.0), 0.0
    begins = samples[0][0] + 0.6 * (samples[-1][0] - samples[0][0])
    late = np.asarray([sample for sample in samples if sample[0] >= begins])
    slope = float(np.polyfit(late[:, 0] / 60, late[:, 1], 1)[0]) if len(late) > 2 else 0.0
    return float(late[:, 1].mean()), slope
