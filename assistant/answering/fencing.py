"""Text of cards, questions and history made plain data for a prompt, and prompts kept within a context."""

import re

# Tags and the control tokens of chat templates (`<|im_end|>`, `[INST]`): a blank makes them plain text.
_OPENS = re.compile(r"<(?=[A-Za-z/|!])")
_TEMPLATE = re.compile(r"\[(?=/?INST\]|/?SYS\])|(?<=\|)>")
_MARKER = re.compile(r"\[(\d+(?:\s*[,–-]\s*\d+)*)\]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200b\u202a-\u202e\u2066-\u2069\ufeff]")


def plain(text: str) -> str:
    """A text on one line, in which nothing can close a fence, open a chat turn or number an evidence."""
    text = _CONTROL.sub("", text)
    text = _OPENS.sub("< ", text)
    text = _TEMPLATE.sub(lambda found: f" {found.group()}" if found.group() == ">" else f"{found.group()} ", text)
    return " ".join(_MARKER.sub(r"(\1)", text).split())


def tokens(text: str) -> int:
    """About how many tokens a text has, rather too many: three bytes each, so one for a Chinese character."""
    return len(text.encode("utf-8", "replace")) // 3 + 1


def shortened(text: str, limit: int) -> str:
    """At most `limit` tokens from the text's start, whole words only."""
    if tokens(text) <= limit:
        return text
    cut = text.encode("utf-8", "replace")[: max(0, limit - 1) * 3].decode("utf-8", "ignore")
    return cut.rpartition(" ")[0] or cut
