"""How good an answer's citations are: exact spans, figures that stand in them, and ALCE's recall and precision."""

from collections.abc import Callable, Mapping, Sequence

from assistant.types import Answer, Citation
from evals import figures
from evals.results import SentenceCheck
from evals.sentences import shown
from vectorstore.cards import FIELDS, CardText, PaperCard
from vectorstore.latex import readable

# Whether some quotes, and nothing else of their cards, support a sentence.
Supports = Callable[[str, Sequence[Citation]], bool]


def valid(citation: Citation, card: PaperCard | None) -> bool:
    """Whether a citation's quote is, character for character, the span of the card that it names."""
    if card is None or citation.field not in FIELDS or not citation.quote.strip():
        return False
    inside = 0 <= citation.start < citation.end
    return inside and card.text(citation.field)[citation.start : citation.end] == citation.quote


def check_sentences(answer: Answer, supports: Supports) -> list[SentenceCheck]:
    """Set every shown sentence beside what it cites.

    Support and need are those of ALCE (Gao et al. 2023): a sentence is supported where all its citations
    together support it; a citation is unneeded where it does not support the sentence alone and the others
    do without it. A sentence that is the cited words themselves is supported by definition.

    What an answer says of the collection (how many cards, that one is silent) is none of its claims and left out.

    Args:
        answer: as shown.
        supports: the check that stands in for ALCE's entailment model.
    """
    known = {citation.marker: citation for citation in answer.citations}
    claims = {_bare(claim.text) for claim in answer.claims}
    return [
        _checked(one.text, one.markers, known, supports)
        for one in shown(answer.text)
        if one.markers or not claims or _bare(one.text) in claims
    ]


def _checked(text: str, markers: Sequence[int], known: dict[int, Citation], supports: Supports) -> SentenceCheck:
    cited = [known[marker] for marker in markers if marker in known]
    supported = bool(cited) and len(cited) == len(markers) and _carried(text, cited, supports)
    unneeded = []
    if supported and len(cited) > 1:
        for citation in cited:
            others = [other for other in cited if other is not citation]
            if not _carried(text, [citation], supports) and _carried(text, others, supports):
                unneeded.append(citation.marker)
    return SentenceCheck(
        text=text,
        markers=list(markers),
        supported=supported,
        unneeded=unneeded,
        missing_figures=_missing(text, cited),
    )


def _carried(text: str, cited: Sequence[Citation], supports: Supports) -> bool:
    return _verbatim(text, cited) or supports(text, cited)


def _verbatim(text: str, cited: Sequence[Citation]) -> bool:
    sentence = _bare(text)
    return bool(sentence) and any(sentence in _bare(readable(citation.quote)) for citation in cited)


def _bare(text: str) -> str:
    """Letters, digits and the signs that change a figure's meaning, in one case."""
    kept = (character for character in text.casefold() if character.isalnum() or character in "%+-.±<>")
    return "".join(kept).rstrip(".")


def _missing(text: str, cited: Sequence[Citation]) -> list[str]:
    held = set().union(*(figures.written(citation.quote) for citation in cited))
    # The digits of a name (Qwen2) may come from the title of the card that is cited.
    held |= set().union(*(figures.written(citation.title) for citation in cited))
    return sorted(f"{number}%" if percent else number for number, percent in figures.written(text) - held)


def citation_values(
    answer: Answer, sentences: Sequence[SentenceCheck], card_of: Callable[[str], PaperCard | None]
) -> dict[str, float]:
    """Score the citations of an answer that was given.

    Args:
        answer: what came back.
        sentences: from `check_sentences`.
        card_of: the cards; None where there is none of that id.

    Returns:
        `valid` (share of citations that are exact spans), `figures` (share of the figures shown that stand
        in a quote their sentence cites; absent without figures), `recall` (share of sentences supported) and
        `precision` (share of the citations carried that are needed, none of an unsupported sentence's is). Of a
        catalogue `valid` alone: its sentences speak of the collection, and exactness measures those.
    """
    if answer.status != "answered":
        return {}
    values = {}
    if answer.citations:
        values["valid"] = sum(valid(each, card_of(each.card_id)) for each in answer.citations) / len(answer.citations)
    if answer.mode == "catalog":
        return values
    if sentences:
        values["recall"] = sum(sentence.supported for sentence in sentences) / len(sentences)
    else:
        values["recall"] = 0.0
    carried = [(sentence, marker) for sentence in sentences for marker in sentence.markers]
    if carried:
        needed = sum(sentence.supported and marker not in sentence.unneeded for sentence, marker in carried)
        values["precision"] = needed / len(carried)
    said = sum(len(figures.written(sentence.text)) for sentence in sentences)
    if said:
        missing = sum(len(sentence.missing_figures) for sentence in sentences)
        values["figures"] = 1 - missing / said
    return values


def quotes_only(cited: Sequence[Citation], cards: Mapping[str, PaperCard]) -> list[PaperCard]:
    """Cards that hold the quotes of some citations and nothing else, for a check that reads whole cards."""
    texts: dict[str, dict[str, list[str]]] = {}
    for citation in cited:
        texts.setdefault(citation.card_id, {}).setdefault(citation.field, []).append(citation.quote)
    return [
        PaperCard(
            id=card_id,
            category=cards[card_id].category,
            title=cards[card_id].title,
            **CardText(**{field: "\n".join(quotes) for field, quotes in fields.items()}).model_dump(),
        )
        for card_id, fields in texts.items()
        if card_id in cards
    ]
