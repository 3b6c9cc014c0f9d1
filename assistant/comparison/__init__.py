"""Comparisons: each side looked up on its own, a short lead for each, and a cited table side by side."""

from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING

from assistant.assembly import abstained, from_quotes
from assistant.comparison.citations import Citations
from assistant.comparison.measured import Measured, caution, measured
from assistant.comparison.rows import Row, reports, rows_for
from assistant.comparison.sides import Side, found_sides
from assistant.comparison.table import Column, as_markdown, columns_of, name_of, table_of
from assistant.inert import joined
from assistant.types import Answer, CardHit, Claim, Event, EvidenceFound, Query, Step
from vectorstore.disagreements import quotable_passages

if TYPE_CHECKING:
    from assistant.answering.extractive import SelectedSentence
    from assistant.routes import Parts
    from vectorstore.cards import PaperCard

__all__ = ["compared"]

_CARDS = 10


def compared(query: Query, parts: "Parts") -> Generator[Event, None, Answer | None]:
    """Answer a comparison; gives None where the question is about one card after all.

    Args:
        query: with at least two sides.
        parts: what it is answered with.
    """
    if len(query.sides) < 2:
        return None
    yield Step(step="searching")
    sides = found_sides(query, parts.collection)
    if sides is None:
        return None
    hits = _in_turn([side.hits for side in sides])
    yield EvidenceFound(hits=hits)
    found = [side for side in sides if side.card is not None]
    if all(side.silent for side in sides):
        return abstained(query, hits, " ".join(dict.fromkeys(side.silent for side in sides)))
    notes: list[str] = []
    cards = {card_id: card for side in sides for card_id, card in side.cards.items()}
    if parts.writer is not None:
        about = [side.hits[0] for side in found]
        written = yield from parts.writer.written(query, parts.history, about, cards, notes, evenly=True)
        if written is not None:
            return written if written.status != "answered" else _with_table(query, written, sides, cards)
    return _by_rules(query, sides, cards, parts, notes)


def _by_rules(
    query: Query, sides: Sequence[Side], cards: "Mapping[str, PaperCard]", parts: "Parts", notes: list[str]
) -> Answer:
    citations = Citations(cards)
    claims: list[Claim] = []
    paragraphs: list[str] = []
    selected: list[SelectedSentence] = []
    for side in sides:
        sentences = [] if side.silent else _lead(side, parts)
        selected += sentences
        own = [Claim(text=each.text, markers=[citations.marker(each.passage)], supported=True) for each in sentences]
        claims += own
        said = joined([_cited(claim) for claim in own], query.language) or side.silent
        if side.card is not None and said:
            paragraphs.append(f"**{name_of(side.card)}**{':' if query.language == 'zh' else ': '}{said}")
    if not claims:
        return abstained(query, _in_turn([side.hits for side in sides]), "", notes=notes)
    answer = Answer(
        text="\n\n".join(paragraphs),
        status="answered",
        mode="extractive",
        language=query.language,
        citations=citations.all,
        claims=claims,
        notes=[*notes, *from_quotes(query, selected, cards).notes],
    )
    return _with_table(query, answer, sides, cards)


def _lead(side: Side, parts: "Parts") -> "list[SelectedSentence]":
    """The few sentences of one side's card that answer what is asked of it."""
    from assistant.answering.extractive import ExtractiveAnswerer

    similarity = parts.collection.similarity(side.vector, [side.cards[side.hits[0].card_id]])
    return ExtractiveAnswerer().draft(side.query, side.hits, side.cards, similarity=similarity)


def _with_table(query: Query, answer: Answer, sides: Sequence[Side], cards: "Mapping[str, PaperCard]") -> Answer:
    """The answer with what may be said of its figures, and with the table behind it."""
    from assistant.answering.extractive import SelectedSentence

    shown = [side.card for side in sides if side.card is not None]
    missing = [side.silent for side in sides if side.card is None]
    if len(shown) < 2:
        text = "\n\n".join([answer.text, *missing])
        cited = list(dict.fromkeys(one.card_id for one in answer.citations))
        return answer.model_copy(update={"text": text, "cards": cited})
    citations = Citations(cards, answer.citations)
    rows = rows_for(query.standalone)
    columns = columns_of(rows, shown, query.language)
    table = table_of(rows, columns, query.language, citations)
    quoted = [passage for column in columns for passage in column.said if passage]
    marks = from_quotes(query, [SelectedSentence(passage.text, passage) for passage in quoted], cards).notes
    claims = list(answer.claims)
    text, resting = caution([_measured(column, rows) for column in columns], query.language)
    paragraphs = [answer.text, *missing]
    if text:
        claims.append(Claim(text=text, markers=[citations.marker(passage) for passage in resting], supported=True))
        paragraphs.append(_cited(claims[-1]))
    claims += [
        Claim(text=cell.text, markers=cell.markers, supported=True) for row in table.rows for cell in row if cell.text
    ]
    paragraphs.append(as_markdown(table, query.language))
    return answer.model_copy(
        update={
            "text": "\n\n".join(paragraphs),
            "citations": citations.all,
            "claims": claims,
            "cards": list(dict.fromkeys(one.card_id for one in citations.all)),
            "table": table,
            "notes": list(dict.fromkeys([*answer.notes, *marks])),
        }
    )


def _measured(column: Column, rows: Sequence[Row]) -> Measured:
    """Where the figures of a column come from: its sentences with figures first, then those that name data."""
    told = [(row, passage) for row, passage in zip(rows, column.said, strict=True) if passage and reports(row)]
    told.sort(key=lambda one: not one[0].figures)
    shown = [passage for _, passage in told]
    return measured(name_of(column.card), shown, quotable_passages(column.card))


def _cited(claim: Claim) -> str:
    return f"{claim.text} {''.join(f'[{marker}]' for marker in claim.markers)}"


def _in_turn(rankings: Sequence[Sequence[CardHit]]) -> list[CardHit]:
    """One ranking of several: the first of each, then the second of each."""
    hits: dict[str, CardHit] = {}
    for place in range(_CARDS):
        for ranking in rankings:
            if place < len(ranking):
                hits.setdefault(ranking[place].card_id, ranking[place])
    return list(hits.values())[:_CARDS]
