"""A latent space of the collection's own words: cards and questions meet in it although they share no word.

Latent semantic indexing (Deerwester et al. 1990) over BM25 weights: words that stand in the same cards, in
whichever of the two languages, get like directions. It is fitted on the cards themselves, so it needs no model.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

# Enough directions for the sub-fields of some thousand papers; more than this tell single cards apart again.
_DIRECTIONS = 160
_COLUMNS = 4_096
_K1, _B = 1.2, 0.75


class LatentSpace:
    """Directions of words, and where the cards lie.

    Args:
        words: the words that have a direction.
        weights: their inverse document frequencies (words,).
        directions: one row a word, (words, directions), float16.
        length: mean length of the fitted cards, in words.
        fitted: how many cards it was fitted on.
        ids: the cards, in order.
        places: one row a card, (cards, directions), each of length 1, float32.
    """

    def __init__(
        self,
        words: Sequence[str],
        weights: "np.ndarray",
        directions: "np.ndarray",
        length: float,
        fitted: int,
        ids: Sequence[str],
        places: "np.ndarray",
    ) -> None:
        self._words, self._weights, self._directions = list(words), weights, directions
        self._rows = {word: row for row, word in enumerate(self._words)}
        self._length, self.fitted = length, fitted
        self.ids, self._places = list(ids), places

    @classmethod
    def fit(cls, cards: Iterable[Sequence[str]]) -> "LatentSpace":
        """Find the directions of some cards; none of them is placed yet.

        Args:
            cards: every card's words, repeats included; more than some thousands take minutes.
        """
        import numpy as np

        # Words are numbered as they are first seen, so that of each card no more is held than two short arrays.
        numbers: dict[str, int] = {}
        counted = []
        for card in cards:
            count = Counter(card)
            seen = np.fromiter((numbers.setdefault(word, len(numbers)) for word in count), np.int32, len(count))
            counted.append((seen, np.fromiter(count.values(), np.float32, len(count))))
        words = sorted(numbers)
        rows = np.empty(len(words), np.int32)
        rows[[numbers[word] for word in words]] = np.arange(len(words))
        held = np.zeros(len(words), np.float32)
        for seen, _ in counted:
            held[rows[seen]] += 1
        weights = np.log1p((len(counted) - held + 0.5) / (held + 0.5)).astype(np.float32)
        length = sum(float(times.sum()) for _, times in counted) / max(1, len(counted))
        space = cls(words, weights, np.empty((len(words), 0), np.float16), length, len(counted), [], np.empty((0, 0)))
        table = [(rows[seen], space._weighed(rows[seen], times, float(times.sum()))) for seen, times in counted]
        space._directions = _directions(table, len(words))
        return space

    def fold(self, cards: Mapping[str, Sequence[str]], gone: Iterable[str] = ()) -> None:
        """Place more cards in the space as it is; known ones are placed anew.

        Args:
            cards: words by card id.
            gone: ids of cards that are no longer there.
        """
        import numpy as np

        out = set(gone) | cards.keys()
        if any(card_id in self._card_rows for card_id in out):
            kept = [row for row, card_id in enumerate(self.ids) if card_id not in out]
            self._places, self.ids = self._places[kept], [self.ids[row] for row in kept]
            self.__dict__.pop("_card_rows", None)
        first, size = len(self.ids), self._directions.shape[1]
        if not (first and self._places.flags.owndata):
            owned = np.empty((first, size), np.float32)
            if first:
                owned[:] = self._places
            self._places = owned
        # It grows where it lies: with a copy for every batch, hundreds of thousands of cards would be held twice.
        self._places.resize((first + len(cards), size), refcheck=False)
        for row, (card_id, words) in enumerate(cards.items(), first):
            self._card_rows[card_id] = row
            self.ids.append(card_id)
            count = {self._rows[word]: times for word, times in Counter(words).items() if word in self._rows}
            known = np.fromiter(count, np.int32, len(count))
            times = np.fromiter(count.values(), np.float32, len(count))
            self._places[row] = self._place(known, self._weighed(known, times, len(words)))

    def cosines(self, wanted: Sequence[str]) -> "np.ndarray":
        """Cosines of a question to every card, in the order of `ids`; empty where none of its words has a direction.

        Args:
            wanted: the question's words.
        """
        import numpy as np

        rows = [self._rows[word] for word in dict.fromkeys(wanted) if word in self._rows]
        if not rows or not self.ids:
            return np.empty(0, np.float32)
        found: np.ndarray = self._places @ self._place(np.array(rows), self._weights[rows])
        return found

    def nearest(
        self, cosines: "np.ndarray", k: int, *, also: Iterable[str] = (), only: Iterable[str] | None = None
    ) -> dict[str, float]:
        """The cosines of the cards nearest to a question.

        Args:
            cosines: the question's to every card, from `cosines`.
            k: how many cards.
            also: further cards whose cosines are wanted.
            only: if given, the ids of the cards that may be among the nearest.
        """
        import numpy as np

        if not cosines.size:
            return {}
        if only is None:
            best = _highest(cosines, k)
        else:
            allowed = np.array(self._rows_of(only), int)
            best = allowed[_highest(cosines[allowed], k)]
        return {self.ids[row]: float(cosines[row]) for row in (*best, *self._rows_of(also))}

    def inverse_frequencies(self, wanted: Iterable[str]) -> dict[str, float]:
        """What words are worth among the fitted cards, as BM25 counts it; 0 for all where none was fitted."""
        unseen = math.log1p((self.fitted + 0.5) / 0.5) if self.fitted else 0.0
        return {word: float(self._weights[self._rows[word]]) if word in self._rows else unseen for word in wanted}

    def like(self, card_id: str, k: int) -> list[str]:
        """The cards nearest to a card, itself left out; none where it has no place."""
        row = self._card_rows.get(card_id)
        if row is None:
            return []
        order = _highest(self._places @ self._places[row], k + 1)
        return [self.ids[other] for other in order if other != row][:k]

    def places(self, card_ids: Sequence[str]) -> "np.ndarray":
        """Where cards lie, one row each (cards, directions); zeros for one that has no place."""
        import numpy as np

        found = np.zeros((len(card_ids), self._places.shape[1]), np.float32)
        known = [(row, self._card_rows[card_id]) for row, card_id in enumerate(card_ids) if card_id in self._card_rows]
        if known:
            rows, places = zip(*known, strict=True)
            found[list(rows)] = self._places[list(places)]
        return found

    def _rows_of(self, card_ids: Iterable[str]) -> list[int]:
        return [self._card_rows[card_id] for card_id in card_ids if card_id in self._card_rows]

    @cached_property
    def _card_rows(self) -> dict[str, int]:
        return {card_id: row for row, card_id in enumerate(self.ids)}

    def save(self, path: Path) -> None:
        """Write the space to one file, all of it or nothing."""
        import numpy as np

        temporary = path.with_suffix(".new")
        with temporary.open("wb") as file:
            np.savez(
                file,
                words=np.frombuffer("\n".join(self._words).encode(), np.uint8),
                weights=self._weights,
                directions=self._directions,
                length=self._length,
                fitted=self.fitted,
                ids=np.frombuffer("\n".join(self.ids).encode(), np.uint8),
                places=self._places,
            )
        temporary.replace(path)

    @classmethod
    def load(cls, path: Path) -> "LatentSpace":
        """Read what `save` wrote.

        Raises:
            OSError, ValueError, KeyError: there is no such file, or it is damaged.
        """
        import zipfile

        import numpy as np

        try:
            with np.load(path) as kept:
                words = kept["words"].tobytes().decode().split("\n")
                ids = [card_id for card_id in kept["ids"].tobytes().decode().split("\n") if card_id]
                space = cls(
                    words if words != [""] else [],
                    kept["weights"],
                    kept["directions"],
                    float(kept["length"]),
                    int(kept["fitted"]),
                    ids,
                    kept["places"],
                )
        except (zipfile.BadZipFile, EOFError) as error:
            raise ValueError(str(error)) from error
        if len(space._words) != len(space._directions) or len(ids) != len(space._places):
            raise ValueError("the parts of the latent space do not fit each other")
        return space

    def _weighed(self, rows: "np.ndarray", times: "np.ndarray", length: float) -> "np.ndarray":
        """Logarithms of the BM25 weights of a card's words: one word must not outweigh all others.

        Args:
            rows: of its words.
            times: how often each stands there.
            length: of the card in words, those without rows included.
        """
        import numpy as np

        norm = _K1 * (1 - _B + _B * length / max(1.0, self._length))
        weighed: np.ndarray = np.log1p(self._weights[rows] * times * (_K1 + 1) / (times + norm))
        return weighed

    def _place(self, rows: "np.ndarray", weights: "np.ndarray") -> "np.ndarray":
        import numpy as np

        place: np.ndarray = weights.astype(np.float32) @ self._directions[rows].astype(np.float32)
        return place / max(float(np.linalg.norm(place)), 1e-9)


def _highest(values: "np.ndarray", k: int) -> "np.ndarray":
    """Where the highest values are, highest first and equal ones in their order, without sorting all the others."""
    import numpy as np

    if not 0 < k < len(values):
        return np.argsort(-values, kind="stable")[:k]
    candidates = np.flatnonzero(values >= np.partition(values, len(values) - k)[len(values) - k])
    return candidates[np.argsort(-values[candidates], kind="stable")[:k]]


def _directions(table: "Sequence[tuple[np.ndarray, np.ndarray]]", words: int) -> "np.ndarray":
    """The right singular vectors of a cards-by-words table, each divided by the root of its singular value.

    Cards are far fewer than words, so they come from the small matrix of cards by cards; the table itself is
    never held whole.
    """
    import numpy as np

    if not table or not words:
        return np.empty((words, 0), np.float16)
    cards = np.repeat(np.arange(len(table)), [len(rows) for rows, _ in table])
    columns = np.concatenate([rows for rows, _ in table])
    values = np.concatenate([weights for _, weights in table])
    order = np.argsort(columns, kind="stable")
    cards, columns, values = cards[order], columns[order], values[order]

    def dense(first: int) -> np.ndarray:
        low, high = np.searchsorted(columns, [first, first + _COLUMNS])
        part = np.zeros((len(table), min(_COLUMNS, words - first)), np.float32)
        part[cards[low:high], columns[low:high] - first] = values[low:high]
        return part

    gram = np.zeros((len(table), len(table)), np.float32)
    for first in range(0, words, _COLUMNS):
        part = dense(first)
        gram += part @ part.T
    squares, vectors = np.linalg.eigh(gram)
    largest = squares[::-1][:_DIRECTIONS]
    kept = int((largest > 1e-4 * max(float(largest[0]), 1e-9)).sum())
    values_kept, vectors = largest[:kept], vectors[:, ::-1][:, :kept]
    # V s^-1/2 = Xᵀ U s^-3/2, and s² are the eigenvalues.
    scaled = vectors * values_kept**-0.75
    found = [dense(first).T @ scaled for first in range(0, words, _COLUMNS)]
    return np.vstack(found).astype(np.float16)
