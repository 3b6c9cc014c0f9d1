"""What was selected, verified or found wanting, put together as an `Answer`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from assistant.inert import joined
from assistant.types import Answer, CardHit, Citation, Claim, Query, Usage
from vectorstore.cards import PaperCard
from vectorstore.disagreements import figures_not_in_abstract

if TYPE_CHECKING:
    from assistant.answering.extractive import SelectedSentence
    from assistant.verification import VerifiedDraft

_NOT_SAID = {"en": "The cards do not say.", "zh": "卡片中没有说明。"}
_SUGGESTED = 3


def abstained(
    query: Query, hits: Sequence[CardHit], reason: str, *, notes: Sequence[str] = (), usage: Usage | None = None
) -> Answer:
    """The honest refusal: no citations, the nearest cards as suggestions.

    Args:
        query: the question.
        hits: ranked cards.
        reason: one sentence in the question's language, or nothing.
    """
    plain = _NOT_SAID[query.language]
    joint = "" if query.language == "zh" else " "
    return Answer(
        text=f"{plain}{joint}{reason}" if reason else plain,
        status="insufficient_evidence",
        mode="extractive",
        language=query.language,
        suggestions=list(hits[:_SUGGESTED]),
        notes=list(notes),
        usage=usage or Usage(),
    )


def from_quotes(
    query: Query,
    selected: "Sequence[SelectedSentence]",
    cards: Mapping[str, PaperCard],
    notes: Sequence[str] = (),
) -> Answer:
    """An extractive answer: each sentence is its own quote."""
    citations: list[Citation] = []
    claims: list[Claim] = []
    for sentence in selected:
        passage = sentence.passage
        marker = len(citations) + 1
        citations.append(
            Citation(
                marker=marker,
                card_id=passage.card_id,
                title=cards[passage.card_id].title,
                field=passage.field,
                quote=passage.text,
                start=passage.start,
                end=passage.end,
            )
        )
        claims.append(Claim(text=sentence.text, markers=[marker], supported=True))
    return Answer(
        text=joined([f"{claim.text} [{claim.markers[0]}]" for claim in claims], query.language),
        status="answered",
        mode="extractive",
        language=query.language,
        citations=citations,
        claims=claims,
        cards=_cited(citations),
        notes=[*notes, *_marks(citations, cards)],
    )


def from_verified(
    query: Query,
    verified: "VerifiedDraft",
    cards: Mapping[str, PaperCard],
    usage: Usage | None = None,
    notes: Sequence[str] = (),
) -> Answer:
    """A model's answer, as much of it as the check let through."""
    return Answer(
        text=verified.text,
        status="answered",
        mode="llm",
        language=query.language,
        citations=verified.citations,
        claims=verified.claims,
        cards=_cited(verified.citations),
        dropped=sum(not claim.supported for claim in verified.claims),
        notes=[*notes, *_marks(verified.citations, cards)],
        usage=usage or Usage(),
    )


def _cited(citations: Sequence[Citation]) -> list[str]:
    return list(dict.fromkeys(citation.card_id for citation in citations))


def _marks(citations: Sequence[Citation], cards: Mapping[str, PaperCard]) -> list[str]:
    """One remark on every cited card whose summaries give figures that its abstract does not have."""
    marks = []
    for card_id in _cited(citations):
        figures = dict.fromkeys(stray.figure for stray in figures_not_in_abstract(cards[card_id]))
        if figures:
            marks.append(f"the summary of {card_id} says {', '.join(figures)} and its abstract does not; left aside")
    return marks
