"""What is counted over the whole collection, each card once: a table with a card behind every row."""

import re
from collections import Counter, defaultdict
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass

from assistant.catalog import phrases
from assistant.catalog.holdings import Holdings, holdings_of
from assistant.catalog.ledger import Held
from assistant.catalog.quoting import cited, mention_on
from assistant.catalog.tested import Place
from assistant.routes import Parts
from assistant.types import (
    Answer,
    Bar,
    CardHit,
    Cell,
    Citation,
    Claim,
    Event,
    EvidenceFound,
    Facet,
    Query,
    Step,
    Table,
)
from vectorstore.cards import PaperCard
from vectorstore.disagreements import quotable_passages
from vectorstore.language import Language
from vectorstore.passages import Passage
from vectorstore.tags import normalise

_ROWS = 15
_TOP = re.compile(r"\b(?:top|first)[ -](\d{1,3})\b|前\s*(\d{1,3})", re.IGNORECASE)

_HEADINGS: Mapping[Facet, Mapping[Language, str]] = {
    "category": {"en": "Category", "zh": "类别"},
    "tag": {"en": "Tag", "zh": "标签"},
    "benchmark": {"en": "Benchmark or data set", "zh": "基准或数据集"},
    "model": {"en": "Model", "zh": "模型"},
}
_COLUMNS: Mapping[Language, tuple[str, str]] = {"en": ("Cards", "For example"), "zh": ("卡片数", "例如")}
_COUNTED: Mapping[Facet, Mapping[Language, str]] = {
    "category": {"en": "By category:", "zh": "按类别:"},
    "tag": {
        "en": "By tag, all spellings of a tag as one:",
        "zh": "按标签(同一标签的不同写法合并):",
    },
    "benchmark": {
        "en": "By the benchmarks and data sets that they name where they speak of their experiments, each card once:",
        "zh": "按卡片在实验部分提到的基准和数据集,每张卡片只计一次:",
    },
    "model": {
        "en": "By the models that they name where they speak of their experiments, sizes of a model as one, each card "
        "once and its own method left out:",
        "zh": "按卡片在实验部分提到的模型(同一模型的不同规模合并,不计论文自己的方法),每张卡片只计一次:",
    },
}


@dataclass(frozen=True)
class _Row:
    """One counted value, the cards that have it, and the sentences that say so where there are such."""

    label: str
    cards: Sequence[Held]
    sentences: Mapping[str, Sequence[Place]]
    terms: tuple[str, ...] = ()


def counted(query: Query, parts: Parts) -> Generator[Event, None, Answer | None]:
    """Answer a question for what there is most of, or how cards are spread."""
    yield Step(step="searching")
    if query.facet is None:
        return None
    holdings = holdings_of(parts.collection)
    among = holdings.within(query.filters)
    cards = holdings.selected(query.selection, among)
    rows = [row for row in _rows(query.facet, cards, holdings, query.language) if row.cards]
    rows.sort(key=lambda row: -len(row.cards))
    if not rows:
        yield EvidenceFound(hits=[])
        return Answer(
            text=phrases.counted(0, len(among), query.selection, query.filters, query.language),
            status="insufficient_evidence",
            mode="catalog",
            language=query.language,
        )
    said = phrases.counted(len(cards), len(among), query.selection, query.filters, query.language)
    answer, hits = _answer(query, query.facet, rows, holdings, said)
    yield EvidenceFound(hits=hits)
    return answer


def _rows(facet: Facet, cards: Sequence[Held], holdings: Holdings, language: Language) -> list[_Row]:
    if facet == "category":
        by_category: dict[str, list[Held]] = defaultdict(list)
        for card in cards:
            by_category[card.category].append(card)
        return [_Row(phrases.category_shown(name, language), held, {}) for name, held in by_category.items()]
    if facet == "tag":
        return _tags(cards)
    experiments = holdings.experiments
    counted_cards = {card.id: card for card in cards}
    return [
        _Row(phrases.shown(one.name), _in_order(one.sentences, counted_cards, holdings), one.sentences, (one.name,))
        for one in (experiments.benchmarks if facet == "benchmark" else experiments.models)
    ]


