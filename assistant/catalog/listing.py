"""Lists and counts: exactly the cards that a question asks for, each with the words that show why."""

from collections.abc import Generator, Sequence

from assistant.catalog import phrases
from assistant.catalog.holdings import Holdings, holdings_of
from assistant.catalog.ledger import Held
from assistant.catalog.quoting import cited, mention_on
from assistant.catalog.spellings import Spelling, other_spellings
from assistant.routes import Parts
from assistant.types import Answer, Bar, CardHit, Citation, Claim, Event, EvidenceFound, Query, Selection, Step

# So many cards of a list, and of a count, are shown unless all are asked for.
_LISTED, _COUNTED = 20, 5
_SUGGESTED = 3


def listed(query: Query, parts: Parts) -> Generator[Event, None, Answer | None]:
    """Answer a list or count question over all cards."""
    yield Step(step="searching")
    holdings = holdings_of(parts.collection)
    among = holdings.within(query.filters)
    cards = holdings.selected(query.selection, among)
    spellings = _spellings(query, holdings, among, cards)
    # Where no card has the term itself, those that word it otherwise are what there is to show.
    shown = cards or [holdings.by_id[card_id] for spelling in spellings for card_id in spelling.cards]
    if not shown:
        return (yield from _nothing(query, parts, len(among)))
    groups = query.selection.mentions if cards else _wordings(spellings)
    answer, hits = _answer(query, holdings, len(among), cards, shown, spellings, groups)
    yield EvidenceFound(hits=hits)
    return answer


def _spellings(query: Query, holdings: Holdings, among: list[Held], cards: Sequence[Held]) -> list[Spelling]:
    """What other wordings of the terms add to the cards found."""
    selection = query.selection
    # Where several terms must all be there, what each of them adds alone says nothing.
    if len(selection.mentions) != 1:
        return []
    allowed = holdings.selected(Selection(without=selection.without), among)
    known = {card.id for card in cards}
    found = []
    for term in selection.mentions[0]:
        for spelling in other_spellings(term, query, holdings, allowed):
            if new := [card_id for card_id in spelling.cards if card_id not in known]:
                known |= set(new)
                found.append(Spelling(spelling.wording, new, spelling.versions))
    return found


def _wordings(spellings: Sequence[Spelling]) -> tuple[tuple[str, ...], ...]:
    return (tuple(wording for one in spellings for wording in (one.versions or (one.wording,))),)


def _answer(
    query: Query,
    holdings: Holdings,
    total: int,
    cards: Sequence[Held],
    shown: Sequence[Held],
    spellings: Sequence[Spelling],
    groups: Sequence[Sequence[str]],
) -> tuple[Answer, list[CardHit]]:
    language = query.language
    most = len(shown) if query.show_all else _COUNTED if query.kind == "count" else _LISTED
    lines: list[str] = []
    citations: list[Citation] = []
    claims: list[Claim] = []
    hits: list[CardHit] = []
    for card in holdings.read(shown[:most]):
        mentioned = mention_on(card, groups, language)
        first = len(citations) + 1
        new = [cited(card, passage, marker) for marker, passage in enumerate(mentioned.passages, start=first)]
        quotes = [(citation.quote, citation.marker) for citation in new]
        lines.append(phrases.item(card.title, quotes, mentioned.by, mentioned.elsewhere, language))
        citations += new
        if new:
            said = " ".join(phrases.shown(one.quote) for one in new)
            claims.append(Claim(text=said, markers=[one.marker for one in new], supported=True))
        hits.append(CardHit(card_id=card.id, title=card.title, score=1.0, passages=list(mentioned.passages)))
    counts = [phrases.counted(len(cards), total, query.selection, query.filters, language)]
    if spellings:
        counts.append(phrases.also(spellings, len(cards), language))
    paragraphs = [("" if language == "zh" else " ").join(counts), "\n".join(lines)]
    if len(shown) > most:
        paragraphs.append(phrases.rest(len(shown) - most, language))
    answer = Answer(
        text="\n\n".join(paragraphs),
        status="answered",
        mode="catalog",
        language=language,
        citations=citations,
        claims=claims,
        cards=[card.id for card in shown],
        bars=_bars(query, cards, spellings),
    )
    return answer, hits


def _bars(query: Query, cards: Sequence[Held], spellings: Sequence[Spelling]) -> list[Bar]:
    """What each wording finds: the term itself first; nothing where there is only the term."""
    if not spellings:
        return []
    terms = [phrases.shown(term) for group in query.selection.mentions for term in group]
    bars = [Bar(label=" / ".join(terms), cards=[card.id for card in cards])] if cards else []
    return bars + [Bar(label=_label(one), cards=one.cards) for one in spellings]


def _label(spelling: Spelling) -> str:
    return phrases.shown(", ".join(spelling.versions[:3]) if spelling.versions else spelling.wording)


def _nothing(query: Query, parts: Parts, total: int) -> Generator[Event, None, Answer]:
    """Nothing was found, which is said plainly; the nearest cards are offered."""
    hits = parts.collection.retriever().retrieve(query.standalone, k=_SUGGESTED).hits
    yield EvidenceFound(hits=hits)
    said = [phrases.counted(0, total, query.selection if total else Selection(), query.filters, query.language)]
    holdings = holdings_of(parts.collection)
    for term in dict.fromkeys(term for group in query.selection.mentions for term in group):
        if holdings.mentions(term):
            continue
        if word := holdings.nearly(term):
            said.append(phrases.nearly(word, holdings.mentions(word), query.language))
        elif part := holdings.part_of(term):
            said.append(phrases.partly(part, holdings.mentions(part), query.language))
    return Answer(
        text=("" if query.language == "zh" else " ").join(said),
        status="insufficient_evidence",
        mode="catalog",
        language=query.language,
        suggestions=hits,
    )
