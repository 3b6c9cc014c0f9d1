"""Text from cards, questions and models made inert: shown as words, never acting as markup or as a marker."""

import re
from collections.abc import Sequence

_TAG = re.compile(r"</?[A-Za-z!][^<>]{0,500}>")
_OPENS_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_LINK = re.compile(r"\](?=[(\[])")
_BRACKETS = re.compile(r"(\[[^\[\]]*\])|[\[\]]")
_IMAGE = re.compile(r"!(?=\[)")
_MARKER = re.compile(r"[\[【［]\s*(\^?\d{1,4}(?:\s*[,，、;；–-]\s*\^?\d{1,4})*)\s*[\]】］]")


def visible(text: str) -> str:
    """The text without characters that do not show; line breaks and tabs become blanks.

    Control characters go, those that make a text read as another (bidirectional, zero width, tags), and halves
    of characters.
    """
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def inert(text: str) -> str:
    """The text such that Markdown and HTML show it as words.

    A bracketed number that is not ours becomes a number in parentheses, so that it cannot pass for a
    citation; so does a bracket without its partner, which could take in what follows.
    """
    text = _MARKER.sub(r"(\1)", visible(text))
    text = _BRACKETS.sub(lambda found: found[1] or ("(" if found[0] == "[" else ")"), text)
    text = _OPENS_TAG.sub("< ", text)
    return _IMAGE.sub("! ", _LINK.sub("] ", text)).replace("`", "'")


def without_tags(text: str) -> str:
    """The text with whole HTML tags taken out: what a model says does not need any."""
    return _TAG.sub(" ", text)


def joined(sentences: Sequence[str], language: str) -> str:
    """Sentences that end with their markers as one text, without blanks between Chinese ones.

    Where the next one begins with a parenthesis there is one nonetheless: `[1](2)` would be a link.
    """
    text = ""
    for sentence in sentences:
        gap = text and (language != "zh" or sentence.startswith(("(", "[", ":")))
        text += f" {sentence}" if gap else sentence
    return text
