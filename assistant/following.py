"""What one might ask next: questions that lead on from an answer, and that the cards can answer."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from assistant.answering.intent import Intent, intents_of
from assistant.inert import visible
from assistant.names import own_name
from vectorstore.latex import readable

if TYPE_CHECKING:
    from assistant.types import Answer, Query
    from vectorstore.cards import PaperCard
    from vectorstore.passages import Language

_MOST = 3
_LONGEST_NAME = 40
# As broad as the collection itself.
_BROAD = re.compile(r"[^\s-]+|.*\blanguage[- ]models?(?: \(\w+\))?", re.IGNORECASE)

# What else there is to know of a paper, in the order in which people want to know it.
_ABOUT: Sequence[tuple[frozenset[Intent], Mapping["Language", str]]] = (
    (frozenset({Intent.HOW}), {"en": "How does {name} work?", "zh": "{name} 是怎么做的?"}),
    (
        frozenset({Intent.TESTED, Intent.AMOUNT}),
        {"en": "What was {name} tested on, and with what results?", "zh": "{name} 在哪些数据上测试,结果如何?"},
    ),
    (
        frozenset({Intent.PROBLEM, Intent.WHY, Intent.WHAT}),
        {"en": "What problem does {name} solve?", "zh": "{name} 要解决什么问题?"},
    ),
)
_VERSUS: Mapping["Language", str] = {
    "en": "How does {name} differ from {other}?",
    "zh": "{name} 和 {other} 有什么不同?",
}
_TOPIC: Mapping["Language", str] = {
    "en": "What else has been done about {tag}?",
    "zh": "关于 {tag} 还有哪些研究?",
}


def followups(query: "Query", answer: "Answer", cards: Mapping[str, "PaperCard"]) -> list[str]:
    """Up to three questions to ask next, in the question's language; none after an answer that says nothing.

    Args:
        query: the question.
        answer: its answer.
        cards: by id, the cards that the answer shows first and some that are like them.
    """
    shown = [cards[card_id] for card_id in answer.cards if card_id in cards]
    if answer.status != "answered" or not shown:
        return []
    language, first = query.language, shown[0]
    name = _name(first)
    found = []
    if name and answer.kind in ("single", "topic"):
        asked = intents_of(query.question)
        found += [words[language].format(name=name) for intents, words in _ABOUT if not intents & asked][:1]
    if answer.kind != "compare":
        others = [other for card in (*shown, *cards.values()) if card.id != first.id and (other := _name(card))]
        if name and others:
            found.append(_VERSUS[language].format(name=name, other=others[0]))
    else:
        names = [own for card in shown[:2] if (own := _name(card))]
        found += [_ABOUT[1][1][language].format(name=own) for own in names]
    telling = [visible(tag) for tag in first.tags if not _BROAD.fullmatch(tag)]
    if answer.kind != "topic" and telling:
        found.append(_TOPIC[language].format(tag=telling[0]))
    return list(dict.fromkeys(found))[:_MOST]


def _name(card: "PaperCard") -> str:
    """What the paper calls its own work, where it has a short name for it."""
    name = visible(readable(own_name(card) or ""))
    return name if len(name) <= _LONGEST_NAME else ""