def _in_order(card_ids: Iterable[str], cards: Mapping[str, Held], holdings: Holdings) -> list[Held]:
    """Those of some cards that are counted, in the collection's order."""
    return sorted(
        (cards[card_id] for card_id in card_ids if card_id in cards), key=lambda card: holdings.places[card.id]
    )


def _tags(cards: Sequence[Held]) -> list[_Row]:
    spelt: dict[str, Counter[str]] = defaultdict(Counter)
    tagged: dict[str, dict[str, Held]] = defaultdict(dict)
    for card in cards:
        for tag in card.tags:
            spelt[normalise(tag)][tag] += 1
            tagged[normalise(tag)][card.id] = card
    return [
        _Row(phrases.shown(spelt[key].most_common(1)[0][0]), list(held.values()), {}, tuple(spelt[key]))
        for key, held in tagged.items()
    ]


def _answer(
    query: Query, facet: Facet, rows: Sequence[_Row], holdings: Holdings, said: str
) -> tuple[Answer, list[CardHit]]:
    language = query.language
    citations: list[Citation] = []
    claims: list[Claim] = []
    cells: list[list[Cell]] = []
    hits: dict[str, CardHit] = {}
    shown = rows[: _wanted(query, facet, len(rows))]
    for row in shown:
        card, passage = _example(row, query, holdings, {one.card_id for one in citations})
        markers = [len(citations) + 1] if passage else []
        if passage:
            citations.append(cited(card, passage, markers[0]))
            claims.append(Claim(text=f"{row.label}: {len(row.cards)}", markers=markers, supported=True))
            hits.setdefault(card.id, CardHit(card_id=card.id, title=card.title, score=1.0, passages=[passage]))
        cells.append([Cell(text=str(len(row.cards))), Cell(text=phrases.shown(card.title), markers=markers)])
    table = Table(columns=list(_COLUMNS[language]), headings=[row.label for row in shown], rows=cells)
    joint = "" if language == "zh" else " "
    paragraphs = [f"{said}{joint}{_COUNTED[facet][language]}", _markdown(facet, table, language)]
    if len(rows) > len(shown):
        paragraphs.append(phrases.rows_left(len(rows) - len(shown), language))
    answer = Answer(
        text="\n\n".join(paragraphs),
        status="answered",
        mode="catalog",
        language=language,
        citations=citations,
        claims=claims,
        cards=list(dict.fromkeys(citation.card_id for citation in citations)),
        table=table,
        bars=[Bar(label=row.label, cards=[card.id for card in row.cards]) for row in shown],
    )
    return answer, list(hits.values())


def _wanted(query: Query, facet: Facet, rows: int) -> int:
    """How many rows are shown: as many as are asked for; small counts at the end of a long table tell little."""
    if query.show_all or facet == "category":
        return rows
    asked = _TOP.search(query.question)
    return max(1, int(asked[1] or asked[2])) if asked else _ROWS


def _example(row: _Row, query: Query, holdings: Holdings, used: set[str]) -> tuple[PaperCard, Passage | None]:
    """A card of a row, one that no other row shows if there is, and the sentence that puts it there."""
    groups = [*query.selection.mentions, *([row.terms] if row.terms else [])]
    ranked = list(holdings.read(sorted(row.cards, key=lambda card: card.id in used)[:5]))
    for card in ranked:
        quotable = {(passage.field, passage.start, passage.end): passage for passage in quotable_passages(card)}
        found = [quotable[place] for place in row.sentences.get(card.id, ()) if place in quotable]
        if found:
            return card, min(found, key=lambda passage: passage.language != query.language)
        mentioned = mention_on(card, groups, query.language)
        if mentioned.passages and not mentioned.elsewhere and not mentioned.by:
            return card, mentioned.passages[-1 if row.terms else 0]
    passages = mention_on(ranked[0], (), query.language).passages
    return ranked[0], passages[0] if passages else None


def _markdown(facet: Facet, table: Table, language: Language) -> str:
    lines = [f"| {_HEADINGS[facet][language]} | {' | '.join(table.columns)} |", "| --- | ---: | --- |"]
    for heading, row in zip(table.headings, table.rows, strict=True):
        cells = [cell.text + "".join(f" [{marker}]" for marker in cell.markers) for cell in row]
        lines.append(f"| {heading} | {' | '.join(cells)} |")
    return "\n".join(lines)
