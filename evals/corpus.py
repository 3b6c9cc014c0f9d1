"""Which collection is measured: the configured one, or one of the suite's own made from a card file."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evals.datasets.models import AnyItem, BaseQuestion, LabelledClaim, Topic
from vectorstore.cards import FIELDS, PaperCard
from vectorstore.corpus import builtin_cards

if TYPE_CHECKING:
    from assistant import Assistant
    from assistant.settings import Settings
    from evals.systems import Progress

# Cards that must not be recognised by the built-in corpus get this in front of their ids.
STRANGER = "own-"


def collection_of(
    cards: Path, folder: Path, settings: "Settings", *, without_aids: bool, progress: "Progress"
) -> "Assistant":
    """An assistant over a collection that holds the cards of a file and nothing else.

    Args:
        cards: the card file.
        folder: where the collection is made; one that is there already is brought up to the file.
        settings: everything but the place of the collection.
        without_aids: give the cards other ids, so that they get neither title nor questions from the
            built-in corpus: what a user's own cards get.
        progress: told how far it is.

    Raises:
        UserError: the file is no card file.
    """
    from assistant import Assistant
    from vectorstore.readers import read_cards

    own = settings.model_copy(
        update={"home": folder, "store": "embedded", "collection": "evaluation", "builtin_corpus": False}
    )
    embedder = Assistant(settings, progress=progress)._collection.embedder
    assistant = Assistant(own, embeddings=embedder, progress=progress)
    source = cards
    if without_aids:
        source = folder / "cards-without-aids.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        source.write_text("".join(_lines(read_cards(cards).cards)), "utf-8")
    assistant.ingest([source], prune=True, progress=progress)
    return assistant


def _lines(cards: Sequence[PaperCard]) -> Iterable[str]:
    for card in cards:
        record = {"id": STRANGER + card.id, "category": card.category, "tags": list(card.tags)}
        record |= {name: card.text(name) for name in FIELDS if card.text(name)}
        yield json.dumps(record, ensure_ascii=False) + "\n"


def as_strangers(items: Iterable[AnyItem]) -> list[AnyItem]:
    """Items whose gold are the ids that `without_aids` gives."""

    def renamed(card_id: str) -> str:
        return STRANGER + card_id

    found: list[AnyItem] = []
    for item in items:
        changed: dict[str, object] = {}
        if isinstance(item, LabelledClaim):
            changed["card"] = renamed(item.card)
        elif isinstance(item, BaseQuestion):
            changed["gold"] = tuple(map(renamed, item.gold))
            if isinstance(item, Topic):
                changed["graded"] = {renamed(card_id): grade for card_id, grade in item.graded.items()}
        found.append(item.model_copy(update=changed))
    return found


def content_of(cards: Iterable[PaperCard]) -> str:
    """A hash of what a collection holds: equal for equal collections, wherever and whenever they were made."""
    hashes = sorted(f"{card.id} {card.content_hash()}" for card in cards)
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()[:12]


def described(cards: Sequence[PaperCard], source: Path | None, *, without_aids: bool) -> str:
    """What a collection holds, in words."""
    known = {card.id: card.abstract for card in builtin_cards()}
    told = sum(known.get(card.id) == card.abstract for card in cards)
    if told == len(cards) == len(known):
        return f"the built-in corpus, {told} cards"
    place = f" of {source.name}" if source is not None else ""
    aided = sum(bool(card.aid.questions) for card in cards)
    if without_aids or not aided:
        return f"{len(cards)} cards{place}, without aids"
    return f"{len(cards)} cards{place}, {told} of them in the built-in wording, {aided} with aids"


def askable(items: Iterable[AnyItem], card_ids: Iterable[str], builtin: Iterable[str]) -> tuple[list[AnyItem], str]:
    """The items that can be right over a collection, and what a reader must know of the others.

    Args:
        items: all of them.
        card_ids: what the collection holds.
        builtin: ids of items written for the built-in collection.

    Returns:
        The items to ask, and a note; empty where all are asked.
    """
    present, ours = set(card_ids), set(builtin)
    candidates = list(items)
    gold = {card_id for item in candidates if item.id in ours for card_id in item.gold}
    whole = gold <= present and len(present) <= len(builtin_cards())
    kept = [item for item in candidates if _has_its_gold(item, present)]
    if not whole:
        # Complete lists, and what no card says, are known of the built-in collection only.
        about_all = ("list", "count", "topic", "unanswerable")
        kept = [item for item in kept if item.id not in ours or getattr(item, "kind", "") not in about_all]
    left = len(candidates) - len(kept)
    if not left:
        return kept, ""
    return (
        kept,
        f"{left} of {len(candidates)} questions and claims were left out: the collection is not the one they ask about",
    )


def _has_its_gold(item: AnyItem, present: set[str]) -> bool:
    return all(card_id in present for card_id in item.gold)
