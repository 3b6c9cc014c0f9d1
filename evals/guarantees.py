"""The guarantees that hold for any model, checked on an answer without the program's own code."""

import re
import unicodedata
from collections.abc import Callable, Mapping

from assistant.types import Answer
from vectorstore.cards import PaperCard

_MARKERS = re.compile(r"\[(\d+)\]")
_SHOWN = re.compile(r"(?P<sentence>[^\[\]]*(?:\[(?!\d+\])[^\[\]]*\][^\[\]]*)*)(?P<markers>(?:\s*\[\d+\])+)")
# The name of a paper before a line, or the heading of a group.
_LABEL = re.compile(r"^(?:- )?\*\*[^*]+\*\*\s*[:：]?\s*")
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_PERCENT_AFTER = re.compile(r"\s*(?:%|percent\b|个?百分点)")
_PERCENT_BEFORE = re.compile(r"百分之\s*$")
_ACTIVE = re.compile(
    r"</?(?:script|img|iframe|form|input|svg|object|embed|style|link|meta|base|a|b)\b|javascript:|!\[|\]\(",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://[^\s)\]>\"'，。]+")

Cards = Mapping[str, PaperCard] | Callable[[str], PaperCard]


class BrokenGuarantee(AssertionError):
    """An answer shows what it must not, or lacks what it must have."""


def _must(holds: object, said: object) -> None:
    if not holds:
        raise BrokenGuarantee(said)


def check_guarantees(answer: Answer, cards: Cards) -> None:
    """Fail unless guarantees 1 to 5 hold for what the answer shows.

    Args:
        answer: any answer.
        cards: the cards by id, or a function that gives one (`Assistant.card`).

    Raises:
        BrokenGuarantee: says which sentence, quote or figure.
    """
    card_of = cards if callable(cards) else cards.__getitem__
    _quotes_are_the_cards_words(answer, card_of)
    _text_is_made_of_supported_claims(answer)
    _every_figure_stands_in_a_cited_quote(answer)
    _an_answer_has_citations_and_a_refusal_has_none(answer)
    _nothing_shown_is_active(answer)
    _must(
        Answer.model_validate_json(answer.model_dump_json()) == answer, "the answer is not what it is written down as"
    )


def shown_sentences(answer: Answer) -> list[tuple[str, list[int]]]:
    """The answer's sentences and cells with the numbers that each of them cites."""
    return [
        (found["sentence"].strip(" \n\t.。!？！?;；-*"), [int(n) for n in _MARKERS.findall(found["markers"])])
        for piece in _pieces(answer.text)
        for found in _SHOWN.finditer(piece)
    ]


def _uncited(answer: Answer) -> str:
    """What of an answer's text carries no marker."""
    return "\n".join(_SHOWN.sub("", piece) for piece in _pieces(answer.text))


def _pieces(text: str) -> list[str]:
    """The cells of tables, and the other lines without the label that they begin with."""
    found = []
    for line in text.split("\n"):
        cells = re.split(r"(?<!\\)\|", line) if line.startswith("|") else [_LABEL.sub("", line)]
        found += [cell.replace("\\|", "|").replace("\\\\", "\\").strip() for cell in cells]
    # A sentence of plain prose may run over several lines.
    plain = not any(line.startswith(("|", "- ", "**")) for line in text.split("\n"))
    return [text] if plain else found


def figures(text: str) -> set[tuple[str, bool]]:
    """Every figure with whether it is a percentage; thousands without commas, any width of digits."""
    plain = unicodedata.normalize("NFKC", text).replace("\\", "").replace("{", "").replace("}", "")
    plain = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", plain)
    found = set()
    for match in _FIGURE.finditer(plain):
        percent = _PERCENT_AFTER.match(plain, match.end()) or _PERCENT_BEFORE.search(plain[: match.start()])
        number = match.group()
        found.add((number.rstrip("0").rstrip(".") if "." in number else number, bool(percent)))
    return found


def bare(text: str) -> str:
    """A sentence without markers, quotation marks, emphasis, blanks and closing marks."""
    text = _MARKERS.sub("", text)
    return re.sub(r"[\s\"'“”‘’「」*_`.。!?！？;；:：,，-]+", "", text).casefold()


def _quotes_are_the_cards_words(answer: Answer, card_of: Callable[[str], PaperCard]) -> None:
    for citation in answer.citations:
        card = card_of(citation.card_id)
        _must(0 <= citation.start < citation.end, citation)
        _must(getattr(card, citation.field)[citation.start : citation.end] == citation.quote, citation)
        _must(citation.quote.strip(), citation)
        _must(citation.title == card.title, citation)


def _text_is_made_of_supported_claims(answer: Answer) -> None:
    if answer.status != "answered":
        return
    rest = _uncited(answer)
    # What is said of the collection (how many cards, that one is silent) is said by the program, of no card's words.
    of_cards = answer.kind == "single"
    _must(not (of_cards and re.search(r"\w", rest)), f"shown without a citation: {rest!r}")
    supported = {bare(claim.text) for claim in answer.claims if claim.supported}
    for sentence, _ in shown_sentences(answer):
        if answer.mode != "catalog":
            _must(bare(sentence) in supported, f"shown but not supported: {sentence!r} of {supported}")
        elif not answer.bars:
            # Before the quoted words stands the title of the card.
            _must(any(claim and claim in bare(sentence) for claim in supported), f"not supported: {sentence!r}")
    for claim in answer.claims:
        # Words of a longer sentence that is supported are shown with it.
        if not claim.supported and bare(claim.text) and not any(bare(claim.text) in whole for whole in supported):
            _must(bare(claim.text) not in bare(answer.text), f"not supported but shown: {claim.text!r}")
    if answer.mode == "llm":
        left_out = sum(not claim.supported for claim in answer.claims)
        _must(answer.dropped == left_out, f"{answer.dropped} sentences are said to be left out, not {left_out}")


def _every_figure_stands_in_a_cited_quote(answer: Answer) -> None:
    quotes = {citation.marker: citation for citation in answer.citations}
    # A catalogue counts cards, and its lines begin with their titles.
    said = [(claim.text, claim.markers) for claim in answer.claims if claim.supported]
    for sentence, markers in [] if answer.bars else said if answer.mode == "catalog" else shown_sentences(answer):
        for marker in markers:
            _must(marker in quotes, f"[{marker}] cites nothing")
        cited = [quotes[marker] for marker in markers]
        held = set().union(*(figures(citation.quote) for citation in cited))
        # A name such as Qwen2 is no figure where it is the cited card's own.
        named = set().union(*(figures(citation.title) for citation in cited))
        missing = figures(sentence) - held - named
        _must(not missing, f"{missing} of {sentence!r} not in {[citation.quote for citation in cited]}")


def _an_answer_has_citations_and_a_refusal_has_none(answer: Answer) -> None:
    markers = [citation.marker for citation in answer.citations]
    _must(len(markers) == len(set(markers)), f"markers {markers}")
    shown = {int(number) for number in _MARKERS.findall(answer.text)}
    if answer.status == "answered":
        _must(answer.citations, "answered without a citation")
        _must(shown == set(markers), "every citation is used, and every marker cites")
        if answer.kind in ("single", "compare"):
            cited = list(dict.fromkeys(citation.card_id for citation in answer.citations))
            _must(answer.cards == cited, f"cards {answer.cards}, cited {cited}")
    else:
        _must(not answer.citations, "refused, with citations")
        _must(not shown, "refused, with markers")
        _must(answer.text.strip(), "refused without a word")
        _must(not answer.cards, "refused, with cards")


def _nothing_shown_is_active(answer: Answer) -> None:
    quoted = " ".join(citation.quote for citation in answer.citations)
    for text in (answer.text, *answer.notes):
        for active in _ACTIVE.finditer(text):
            # A card's own words are shown as they are; to make them harmless is the page's business.
            _must(active.group() in quoted, text)
        for address in _ADDRESS.findall(answer.text):
            _must(address.rstrip(".,;") in quoted, address)
        unprintable = {c for c in text if not c.isprintable() and c not in "\n\t"}
        _must(not unprintable, unprintable)
