"""What the network learns from: claims beside cards that say so or do not."""

import json
import random
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from assistant.assistant import Assistant
from assistant.verification.checker import ranked_lines
from assistant.verification.features import line_of, on_one_level, statement_of
from assistant.verification.reading import shown_to_network
from evals.datasets.models import LabelledClaim
from vectorstore.cards import PaperCard
from vectorstore.disagreements import quotable_passages
from vectorstore.figures import plain

_SIMILAR = 5
# One true claim in so many is also set beside a similar card, where it is false.
_STRANGER_EVERY = 9

Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Example:
    """A claim beside passages.

    Args:
        text: the claim, readable.
        passages: what it is to be judged by, best first, as the network is shown it.
        yes: whether they support it.
        kind: what is wrong with it, or how it came about.
        card: which card it is about.
        held_out: kept for validation.
    """

    text: str
    passages: list[str]
    yes: bool
    kind: str
    card: str
    held_out: bool = False


def written(
    claims: Sequence[LabelledClaim], assistant: Assistant, held_out: Collection[str], tell: Tell
) -> list[Example]:
    """Claims that were written beside the cards they are about.

    Args:
        claims: as labelled.
        assistant: holds the cards.
        held_out: ids of the cards kept for validation.
        tell: told how many of how many are done.
    """
    found = []
    for done, claim in enumerate(claims, 1):
        card, text = assistant.card(claim.card), plain(claim.claim)
        passages = _passages(assistant, text, card)
        if passages:
            out = card.id in held_out
            found.append(Example(text, passages, claim.supported, claim.kind, card.id, out))
        tell(done, len(claims))
    return found


def strangers(found: Sequence[Example], assistant: Assistant, seed: int) -> list[Example]:
    """Some of the true claims that are not held out, each beside a similar card, of which it is false.

    Args:
        found: from `written`.
        assistant: holds the cards.
        seed: which ones.
    """
    draw = random.Random(seed)  # noqa: S311
    kept = [one for one in found if not one.held_out]
    known, made = {one.card for one in kept}, []
    for one in (one for one in kept if one.yes and draw.randrange(_STRANGER_EVERY) == 0):
        others = [hit.card_id for hit in assistant.similar(one.card, k=_SIMILAR) if hit.card_id in known]
        passages = _passages(assistant, one.text, assistant.card(draw.choice(others))) if others else []
        if passages:
            made.append(replace(one, passages=passages, yes=False, kind="stranger"))
    return made


def _passages(assistant: Assistant, text: str, card: PaperCard) -> list[str]:
    """A card's passages as the check would show them beside a claim."""
    statement, lines = statement_of(text), [line_of(passage) for passage in quotable_passages(card)]
    if not statement.terms or not lines:
        return []
    collection = assistant._collection
    cosines = on_one_level(lines, collection.closeness(text, [line.passage for line in lines]))
    ranked = ranked_lines(statement, lines, cosines, collection.rarity(statement.terms))
    return shown_to_network(card, ranked)


def write(examples: Iterable[Example], path: Path) -> None:
    """One example a line."""
    path.write_text("".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in examples), "utf-8")


def read(path: Path) -> list[Example]:
    """What `write` wrote."""
    return [Example(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]
