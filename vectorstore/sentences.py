"""Sentence spans in English and Chinese that survive abbreviations, figures, versions, lists and LaTeX."""

import re

from vectorstore.rewrap import BULLET

Span = tuple[int, int]

_CLOSERS = "\"'”’)\\]}*_`$»」』）】》"
# A full stop after one of these never ends a sentence.
_INTRODUCING = frozenset(
    [
        "e.g", "i.e", "cf", "vs", "v.s", "fig", "figs", "eq", "eqs", "eqn", "sect", "vol", "approx", "resp",
        "incl", "excl", "w.r.t", "a.k.a", "dr", "prof", "mr", "mrs",
    ]
)  # fmt: skip
# After one of these it does where the next word is one that begins sentences.
_ABBREVIATIONS = frozenset(
    [
        "et", "al", "etc", "no", "nos", "pp", "sec", "tab", "ref", "refs", "app", "appx", "alg", "thm", "lem",
        "def", "prop", "cor", "ca", "ms", "st", "jr", "sr", "inc", "ltd", "co", "corp", "dept", "univ", "max",
        "min", "avg", "std", "est", "u.s", "u.k", "ph.d", "jan", "feb", "mar", "apr", "jun", "jul", "aug",
        "sep", "sept", "oct", "nov", "dec",
    ]
)  # fmt: skip
_STARTERS = frozenset(
    [
        "A", "An", "The", "This", "That", "These", "Those", "We", "Our", "It", "Its", "In", "On", "At", "To",
        "For", "From", "With", "By", "As", "If", "When", "While", "Although", "Though", "Since", "Because",
        "However", "Moreover", "Furthermore", "Additionally", "Besides", "Meanwhile", "Thus", "Hence",
        "Therefore", "Then", "There", "Here", "They", "Their", "Finally", "First", "Second", "Third",
        "Specifically", "Notably", "Experiments", "Extensive", "Results", "Empirically", "Code", "Both",
        "Each", "One", "Two", "Many", "Most", "Some", "Such", "Unlike", "Despite", "Given", "Yet", "But",
        "And", "Or", "So", "Existing", "Recent", "Current", "Across", "Through", "Using", "Based", "Building",
        "Inspired", "Motivated", "Beyond", "Overall", "Also", "Even", "Instead", "Rather",
    ]
)  # fmt: skip
_ENGLISH_END = re.compile(rf"(?<![.!?])[.!?]+[{_CLOSERS}]*(?=\s|$)")
# A missing blank after a sentence: "performance.We propose".
_GLUED_END = re.compile(r"(?<=[a-z]{3})\.(?=([A-Z][a-z]+)\s)")
_CHINESE_END = re.compile(rf"(?:[。！？；]|(?<=[\u3400-\u9fff])[!?;](?!\s*[a-z]))+[{_CLOSERS}]*")
_ASCII_STOP = re.compile(rf"(?<=[\u3400-\u9fff])\.[{_CLOSERS}]*(?=[\s\u3400-\u9fff]|$)")
_NEXT = re.compile(r"(?P<gap>\s+)(?:\\[a-z]+\{|[\"'“‘(\[{$*_`])*(?P<word>\\?[^\s\"'“‘(\[{$\\*_`}]*)")
_LAST_WORD = re.compile(r"(?:^|[\s(\[{~“\"])([A-Za-z][A-Za-z.]*)$")
_ITEM_NUMBER = re.compile(r"(?:^|[\n:;]\s*|[.,]\s+|\()(?:\d{1,2}|[a-zA-Z])$")
_BREAK = re.compile(r"(?<![ \t])[ \t]*\n\s*")
_UNENDED = re.compile(r"[\w)\"”%]")
_STARTER = re.compile(rf"(?:{'|'.join(sorted(_STARTERS))})\b")
# A line that fills this much is no hard wrap: the break after it is meant.
_WIDE_LINE = 130


def sentence_spans(text: str) -> list[Span]:
    """Split a text into sentences.

    Args:
        text: a stored field, LaTeX and all.

    Returns:
        (start, end) pairs, in order, not overlapping, without blanks at either end; together they hold
        every character that is not blank. Linear in the text's length.
    """
    cuts = {*_english_cuts(text), *_chinese_cuts(text), *_line_cuts(text)}
    spans = []
    start = 0
    for cut in (*sorted(cuts), len(text)):
        piece = text[start:cut]
        stripped = piece.strip()
        if stripped:
            left = start + len(piece) - len(piece.lstrip())
            spans.append((left, left + len(stripped)))
        start = cut
    return spans


def _english_cuts(text: str) -> list[int]:
    cuts = [match.end() for match in _GLUED_END.finditer(text) if match[1] in _STARTERS]
    for match in _ENGLISH_END.finditer(text):
        following = _NEXT.match(text, match.end())
        if following is None:
            continue
        word = following["word"].rstrip(",.:;)")
        # A line that ends with a full stop ends a sentence, even where the source lost the next one's beginning.
        if not _may_begin(word) and "\n" not in following["gap"]:
            continue
        before = text[max(0, match.start() - 24) : match.start()]
        if match[0][0] == "." and _goes_on(before, word):
            continue
        cuts.append(match.end())
    return cuts


def _may_begin(word: str) -> bool:
    """Whether a sentence may begin with this word: a capital, a figure, a sign, or a name such as xLSTM."""
    return not word[:1].islower() or not word.isalpha() or not word.islower()


def _goes_on(before: str, word: str) -> bool:
    """Whether the sentence goes on after a full stop: one of an abbreviation, an initial or an item's number.

    Args:
        before: what stands before the full stop.
        word: the next word.
    """
    last = _LAST_WORD.search(before)
    if last is not None and last[1].lower() in _INTRODUCING:
        return True
    if word in _STARTERS:
        return False
    if last is None:
        return _ITEM_NUMBER.search(before) is not None
    return last[1].lower() in _ABBREVIATIONS or (len(last[1]) == 1 and last[1].isupper())


def _chinese_cuts(text: str) -> list[int]:
    return [match.end() for pattern in (_CHINESE_END, _ASCII_STOP) for match in pattern.finditer(text)]


def _line_cuts(text: str) -> list[int]:
    """Ends at blank lines, before the items of a list, and after wide lines where a sentence begins next."""
    cuts = []
    line = 0
    for match in _BREAK.finditer(text):
        wide = (
            match.start() - line >= _WIDE_LINE
            and _UNENDED.match(text, match.start() - 1)
            and _STARTER.match(text, match.end())
        )
        if match.group().count("\n") > 1 or wide or BULLET.match(text, match.end()):
            cuts.append(match.start())
        line = match.end()
    return cuts
