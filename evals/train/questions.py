"""Gathers questions for the second head: those that a card answers, and those that only come near it."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from assistant.assistant import Assistant
from vectorstore.disagreements import quotable_passages

_NEAREST_CARDS = 12
SHOWN = 3


@dataclass(frozen=True)
class Asked:
    """One question beside one card.

    Args:
        text: the question.
        answered: whether the card answers it.
        shown: places of the card's passages nearest to it, best first.
    """

    text: str
    answered: bool
    shown: list[int]


def gather(assistant: Assistant, card_ids: Collection[str]) -> dict[str, list[Asked]]:
    """For each card its own questions, and those of the other cards for which it is among the nearest.

    Args:
        assistant: holds the cards with the questions they answer.
        card_ids: the cards to take; neither text nor questions of any other are used.
    """
    collection = assistant._collection
    order = sorted(card_ids)
    cards = {card_id: assistant.card(card_id) for card_id in order}
    known = collection.store.vectors(order)
    rows: dict[str, np.ndarray] = {}
    for card_id in order:
        texts = [passage.text for passage in quotable_passages(cards[card_id])]
        nowhere = np.zeros(collection.embedder.dimension, dtype=np.float32)
        rows[card_id] = np.stack([known[card_id].get(text, nowhere) for text in texts])
    asked: Mapping[str, list[Asked]] = defaultdict(list)
    for card_id in order:
        questions = list(cards[card_id].aid.questions)
        if not questions:
            continue
        vectors = collection.embedder.embed_array(questions, kind="query")
        for text, vector in zip(questions, vectors, strict=True):
            near = {other: float((rows[other] @ vector).max()) for other in order}
            nearest = sorted(near, key=lambda other: -near[other])[:_NEAREST_CARDS]
            for other in dict.fromkeys([card_id, *nearest]):
                shown = np.argsort(-(rows[other] @ vector))[:SHOWN].tolist()
                asked[other].append(Asked(text, other == card_id, shown))
    return dict(asked)


def write(asked: Mapping[str, list[Asked]], path: Path) -> None:
    """One card a line."""
    lines = [{"card": card, "asked": [asdict(one) for one in ones]} for card, ones in asked.items()]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")


def read(path: Path) -> dict[str, list[Asked]]:
    """What `write` wrote."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return {line["card"]: [Asked(**one) for one in line["asked"]] for line in lines}
