"""Cards that were read and wait to be ingested: in memory while they are few, in a temporary file beyond that."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from tempfile import TemporaryFile
from typing import IO, overload

from vectorstore.cards import PaperCard

# A card with everything takes about ten kilobytes in memory.
_IN_MEMORY = 5_000


class CardSpool(Sequence[PaperCard]):
    """A sequence of cards that takes no more memory the longer it gets.

    Args:
        cards: the first ones.
        in_memory: so many are held in memory, all of them on disk once there are more.
    """

    def __init__(self, cards: Iterable[PaperCard] = (), in_memory: int = _IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._few: list[PaperCard] = []
        self._file: IO[bytes] | None = None
        # Where each card on disk begins, and where the last one ends.
        self._begins = array("Q", [0])
        self.extend(cards)

    def extend(self, cards: Iterable[PaperCard]) -> None:
        """Add cards at the end.

        Raises:
            OSError: the disk is full.
        """
        for card in cards:
            if self._file is None:
                self._few.append(card)
                if len(self._few) > self._in_memory:
                    self._file = TemporaryFile(prefix="cards-")  # noqa: SIM115
                    few, self._few = self._few, []
                    for each in few:
                        self._write(self._file, each)
            else:
                self._write(self._file, card)

    def _write(self, file: IO[bytes], card: PaperCard) -> None:
        file.seek(self._begins[-1])
        self._begins.append(self._begins[-1] + file.write(card.model_dump_json().encode()))

    def __len__(self) -> int:
        return len(self._few) if self._file is None else len(self._begins) - 1

    def __iter__(self) -> Iterator[PaperCard]:
        return (self[place] for place in range(len(self)))

    @overload
    def __getitem__(self, place: int) -> PaperCard: ...
    @overload
    def __getitem__(self, place: slice) -> list[PaperCard]: ...
    def __getitem__(self, place: int | slice) -> PaperCard | list[PaperCard]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        if self._file is None:
            return self._few[place]
        number = range(len(self))[place]
        self._file.seek(self._begins[number])
        return PaperCard.model_validate_json(self._file.read(self._begins[number + 1] - self._begins[number]))
