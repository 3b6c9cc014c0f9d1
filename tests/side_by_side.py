"""What holds for answers with lists and tables: every piece that cites is a supported claim, word for word."""

import re

from assistant import Assistant
from assistant.types import Answer
from evals.guarantees import figures

_MARKERS = re.compile(r"((?:\[\d+\])+)")
# A name before a line, the heading of a row: they cite nothing and say nothing.
_LABEL = re.compile(r"^(?:- )?\*\*[^*]+\*\*\s*[:：]?\s*")


def check_pieces(answer: Answer, assistant: Assistant) -> None:
    """Fail unless quotes are exact, and each piece of text that cites is a claim whose figures its quotes have."""
    quotes = {citation.marker: citation for citation in answer.citations}
    assert len(quotes) == len(answer.citations)
    for citation in answer.citations:
        card = assistant.card(citation.card_id)
        assert card.text(citation.field)[citation.start : citation.end] == citation.quote
        assert citation.title == card.title
    supported = {claim.text: claim for claim in answer.claims if claim.supported}
    seen: set[int] = set()
    for text, markers in pieces(answer.text):
        assert text in supported, text
        assert supported[text].markers == markers
        seen |= set(markers)
        held = set().union(*(figures(quotes[marker].quote) | figures(quotes[marker].title) for marker in markers))
        assert figures(text) <= held, text
    assert seen == set(quotes)
    if answer.table:
        for row in answer.table.rows:
            assert len(row) == len(answer.table.columns)
            for cell in row:
                assert bool(cell.text) == bool(cell.markers)
                assert not cell.text or cell.text in supported


def pieces(text: str) -> list[tuple[str, list[int]]]:
    """What cites in an answer's Markdown: the words and the numbers behind them."""
    found: list[tuple[str, list[int]]] = []
    for line in text.split("\n"):
        cells = re.split(r"(?<!\\)\|", line) if line.startswith("|") else [_LABEL.sub("", line)]
        for cell in cells:
            parts = _MARKERS.split(cell.replace("\\|", "|").replace("\\\\", "\\"))
            for words, markers in zip(parts[::2], parts[1::2], strict=False):
                found.append((words.strip(), [int(number) for number in re.findall(r"\d+", markers)]))
    return found
