"""Notice a model that has fallen into a loop, while it is still writing."""

import re
from collections import Counter

_STEP = 48
_LONGEST_UNIT = 320
_SHORTEST_LOOP = 120
_TIMES = 4
_PROBE = 32

_SENTENCE = re.compile(r"[^.!?。！？\n]{16,}")


class RepetitionGuard:
    """Reads a text as it grows; cheap enough to be asked for every chunk."""

    def __init__(self) -> None:
        self._text = ""
        self._unread = 0

    def loops(self, chunk: str) -> bool:
        """Add a chunk; whether the text has ended in a loop: one unit, or one sentence, four times."""
        self._text += chunk
        self._unread += len(chunk)
        if self._unread < _STEP:
            return False
        self._unread = 0
        return self._ends_in_units() or self._says_a_sentence_again()

    def _ends_in_units(self) -> bool:
        tail = self._text[-(_LONGEST_UNIT * _TIMES + _SHORTEST_LOOP) :]
        before = tail.rfind(tail[-_PROBE:], 0, len(tail) - 1)
        if before < 0:
            return False
        period = len(tail) - _PROBE - before
        loop = max(_SHORTEST_LOOP, period * (_TIMES - 1))
        return len(tail) >= loop + period and tail[-loop:] == tail[-loop - period : -period]

    def _says_a_sentence_again(self) -> bool:
        sentences = (" ".join(found.split()).casefold() for found in _SENTENCE.findall(self._text))
        return max(Counter(sentences).values(), default=0) >= _TIMES
