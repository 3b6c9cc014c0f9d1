"""The hashes of a store's cards as they were last read, kept in step by who writes: they are read once per ingest."""

from collections.abc import Iterable, Mapping


class KnownHashes:
    """Card id to content hash, and the revision of the store at which that holds; at first nothing is known."""

    def __init__(self) -> None:
        self._revision: str | None = None
        self._hashes: dict[str, str] = {}

    def at(self, revision: str) -> Mapping[str, str] | None:
        """The hashes at a revision, None where they are not known."""
        return self._hashes if revision == self._revision else None

    def read(self, revision: str, hashes: dict[str, str]) -> None:
        """Take note of what was read at a revision."""
        self._revision, self._hashes = revision, hashes

    def forget(self) -> None:
        """Know nothing any more."""
        self._revision, self._hashes = None, {}

    def moved(self, before: str, after: str) -> None:
        """The store went from one revision to another, and the changes between them are told here."""
        if self._revision == before:
            self._revision = after
        else:
            self.forget()

    def put(self, hashes: Iterable[tuple[str, str]]) -> None:
        """Cards were written."""
        if self._revision is not None:
            self._hashes.update(hashes)

    def remove(self, card_ids: Iterable[str]) -> None:
        """Cards were removed."""
        for card_id in card_ids:
            self._hashes.pop(card_id, None)
