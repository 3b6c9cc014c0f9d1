"""Passages: the exact spans of a card that are embedded, searched and quoted."""

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict

from vectorstore.cards import FIELDS, CardText, FieldName, PaperCard
from vectorstore.language import Language as Language
from vectorstore.language import language_of
from vectorstore.latex import readable
from vectorstore.sentences import Span, sentence_spans

# A Chinese field is one passage while it reads as one statement; an abstract never is.
_WHOLE_FIELD = 120
_SHORTEST = 40


class Passage(BaseModel):
    """`card.<field>[start:end] == text`, character for character."""

    model_config = ConfigDict(frozen=True)

    card_id: str
    field: FieldName
    language: Language
    start: int
    end: int
    text: str


class AidPassage(BaseModel):
    """Words that help to find a card and are never quoted: another wording of it, or a question it answers."""

    model_config = ConfigDict(frozen=True)

    card_id: str
    kind: Literal["wording", "question"]
    label: str
    language: Language
    text: str


def entry_id(passage: Passage) -> str:
    """What a passage's entry in the store is called."""
    return f"{passage.card_id}|t/{passage.field}/{passage.start}-{passage.end}"


def passages_of(card: PaperCard) -> list[Passage]:
    """The quotable passages of a card's own text, in reading order."""
    return [
        Passage(
            card_id=card.id,
            field=field,
            language=language_of(card.text(field)[start:end]),
            start=start,
            end=end,
            text=card.text(field)[start:end],
        )
        for field, start, end in _spans(card)
    ]


def aid_passages(card: PaperCard) -> list[AidPassage]:
    """The aids of a card: its other wording cut like its own text, and its questions."""
    aids = [
        AidPassage(
            card_id=card.id,
            kind="wording",
            label=f"{field}-{start}",
            language=language_of(card.aid.text(field)[start:end]),
            text=card.aid.text(field)[start:end],
        )
        for field, start, end in _spans(card.aid)
    ]
    aids += [
        AidPassage(card_id=card.id, kind="question", label=f"question-{place}", language=language_of(text), text=text)
        for place, text in enumerate(card.aid.questions)
    ]
    return aids


def embedding_text(text: str, title: str) -> str:
    """What is embedded for a passage: its readable words under the card's title, which names the method."""
    return f"{title}\n{readable(text)}"


def _spans(texts: CardText) -> Iterator[tuple[FieldName, int, int]]:
    for field in FIELDS:
        text = texts.text(field)
        if not text.strip():
            continue
        spans = sentence_spans(text)
        whole = (spans[0][0], spans[-1][1])
        if field == "tldr" or (field != "abstract" and whole[1] - whole[0] <= _WHOLE_FIELD):
            yield (field, *whole)
        else:
            for start, end in _joined(spans):
                yield field, start, end


def _joined(spans: list[Span]) -> list[Span]:
    """Spans too short to stand alone are joined to the one before (the first to the one after)."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and (end - start < _SHORTEST or joined[-1][1] - joined[-1][0] < _SHORTEST):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
