"""Which kind of answer a question wants, told by rules from its words."""

import re
from dataclasses import dataclass, field

from assistant.types import Facet, Kind, Selection
from assistant.understanding.known import Knowledge
from assistant.understanding.listing import listing_of, selection_of
from assistant.understanding.scope import PAPERS, PAPERS_ZH, Scope, scope_of
from assistant.understanding.sides import sides_of
from assistant.understanding.smalltalk import is_small_talk
from assistant.understanding.terms import terms_in
from assistant.understanding.topics import asks_topic
from assistant.understanding.trends import Trend, trend_of
from assistant.understanding.wording import Named

_SENTENCE_END = re.compile(r"(?<=[?!？！。])\s*|(?<=[a-z)\"”]\.)\s+(?=[A-Z])|(?<=;)\s+")
_EVERYTHING = re.compile(
    r"(?<!\bat )(?<!\bin )\b(?:all|every|complete|entire|whole|full\s+list|exhaustive(?:ly)?|each)\b"
    rf"|全部|所有|每一?篇|完整|一篇不(?:漏|落)|(?<!不)都(?:有哪些|列)|统统|{PAPERS_ZH}?全列",
    re.IGNORECASE,
)
# A lead into the sentence: "For my survey, which papers ...", "请问", "Could you please".
_POLITE = re.compile(
    r"^(?:(?:please|kindly|ok|okay|so|well|now|and|also|hi|hello|hey)[\s,!.]+|(?:can|could|would|will)\s+you\s+(?:please\s+|kindly\s+)?|"
    r"i(?:'d|\s+would)\s+like\s+(?:to\s+(?:see|know|have|get)\s+)?|i\s+want\s+to\s+(?:see|know|have|get)\s+|"
    r"(?:请问|请|麻烦(?:你|您)?|帮我|帮忙|能不能|能否|可以|我想知道|想知道|我想看看?|我想找|我要|我需要|我想问|想问一?下?|你能|告诉我|那么?|还)[,，]?\s*)+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reading:
    """What a question wants.

    Args:
        kind, selection, facet, sides, show_all, sure: as in `Query`.
        scope: the categories and tags that its words confine it to.
    """

    kind: Kind
    scope: Scope = field(default_factory=Scope)
    selection: Selection = field(default_factory=Selection)
    facet: Facet | None = None
    sides: tuple[str, ...] = ()
    show_all: bool = False
    sure: bool = True


def read(
    question: str, named: Named | None = None, knowledge: Knowledge | None = None, sides: tuple[str, ...] = ()
) -> Reading:
    """Read a question.

    Args:
        question: clean; without what it only refers to.
        named: the cards whose own method a text names, with how surely.
        knowledge: of the collection; without it names are still told from descriptions by how they are written.
        sides: what it compares, where the conversation tells.
    """
    if is_small_talk(question):
        return Reading("chat")
    if catalogued := _catalogued(question, named, knowledge):
        return catalogued
    scope = scope_of(question, knowledge, whole_collection=False)
    if sides := sides or sides_of(question, named):
        return Reading("compare", scope, sides=sides)
    if asks_topic(question):
        return Reading("topic", scope, show_all=_all_of_it(question))
    return Reading("single", scope, sure=not _MAY_BE_MORE.search(question))


# So a model may have a look where one is configured: the rules found no form of theirs in it.
_MAY_BE_MORE = re.compile(
    rf"\b(?:which|what|how\s+many|list|all)\b.*\b{PAPERS}\b|(?:哪些|多少|几).*{PAPERS_ZH}", re.IGNORECASE
)

_MENTION = re.compile(r"\bmention|\b(?:contain|include)s? the (?:word|term|phrase)|提到|提及|出现", re.IGNORECASE)
# Longer than this is a description of what is sought, not the words for it.
_SHORT, _SHORT_TEXT = 3, 30

# "... used for math reasoning": a trend among the cards that mention it.
_CONDITION = re.compile(
    r"\b(?:for|in|on|about|of|with)\s+(?!(?:the|this|your|our)?\s*(?:collection|corpus|library|field)\b)([^?.]{2,80})",
    re.IGNORECASE,
)

_WORD = re.compile(r"\w")
# Nobody asks for the whole collection in more, and each is read anew.
_MOST_SENTENCES = 24


def _all_of_it(question: str) -> bool:
    return _EVERYTHING.search(question) is not None


def _catalogued(question: str, named: Named | None, knowledge: Knowledge | None) -> Reading | None:
    """A question that only the whole collection can answer; or a topic asked for in the words of one."""
    sentences = [sentence for sentence in dict.fromkeys(_SENTENCE_END.split(question)) if _WORD.search(sentence)]
    for sentence in sentences[:_MOST_SENTENCES]:
        scope = scope_of(_POLITE.sub("", sentence.strip()), knowledge, whole_collection=True)
        words = _POLITE.sub("", scope.rest)
        if not words:
            continue
        trend = trend_of(words)
        if trend and (trend.is_certain or scope or not _names_a_card(question, named)):
            selection = _counted_among(trend, words, knowledge)
            if selection is None:
                return Reading("topic", scope, sure=False)
            return Reading("trend", scope, selection, trend.facet)
        listing = listing_of(words, scoped=bool(scope), knowledge=knowledge)
        if listing is None:
            continue
        if not listing.literal and not _says_mention(words, listing.selection):
            return Reading("topic", scope, show_all=_all_of_it(question), sure=False)
        return Reading(listing.kind, scope, listing.selection, show_all=_all_of_it(question))
    return None


def _says_mention(words: str, selection: Selection) -> bool:
    """Whether a question speaks of mentioning a few words: none then do, which is worth saying."""
    terms = [term for group in selection.mentions for term in group]
    short = all(len(term.split()) <= _SHORT and len(term) <= _SHORT_TEXT for term in terms)
    # What else is said behind them makes them part of a description.
    last = words.rstrip(" ?？.。!的论文").endswith(tuple(terms))
    return short and last and _MENTION.search(words) is not None


def _counted_among(trend: Trend, words: str, knowledge: Knowledge | None) -> Selection | None:
    """Which papers a trend is counted over; None where they are described and cannot be told by a term."""
    if trend.over_papers or trend.facet == "category":
        return selection_of(trend.rest, knowledge) or selection_of(words, knowledge)
    condition = _CONDITION.search(trend.rest)
    if condition is None or not condition[1].strip():
        return Selection()
    terms = terms_in(condition[1], knowledge)
    return Selection(mentions=terms.groups) if terms.literal else None


def _names_a_card(question: str, named: Named | None) -> bool:
    return named is not None and any(sureness >= 0.9 for sureness in named(question).values())
