"""The tokenizer's pieces by the characters that they begin with, so that a start reads only those that a text needs.

To make a dictionary of a quarter of a million pieces takes longer than to load the encoder itself.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from io import BytesIO
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vectorstore.embedders.e5_weights import Vocabulary

# Separates pieces that are kept as one text; no piece and no replacement holds it.
_BETWEEN = "\n"
# So many characters of a piece tell its group; three of 21 bits make a key.
_TOLD_BY, _BITS = 3, 21
_PARTS = ("groups", "begins", "text_begins", "text", "ids", "scores", "numbers", "replaced", "replacements")


class Starting(NamedTuple):
    """The pieces that a text at one place may begin with.

    Args:
        pieces: each with its id and its log probability.
        longest: characters of the longest.
    """

    pieces: Mapping[str, tuple[int, float]]
    longest: int


_NONE = Starting({}, 0)


class Lexicon:
    """Pieces grouped by their first three characters.

    Args:
        parts: the arrays that `of` makes, by name.
    """

    def __init__(self, parts: Mapping[str, NDArray[np.generic]]) -> None:
        self._parts = parts
        # Looked up for every three characters that no text before had: ten times faster here than in an array of numpy.
        self._groups = array("Q", parts["groups"].astype(np.uint64).tobytes())
        self._begins, self._text_begins = parts["begins"], parts["text_begins"]
        self._text, self._ids, self._scores = parts["text"], parts["ids"], parts["scores"]
        self.begin, self.end, self.unknown, self.longest = (int(number) for number in parts["numbers"])
        self.lowest = float(self._scores.min(initial=0.0))
        words = parts["replacements"].tobytes().decode().split(_BETWEEN)[:-1]
        self.replacements: dict[int, str] = dict(zip(parts["replaced"].tolist(), words, strict=True))

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> Lexicon:
        """Group the pieces of a vocabulary; a later piece of the same characters takes the place of an earlier."""
        known = {piece: number for number, piece in enumerate(vocabulary.pieces)}
        known.pop(vocabulary.pieces[vocabulary.unk])
        keys = np.fromiter((_key(piece[:_TOLD_BY]) for piece in known), np.uint64, len(known))
        order = np.argsort(keys, kind="stable")
        groups, begins = np.unique(keys[order], return_index=True)
        begins = np.append(begins, len(known))
        written = list(known)
        pieces = [written[place] for place in order]
        ends = np.cumsum([0, *(len(f"{piece}{_BETWEEN}".encode()) for piece in pieces)])
        ids = np.fromiter(known.values(), np.int32, len(known))[order]
        longest = max(map(len, vocabulary.pieces))
        return cls(
            {
                "groups": groups,
                "begins": begins.astype(np.int32),
                "text_begins": ends[begins].astype(np.int32),
                "text": _joined(pieces),
                "ids": ids,
                "scores": vocabulary.scores[ids],
                "numbers": np.array([vocabulary.bos, vocabulary.eos, vocabulary.unk, longest]),
                "replaced": np.array(list(vocabulary.replacements), np.uint32),
                "replacements": _joined(list(vocabulary.replacements.values())),
            }
        )

    def to_bytes(self) -> bytes:
        """What `from_bytes` reads."""
        file = BytesIO()
        for name in _PARTS:
            np.save(file, self._parts[name], allow_pickle=False)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Lexicon:
        """What `to_bytes` wrote.

        Raises:
            ValueError, EOFError: it is something else.
        """
        file = BytesIO(data)
        return cls({name: np.load(file, allow_pickle=False) for name in _PARTS})

    def starting(self, characters: str) -> Starting:
        """The pieces that begin with three characters, and those that are one or two of them alone.

        Args:
            characters: three, or the last of a word.
        """
        found: dict[str, tuple[int, float]] = {}
        for size in range(1, len(characters) + 1):
            key = _key(characters[:size])
            place = bisect_left(self._groups, key)
            if place < len(self._groups) and self._groups[place] == key:
                found.update(self._group(place))
        return Starting(found, max(map(len, found))) if found else _NONE

    def _group(self, place: int) -> Mapping[str, tuple[int, float]]:
        low, high = self._begins[place], self._begins[place + 1]
        text = self._text[self._text_begins[place] : self._text_begins[place + 1] - 1].tobytes().decode()
        numbers = zip(self._ids[low:high].tolist(), self._scores[low:high].tolist(), strict=True)
        return dict(zip(text.split(_BETWEEN), numbers, strict=True))


def _key(characters: str) -> int:
    """Of up to three characters: shorter pieces have groups of their own."""
    key = 0
    for place in range(_TOLD_BY):
        key = key << _BITS | (ord(characters[place]) if place < len(characters) else 0)
    return key


def _joined(texts: list[str]) -> NDArray[np.uint8]:
    if any(_BETWEEN in text for text in texts):
        raise ValueError("a piece holds the sign that separates pieces")
    return np.frombuffer(f"{_BETWEEN.join(texts)}{_BETWEEN}".encode(), np.uint8)
