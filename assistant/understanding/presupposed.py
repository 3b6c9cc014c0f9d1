"""What a question takes for granted: who asks why something is so says that it is so."""

import re

# An auxiliary that is not denied: where its subject ends is not known here, so "not" could not be put in its place.
_DOES = r"(?:do|does|did|is|are|was|were|has|have|had|can|could|must|should|would|will) (?!not\b)"
_ENGLISH = (
    re.compile(
        rf"\bhow {_DOES}.{{1,80}}?\b(?:prove|show|demonstrate|establish|conclude|argue|explain|justify) (?:that|why) "
        r"(?P<said>.+)",
        re.IGNORECASE,
    ),
    re.compile(r"^\W*(?:how come|why is it that|what(?: is|'s) the reason (?:that|why)) (?P<said>.+)", re.IGNORECASE),
    re.compile(rf"^\W*(?:and |but |so |then )?(?:why|for what reason) {_DOES}(?P<said>.+)", re.IGNORECASE),
)
_ENGLISH_END = re.compile(
    r"[?;]|[.!](?:\s|$)|(?:,| and) (?:and |or |but )?"
    r"(?:what|how|which|where|when|by how|by what|is|are|does|do|did|can|could)\b",
    re.IGNORECASE,
)
# The first is what is shown; in the second what is so stands on both sides of the question word.
_CHINESE_SHOWN = re.compile(r"(?:怎样|如何|怎么)(?:地)?(?:证明|说明|论证|证实|解释)(?:了|出)?(?P<said>[^?？。;；,，]+)")
_CHINESE_WHY = re.compile(r"为什么|为何|为啥|怎么会|凭什么")
_CHINESE_STOP, _CHINESE_END = re.compile(r"[?？。;；]"), re.compile(r"[?？。;；,，]")
_SHORTEST = 4


def presupposed(question: str) -> str:
    """The statement that a question takes for granted, nearly in its words; "" where there is none to be seen.

    Args:
        question: in English or Chinese, understandable by itself.
    """
    for form in _ENGLISH:
        found = form.search(question)
        if found:
            return _worth(_ENGLISH_END.split(found["said"], maxsplit=1)[0])
    found = _CHINESE_SHOWN.search(question)
    if found:
        return _worth(found["said"].removesuffix("的"))
    asked = _CHINESE_WHY.search(question)
    if not asked:
        return ""
    before = _CHINESE_STOP.split(question[: asked.start()])[-1]
    after = _CHINESE_END.split(question[asked.end() :], maxsplit=1)[0]
    return _worth(before + after) if after else ""


def _worth(said: str) -> str:
    said = said.strip(" ,，.")
    return said if len(said) >= _SHORTEST else ""
