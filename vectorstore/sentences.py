"""Sentence spans in English and Chinese that survive abbreviations, figures, versions and LaTeX."""

import re

Span = tuple[int, int]

# A full stop after one of these never ends a sentence on its own.
_ABBREVIATIONS = frozenset(
    "e.g i.e et al etc cf vs fig figs eq eqs sec no approx resp ref refs dr prof mr ms st w.r.t a.k.a".split()
    + ["al"]
)
_CHINESE_END = re.compile(r"[。！？；!?]+[”’」』）)]*")
_ENGLISH_END = re.compile(r"[.!?]+[\"'”’)\]}]*(?=\s|$)")
_LINE_BREAK = re.compile(r"\n+(?=\s*(?:[-*•·(]|\d+[.)]|[A-Z\u3400-\u9fff#]))")
_CJK = re.compile(r"[\u3400-\u9fff]")
_STARTS_SENTENCE = re.compile(r"\s+[\"'“‘(\[$\\]*[A-Z0-9\u3400-\u9fff\u0391-\u03c9\\$∇τ(\"“\[]")
_LAST_WORD = re.compile(r"([A-Za-z.]+)\.[\"'”’)\]}]*$")


def sentence_spans(text: str) -> list[Span]:
    """Split a text into sentences.

    Args:
        text: a stored field, LaTeX and all.

    Returns:
        (start, end) pairs, in order, not overlapping, without blanks at either end; together they hold
        every character that is not blank.
    """
    cuts = sorted({*_english_cuts(text), *_chinese_cuts(text), *(m.start() for m in _LINE_BREAK.finditer(text))})
    spans = []
    start = 0
    for cut in (*cuts, len(text)):
        piece = text[start:cut]
        stripped = piece.strip()
        if stripped:
            left = start + len(piece) - len(piece.lstrip())
            spans.append((left, left + len(stripped)))
        start = cut
    return spans


def _english_cuts(text: str) -> list[int]:
    cuts = []
    for match in _ENGLISH_END.finditer(text):
        end = match.end()
        if not _STARTS_SENTENCE.match(text, end):
            continue
        if match.group().startswith("."):
            word = _LAST_WORD.search(text[max(0, end - 24) : end])
            if word and (word[1].lower().strip(".") in _ABBREVIATIONS or _is_initial(word[1])):
                continue
        cuts.append(end)
    return cuts


def _is_initial(word: str) -> bool:
    return len(word) == 1 and word.isupper()


def _chinese_cuts(text: str) -> list[int]:
    """Ends at Chinese punctuation; an ASCII `!` or `?` counts only beside Chinese."""
    cuts = []
    for match in _CHINESE_END.finditer(text):
        mark = match.group()[0]
        if mark in "!?" and not _CJK.search(text[max(0, match.start() - 1) : match.end() + 1]):
            continue
        cuts.append(match.end())
    return cuts
