"""The wording of a question: made clean, and made to stand alone in a conversation."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.inert import visible
from vectorstore.language import language_of

Named = Callable[[str], Mapping[str, float]]
Titles = Callable[[Sequence[str]], Mapping[str, str]]


@dataclass(frozen=True)
class InContext:
    """A question together with what the conversation before it adds.

    Args:
        standalone: its wording without the conversation around it.
        asks: the words that tell what sort of answer is wanted: of a follow-up ("and how many mention GSM8K?") its
            own without what it refers to; of one that repeats or narrows an earlier question, that one's.
        leans: whether it rests on what was said before.
        sides: the cards that it compares, each as one would search for it.
        within: the only cards that it is about ("which of these ..."), by id.
        show_all: it wants the rest of a list.
        sure: whether the rules are sure of all this.
    """

    standalone: str
    asks: str
    leans: bool = False
    sides: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    show_all: bool = False
    sure: bool = True

_LONGEST = 4_000
_OPENER = re.compile(
    r"^(?:and|but|so|also|what about|how about|then|ok(?:ay)?)\b|^(?:那|那么|还有|另外|然后|所以|呢)|呢[?？]?$",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:it|its|they|their|them|this|these|those|he|she|(?:is|was|does|did|can|could|would|will|about|of|with) that|"
    r"(?:the|that) (?:method|paper|model|approach|framework|benchmark|technique|work|result|one)|"
    r"the (?:authors?|other one|latter|former|same|first one|second one))\b"
    r"|它|他们|其中|该(?:方法|论文|模型|框架|工作|研究|文)|这(?:个|种|篇|项|些)|那(?:个|种|篇|项)|前者|后者|上面|上述|刚才",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z0-9][\w.+-]*|[\u3400-\u9fff]{1,2}", re.ASCII)
# A pronoun further on than this, in a question longer than that, means something in the question itself.
_EARLY, _SHORT = 6, 10
# So few words are a scrap that says nothing alone; Chinese leaves a subject out more readily.
_SCRAP, _SCRAP_ZH = 5, 7


def clean(text: str) -> str:
    """A question without characters that do not show, folded to one form of each, at most 4,000 characters."""
    folded = unicodedata.normalize("NFKC", visible(text[: 4 * _LONGEST].replace("\u00ad", "")))
    return visible(folded)[:_LONGEST]


def in_context(
    asked: str,
    history: Sequence[Mapping[str, Any]] = (),
    named: Named | None = None,
    titles: Titles | None = None,
) -> InContext:
    """A follow-up ("and how much does it save?") with what it refers to; any other question as it is.

    Retrieval so meets the names that the question refers to.

    Args:
        asked: the question, clean.
        history: messages in OpenAI's form, oldest first; an assistant's message may also hold `cards`, the ids of
            the cards it showed, and `kind`, what sort of answer it is.
        named: the cards whose own method a text names, with how surely: a question that names one is about
            that, whatever was spoken of before.
        titles: the titles of cards, by id.
    """
    earlier = [text for turn in history if turn.get("role") == "user" and (text := clean(_words_of(turn)))]
    if not earlier or not _depends(asked, named):
        return InContext(asked, asked)
    # However long the questions before were, this one stays whole.
    room = max(0, _LONGEST - len(asked) - 1)
    return InContext(f"{_subject(earlier, named)[:room]} {asked}".strip(), asked, leans=True)


def _words_of(turn: Mapping[str, Any]) -> str:
    """The text of a message; its content may be a list of parts, of which some are text."""
    content = turn.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return " ".join(str(part.get("text") or "") for part in parts if isinstance(part, Mapping))


def _depends(question: str, named: Named | None) -> bool:
    """Whether a question leans on what was said before: it refers back and names nothing itself, or is a scrap."""
    words = _WORD.findall(question)
    pronoun = _PRONOUN.search(question)
    before = question[: pronoun.start()] if pronoun else question
    if named is not None and any(sureness >= 0.9 for sureness in named(before).values()):
        return False
    if _OPENER.search(question):
        return True
    if pronoun and (len(words) <= _SHORT or len(_WORD.findall(before)) < _EARLY):
        return True
    return len(words) < (_SCRAP_ZH if language_of(question) == "zh" else _SCRAP)


def _subject(earlier: Sequence[str], named: Named | None) -> str:
    """The earlier questions that a follow-up is about: back to the last one that does not itself lean on another."""
    kept: list[str] = []
    for question in reversed(earlier[-6:]):
        kept.insert(0, question)
        if not _depends(question, named):
            break
    return " ".join(kept)
