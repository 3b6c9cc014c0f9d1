"""A question as typed, made clean and made to stand alone, by rules."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from assistant.types import Filters, Query
from vectorstore.language import language_of

_LONGEST = 4_000
# Control and format characters say nothing; bidirectional ones can make a text read as another.
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_REFERS_BACK = re.compile(
    r"^(?:and|but|so|also|what about|how about|then|ok(?:ay)?)\b"
    r"|\b(?:it|its|they|their|them|this|that|these|those|he|she|the (?:method|paper|model|approach|authors?|"
    r"other one|latter|"
    r"former|same|framework|benchmark|technique|work|result|first one|second one))\b"
    r"|^(?:那|那么|还有|另外|然后|所以|呢)|它|他们|它们|其中|该(?:方法|论文|模型|框架|工作|研究|文)|这(?:个|种|"
    r"篇|项|些)|"
    r"那(?:个|种|篇|项)|前者|后者|上面|上述|刚才|呢[?？]?$",
    re.IGNORECASE,
)
_SHORT_QUESTION = 5


def clean(text: str) -> str:
    """A question without characters that do not show, folded to one form of each, at most 4,000 characters."""
    folded = unicodedata.normalize("NFKC", _INVISIBLE.sub(" ", text[: 4 * _LONGEST]))
    return " ".join(_INVISIBLE.sub(" ", folded).split())[:_LONGEST]


def understand(question: str, history: Sequence[Mapping[str, str]] = (), filters: Filters | None = None) -> Query:
    """Language, stand-alone wording and filters of a question.

    A follow-up ("and how much does it save?") gets the earlier questions joined to it, so that retrieval
    meets the names it refers to.

    Args:
        question: as typed.
        history: messages in OpenAI's form, oldest first.
        filters: which cards may be used.
    """
    asked = clean(question)
    earlier = [clean(str(turn.get("content", ""))) for turn in history if turn.get("role") == "user"]
    standalone = asked
    if earlier and _depends(asked):
        standalone = f"{_subject(earlier)} {asked}"
    return Query(
        question=asked, standalone=standalone[:_LONGEST], language=language_of(asked), filters=filters or Filters()
    )


def _depends(question: str) -> bool:
    """Whether a question leans on what was said before: it refers back and names nothing itself, or is a scrap."""
    words = len(re.findall(r"[A-Za-z]+|[\u3400-\u9fff]{2}", question))
    return bool(_REFERS_BACK.search(question)) or words < _SHORT_QUESTION


def _subject(earlier: Sequence[str]) -> str:
    """The earlier questions that a follow-up is about: back to the last one that does not itself lean on another."""
    kept: list[str] = []
    for question in reversed(earlier[-6:]):
        kept.insert(0, question)
        if not _depends(question):
            break
    return " ".join(kept)
