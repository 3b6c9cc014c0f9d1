"""What a card file gave, and how cards get their ids and titles when the file does not say."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vectorstore.cards import CardText, PaperCard, card_id
from vectorstore.errors import CardFormatError
from vectorstore.latex import readable

_LONGEST_TITLE = 90
_VERB = r"(?:propose|introduce|present|develop|design|release)"
_INTRODUCED = re.compile(
    rf"(?:\b[Ww]e {_VERB}|提出(?:了)?(?:一种)?|\bcalled|\bnamed|\btermed)\s*(?:a |an |the )?[\"“*]*"
    r"(?!SOTA|M?LLMs?\b|RL\b|AI\b)(?P<name>[A-Z∇τ][A-Za-z0-9∇τ+.\-]*[A-Z0-9][A-Za-z0-9+\-]*|[∇τ]-[A-Z][a-z]+)"
)
# "In this paper, we propose X, a ...": the title begins with X.
_PROPOSAL = re.compile(rf"^(?:[^.]{{0,200}}, )?(?:[Ww]e|[Tt]his (?:paper|work)) {_VERB}s? (?=\S)")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s|(?<=。)")


@dataclass
class CardFile:
    """The cards of one file, in its order, and plain warnings about it."""

    cards: list[PaperCard]
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Placed:
    """A card's parts as read, with the line they began on; `id` and `title` are empty where the file has none."""

    line: int
    category: str
    tags: tuple[str, ...]
    texts: CardText
    questions: tuple[str, ...] = ()
    id: str = ""
    title: str = ""


def finished(path: Path, placed: Sequence[Placed]) -> CardFile:
    """Give every card its id and title.

    Raises:
        CardFormatError: two different cards carry the same id.
    """
    warnings: list[str] = []
    by_id: dict[str, Placed] = {}
    cards: list[PaperCard] = []
    for one in placed:
        identity = one.id
        if not identity:
            source = one.texts.abstract or "\n".join(one.texts.model_dump().values())
            digits = 6
            identity = card_id(one.category, source, digits)
            while identity in by_id and by_id[identity].texts.abstract != one.texts.abstract and digits < 64:
                digits += 2
                identity = card_id(one.category, source, digits)
        known = by_id.get(identity)
        if known is not None:
            if one.id and known.texts != one.texts:
                raise CardFormatError(
                    path,
                    one.line,
                    f"id {identity!r} is also that of the card in line {known.line}; give one another id",
                )
            warnings.append(f"{path}:{one.line}: the same card as in line {known.line}; kept once")
            continue
        by_id[identity] = one
        card = PaperCard(
            id=identity,
            category=one.category,
            tags=one.tags,
            title=one.title or derived_title(one.texts),
            **one.texts.model_dump(),
        )
        if one.questions:
            card = card.model_copy(update={"aid": card.aid.model_copy(update={"questions": one.questions})})
        cards.append(card)
    return CardFile(cards, warnings)


def derived_title(texts: CardText) -> str:
    """A short title from a card's own words: the method it introduces, and its gist."""
    gist = _gist(texts)
    name = next(
        (
            match["name"].rstrip(".-")
            for text in (texts.tldr, texts.method, texts.abstract, texts.contribution)
            if (match := _INTRODUCED.search(readable(text)))
        ),
        "",
    )
    title = f"{name}: {gist}" if name and name not in gist else gist
    if len(title) <= _LONGEST_TITLE:
        return title or "Untitled card"
    return title[: _LONGEST_TITLE - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def _gist(texts: CardText) -> str:
    """What a card is about in one sentence: of its summary, or the one that says what is proposed, or the first."""
    text = next((text for text in (texts.tldr, texts.abstract, texts.contribution, texts.method) if text.strip()), "")
    sentences = [sentence.rstrip(".。") for sentence in _SENTENCE_END.split(" ".join(readable(text).split()))]
    for sentence in sentences if text == texts.abstract else sentences[:1]:
        proposal = _PROPOSAL.match(sentence)
        if proposal:
            gist = sentence[proposal.end() :]
            return gist[0].upper() + gist[1:] if gist[:2].islower() else gist
    return sentences[0]


def has_text(texts: CardText) -> bool:
    """Whether there is anything to quote."""
    return any(value.strip() for value in texts.model_dump().values())
