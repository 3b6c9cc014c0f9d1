"""A model's draft to checked sentences with exact citations."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assistant.inert import inert, joined, visible, without_tags
from assistant.types import Citation, Claim, DraftClaim, Evidence
from assistant.verification.checker import Assessment, Checker
from vectorstore.cards import PaperCard
from vectorstore.figures import backed, figures_of, literals, plain
from vectorstore.latex import readable
from vectorstore.passages import Language, Passage
from vectorstore.segment import content_terms
from vectorstore.sentences import sentence_spans

_LONGEST_DRAFT = 20_000
_MOST_SENTENCES = 60
_MOST_OTHER_CARDS = 6

_THINKING = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_LINE_START = re.compile(r"^\s*(?:[-*•+]\s+|\d{1,2}(?:[.)]\s+|[、．）]\s*|\.(?=[\u3400-\u9fff]))|#{1,6}\s+|>\s*)+")
_LINK = re.compile(r"!?\[([^\[\]]{0,300})\]\(([^()\s]{0,500})[^()]{0,100}\)")
_EMPHASIS = re.compile(r"\*\*|__|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)")
_MARKERS = re.compile(r"[\[【]\s*\^?(\d{1,3}(?:\s*(?:[,，、;-]|–)\s*\^?\d{1,3})*)\s*[\]】]")
# Markers after the full stop belong to the sentence before it.
_TRAILING = re.compile(r"([.!?。！？])((?:\s*[\[【]\s*\^?\d[^\[\]【】]{0,40}[\]】])+)")
_QUOTATION = {"en": ("“", "”"), "zh": ("「", "」")}


@dataclass
class VerifiedDraft:
    """What may be shown of a draft.

    Args:
        text: the sentences that passed, each with its markers; empty where none did.
        citations: numbered from 1 in order of first use.
        claims: every sentence, the dropped ones with the reason.
    """

    text: str = ""
    citations: list[Citation] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)


def parse_draft(text: str) -> list[DraftClaim]:
    """Cut a model's text into sentences with the evidence numbers each one points at.

    Args:
        text: plain text with `[n]` markers; lists, headings, fences, tags and thinking are tolerated.

    Returns:
        The sentences in order, each once; one without a marker has no evidence.
    """
    text = _FENCE.sub(" ", _THINKING.sub(" ", text[:_LONGEST_DRAFT]))
    text = without_tags(_LINK.sub(r"\1 \2", text))
    claims: dict[str, DraftClaim] = {}
    for line in text.split("\n"):
        line = _LINE_START.sub("", line)
        if line.count("|") >= 2:
            line = line.replace("|", " ")
        line = _TRAILING.sub(r"\2\1", line)
        for start, end in sentence_spans(line):
            sentence = line[start:end]
            numbers = _numbers(sentence)
            words = visible(_EMPHASIS.sub("", _MARKERS.sub("", sentence)))
            words = re.sub(r"\s+(?=[.,;:!?。，；：！？])", "", words).strip()
            if words and words not in claims and len(claims) < _MOST_SENTENCES:
                claims[words] = DraftClaim(text=words, evidence=numbers)
    return list(claims.values())


def _numbers(sentence: str) -> tuple[int, ...]:
    found: list[int] = []
    for match in _MARKERS.finditer(sentence):
        for part in re.split(r"[,，、;]", match[1]):
            ends = [int(end) for end in re.findall(r"\d+", part)]
            if len(ends) == 2 and ends[0] < ends[1] <= ends[0] + 20:
                found += range(ends[0], ends[1] + 1)
            else:
                found += ends
    return tuple(dict.fromkeys(found))


def verify_draft(
    claims: Sequence[DraftClaim],
    evidence: Sequence[Evidence],
    cards: Mapping[str, PaperCard],
    checker: Checker,
    *,
    language: Language,
) -> VerifiedDraft:
    """Check every sentence of a draft and keep what stands.

    A supported sentence is shown with the quotes that carry it; one that the check is unsure of gives way
    to its best quote; one that is not supported by what it cites is tried against the other retrieved
    cards, and dropped if none supports it.

    Args:
        claims: the parsed draft.
        evidence: what the model was given, by number.
        cards: the retrieved cards by id.
        checker: the check.
        language: of the question; decides the quotation marks.
    """
    result = VerifiedDraft()
    book = _Citations(cards)
    shown: list[str] = []
    said: set[str] = set()
    for claim in claims:
        if not content_terms(claim.text):
            continue
        assessment = _assessed(claim, evidence, cards, checker)
        text = inert(claim.text)
        quotes = assessment.quotes
        if assessment.label == "unsure":
            quotes = quotes[:1]
            before, after = _QUOTATION[language]
            text = f"{before}{inert(readable(quotes[0].text))}{after}"
        kept = assessment.label != "unsupported" and _figures_stand(text, quotes)
        if not kept:
            reason = assessment.reason or "a figure in it does not stand in the quotes that would carry it"
            result.claims.append(Claim(text=text, supported=False, reason=reason))
            continue
        if text in said:
            continue
        said.add(text)
        markers = [book.marker(quote) for quote in quotes]
        result.claims.append(Claim(text=text, markers=markers, supported=True, reason=assessment.reason))
        shown.append(_with_markers(text, markers))
    result.citations = book.citations
    result.text = joined(shown, language)
    return result


def cited_cards(claim: DraftClaim, evidence: Sequence[Evidence]) -> list[str]:
    """The ids of the cards that a sentence points at, in its order; numbers that no evidence has are passed over."""
    by_number = {each.number: each.passage.card_id for each in evidence}
    return list(dict.fromkeys(by_number[number] for number in claim.evidence if number in by_number))


def _assessed(
    claim: DraftClaim, evidence: Sequence[Evidence], cards: Mapping[str, PaperCard], checker: Checker
) -> Assessment:
    cited = cited_cards(claim, evidence)
    first, carrying = None, cited
    while carrying:
        first = checker.assess(claim.text, [cards[card_id] for card_id in carrying])
        if first.label == "unsupported":
            break
        # A card that is cited and carries nothing must not lend its words either.
        quoted = {quote.card_id for quote in first.quotes}
        if quoted >= set(carrying):
            return first
        carrying = [card_id for card_id in carrying if card_id in quoted]
    others = [card_id for card_id in dict.fromkeys(each.passage.card_id for each in evidence) if card_id not in cited]
    for card_id in others[:_MOST_OTHER_CARDS]:
        second = checker.assess(claim.text, [cards[card_id]], only_sure=True)
        if second.sure:
            return second
    return first or Assessment("unsupported", 0.0, reason="it cites no evidence, and no retrieved card supports it")


def _figures_stand(text: str, quotes: Sequence[Passage]) -> bool:
    """The last gate: every figure that would be shown, in digits or in words, stands in a quote that would be cited."""
    written = [plain(quote.text) for quote in quotes]
    known = {literal for quote in written for literal in literals(quote)}
    held = [figure for quote in written for figure in figures_of(quote)]
    return (
        bool(quotes)
        and all(literal in known for literal in literals(text))
        and all(any(backed(figure, other) for other in held) for figure in figures_of(plain(text)) if figure.hard)
    )


def _with_markers(text: str, markers: Sequence[int]) -> str:
    written = "".join(f"[{marker}]" for marker in dict.fromkeys(markers))
    return f"{text} {written}"


class _Citations:
    """Numbers quotes from 1 in order of first use; the same span keeps its number."""

    def __init__(self, cards: Mapping[str, PaperCard]) -> None:
        self._cards = cards
        self._numbers: dict[tuple[str, str, int, int], int] = {}
        self.citations: list[Citation] = []

    def marker(self, quote: Passage) -> int:
        key = (quote.card_id, quote.field, quote.start, quote.end)
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers) + 1
            self.citations.append(citation_of(quote, self._cards[quote.card_id].title, self._numbers[key]))
        return self._numbers[key]


def citation_of(quote: Passage, title: str, marker: int) -> Citation:
    """A passage as a citation."""
    return Citation(
        marker=marker,
        card_id=quote.card_id,
        title=title,
        field=quote.field,
        quote=quote.text,
        start=quote.start,
        end=quote.end,
    )
