"""Other wordings of a term, whose cards are counted apart from those of the term itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.catalog.holdings import Holdings
from assistant.catalog.ledger import Held
from assistant.types import Query

_GAP = re.compile(r"[\s_-]+")
_LETTER_DIGIT = re.compile(r"(?<=[A-Za-z])(?=\d)")
_GLOSS = re.compile(r"(?P<before>[^\s()（）,，、的了到过和与或]{2,20}) ?[(（](?P<inside>[^()（）]{2,40})[)）]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_VERBS_ZH = re.compile(
    r"^.*(?:提到|提及|用到|使用|采用|涉及|讨论|关于|研究|列出|包含|引用|实验|写到|多少篇|几篇|哪些)(?:了|过)?"
)
_MOST = 5


@dataclass(frozen=True)
class Spelling:
    """Another wording of a term.

    Args:
        wording: to be looked for; of joined versions ("Qwen2.5", "Qwen3"), the term itself.
        cards: the ids of the cards that have it and that the term alone does not find.
        versions: the term with what stands directly behind it, the most frequent first; for those only.
    """

    wording: str
    cards: list[str]
    versions: tuple[str, ...] = ()


def other_spellings(term: str, query: Query, holdings: Holdings, among: list[Held]) -> list[Spelling]:
    """The other wordings of a term that find further cards, those that find most first.

    Args:
        term: as asked for.
        query: the question; one in two languages gives both wordings of a term.
        holdings: all cards.
        among: the cards to look at.
    """
    seen = set(holdings.mentioning(term))
    found = []
    for wording in dict.fromkeys(_wordings(term, query.question, holdings)):
        cards = [card.id for card in among if card.id in holdings.mentioning(wording) and card.id not in seen]
        if cards:
            found.append(Spelling(wording, cards))
            seen |= set(cards)
    versions = holdings.versions(term)
    joined = [card.id for card in among if card.id in versions and card.id not in seen]
    if joined:
        common = dict.fromkeys(version for card_id in joined for version in versions[card_id])
        found.append(Spelling(term, joined, tuple(common)))
    return sorted(found, key=lambda one: -len(one.cards))[:_MOST]


def _wordings(term: str, question: str, holdings: Holdings) -> Iterator[str]:
    folded = " ".join(_GAP.split(term.casefold()))
    others = [*_glosses(term, question), *holdings.abbreviations.other_wordings(term), *_joined_or_apart(term)]
    others += _numbers(term)
    others += [number for wording in others if not _HAN.search(wording) for number in _numbers(wording)]
    for wording in others:
        if " ".join(_GAP.split(wording.casefold())) != folded:
            yield wording


def _glosses(term: str, question: str) -> Iterator[str]:
    """The other side of "对比解码(contrastive decoding)" and of "flow matching(流匹配)"."""
    for match in _GLOSS.finditer(question):
        sides = [_VERBS_ZH.sub("", match["before"]), match["inside"].strip()]
        for one, other in (sides, sides[::-1]):
            # The words before a parenthesis may be the end of a longer term.
            alike = one.casefold() == term.casefold() or (one and term.casefold().endswith(one.casefold()))
            if alike and bool(_HAN.search(other)) != bool(_HAN.search(term)) and len(other) >= 2:
                yield other


def _joined_or_apart(term: str) -> Iterator[str]:
    """GPT5 for GPT-5, GSM-8K for GSM8K; words are not joined to each other."""
    if any(character.isdigit() for character in term) or any(part[1:] != part[1:].lower() for part in term.split()):
        yield _GAP.sub("", term)
    yield _LETTER_DIGIT.sub("-", term)


def _numbers(term: str) -> Iterator[str]:
    """The plural of a singular and the singular of a plural."""
    if _HAN.search(term) or not term[-1:].isalpha():
        return
    if term.endswith("ies") and len(term) > 5:
        yield term[:-3] + "y"
    elif term.endswith("s") and not term.endswith(("ss", "us", "is")) and len(term) > 3:
        yield term[:-1]
    elif term.endswith("y") and term[-2:-1] not in "aeiou":
        yield term[:-1] + "ies"
    elif not term.endswith("s"):
        yield term + "s"
