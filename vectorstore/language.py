"""Which of the two languages a text is in."""

import re
from typing import Literal

Language = Literal["en", "zh"]

_CJK = re.compile(r"[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")


def language_of(text: str) -> Language:
    """`zh` where Chinese carries the sentence, even around English method names; otherwise `en`.

    A Chinese character counts as half a word, since two make one on average.
    """
    chinese = len(_CJK.findall(text)) / 2
    return "zh" if chinese and chinese * 2 >= len(_LATIN_WORD.findall(text)) else "en"
