"""What a model writes, made safe to hold and show: no control characters, no key, no thinking aloud."""

import re

# Control characters but tab and line feed, halves of surrogate pairs, and marks that turn text around.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]")
_THINKING = (("<think>", "</think>"), ("<thinking>", "</thinking>"))
_REDACTED = "[key]"
# Where a sentence ends: its mark, closing quotes and citation markers, then a blank, or a Chinese mark alone.
_SENTENCE_END = re.compile(
    r"""[.!?]["'”’)]*(?:\s*\[\d+\])*(?=\s) | [。！？]["”』」）]*(?:\s*\[\d+\])* | \][.!?]?(?=\n|$)""",
    re.VERBOSE,
)


class OutputFilter:
    """Passes a model's text on as it comes, holding back what may turn out to be unwanted.

    Args:
        secret: a text that must never come out, such as the key; short ones (dummies) are ignored.
    """

    def __init__(self, secret: str | None = None) -> None:
        self._secret = secret if secret and len(secret) >= 8 else None
        self._held = ""
        self._closing: str | None = None

    def feed(self, chunk: str) -> str:
        """The part of what was fed so far that can be shown and was not yet."""
        self._held += _UNWANTED.sub("", chunk.replace("\r\n", "\n").replace("\r", "\n"))
        shown = ""
        while True:
            found = self._next()
            if found is None:
                break
            place, needle = found
            if self._closing is not None:
                # A blank in its place: what stood before and after must not join to something unwanted.
                self._held, self._closing = " " + self._held[place + len(needle) :], None
                continue
            shown += self._held[:place]
            self._held = self._held[place + len(needle) :]
            if needle == self._secret:
                shown += _REDACTED
            else:
                self._closing = dict(_THINKING)[needle]
        keep = self._undecided()
        passed, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return shown if self._closing is not None else shown + passed

    def finish(self) -> str:
        """What was held back to the end."""
        rest, self._held = self._held, ""
        return "" if self._closing is not None else rest

    def _needles(self) -> list[str]:
        if self._closing is not None:
            return [self._closing]
        return [opening for opening, _ in _THINKING] + ([self._secret] if self._secret else [])

    def _next(self) -> tuple[int, str] | None:
        found = [(self._held.find(needle), needle) for needle in self._needles()]
        return min(((place, needle) for place, needle in found if place >= 0), default=None)

    def _undecided(self) -> int:
        """How many characters at the end may be the beginning of something unwanted."""
        for length in range(min(len(self._held), max(map(len, self._needles())) - 1), 0, -1):
            if any(needle.startswith(self._held[-length:]) for needle in self._needles()):
                return length
        return 0


def after_thinking(text: str) -> str:
    """The text after the thinking that a model closed without having opened it (its template did that)."""
    return text.rpartition("</think>")[2].strip()


def whole_sentences(text: str) -> str:
    """A text that was cut off, without its unfinished last sentence: half a sentence may say the opposite."""
    end = 0
    for match in _SENTENCE_END.finditer(text):
        end = match.end()
    return text[:end].strip()
