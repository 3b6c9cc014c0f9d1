"""Gathers what the checker is trained on: cards with their passages, and statements that are true or false of them."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from assistant.assistant import Assistant
from assistant.verification.checker import ranked_lines
from assistant.verification.features import line_of, statement_of
from assistant.verification.reading import SHOWN, method_name
from vectorstore.disagreements import quotable_passages
from vectorstore.figures import plain
from vectorstore.passages import Passage, aid_passages, passages_of

_SIMILAR = 6
_SHORTEST = 12
_UNKNOWN_COSINE = 0.75


@dataclass(frozen=True)
class Said:
    """One statement about a card.

    Args:
        text: what is said, readable.
        supported: whether the card says so.
        kind: what is wrong with it, or how it came about.
        source: `claims` (written for training), `wording` (the card's other wording) or `field` (a summary of it).
        shown: places of the passages that it is judged by, best first.
    """

    text: str
    supported: bool
    kind: str
    source: str
    shown: list[int]


@dataclass
class TrainingCard:
    """One card: what it can be judged by, and what is said of it.

    Args:
        held_out: kept for validation, never trained on.
    """

    id: str
    title: str
    own_name: str
    passages: list[str]
    similar: list[str]
    held_out: bool = False
    said: list[Said] = field(default_factory=list)


def gather(assistant: Assistant, claims: Sequence[dict[str, Any]], held_out: int, seed: int) -> list[TrainingCard]:
    """Every card that claims speak of, with these claims and with what its other wording and its summaries say.

    Args:
        assistant: holds the cards in full, with their other wording.
        claims: dicts with `claim`, `card`, `supported` and `kind`.
        held_out: so many cards are kept for validation.
        seed: which ones.
    """
    of_card: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for claim in claims:
        of_card[claim["card"]].append(claim)
    draw = random.Random(seed)  # noqa: S311
    kept = set(draw.sample(sorted(of_card), held_out))
    collection = assistant._collection
    gathered = []
    for card_id, its_claims in of_card.items():
        card = assistant.card(card_id)
        similar = [hit.card_id for hit in assistant.similar(card_id, k=_SIMILAR)]
        wanted: list[tuple[str, bool, str, str, Passage | None]]
        wanted = [(plain(c["claim"]), bool(c["supported"]), c["kind"], "claims", None) for c in its_claims]
        wanted += [(plain(a.text), True, "true", "wording", None) for a in aid_passages(card) if a.kind == "wording"]
        wanted += [(plain(p.text), True, "true", "field", p) for p in passages_of(card) if p.field != "abstract"]
        wanted = [one for one in wanted if len(one[0]) >= _SHORTEST]
        vectors = collection.embedder.embed_array([one[0] for one in wanted])
        passages = quotable_passages(card)
        known = collection.store.vectors([card_id])[card_id]
        entry = TrainingCard(
            card_id, plain(card.title), method_name(plain(card.title)), [plain(p.text) for p in passages], similar
        )
        entry.held_out = card_id in kept
        for (text, supported, kind, source, itself), vector in zip(wanted, vectors, strict=True):
            cosines = [float(vector @ known[p.text]) if p.text in known else _UNKNOWN_COSINE for p in passages]
            shown = _shown(text, passages, cosines, collection.rarity, itself)
            if shown:
                entry.said.append(Said(text, supported, kind, source, shown))
        gathered.append(entry)
    return gathered


def _shown(
    text: str, passages: Sequence[Passage], cosines: Sequence[float], rarity: Any, itself: Passage | None
) -> list[int]:
    """The best passages by the checker's own ranking; never the one that the statement itself is."""
    statement = statement_of(text)
    lines = [line_of(passage) for passage in passages]
    if not statement.terms:
        return []
    ranked = ranked_lines(statement, lines, cosines, rarity(statement.terms))
    places = [next(i for i, line in enumerate(lines) if line is one) for one in ranked]
    return [place for place in places if passages[place] != itself][:SHOWN]


def write(cards: Sequence[TrainingCard], path: Path) -> None:
    """One card a line."""
    path.write_text("".join(json.dumps(asdict(card), ensure_ascii=False) + "\n" for card in cards), "utf-8")


def read(path: Path) -> Iterator[TrainingCard]:
    """What `write` wrote."""
    for line in path.read_text("utf-8").splitlines():
        values = json.loads(line)
        values["said"] = [Said(**said) for said in values["said"]]
        yield TrainingCard(**values)
