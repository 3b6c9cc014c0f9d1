"""The keyword index: whole cards by their words (BM25 in tantivy) and by what these stand for (a latent space)."""

import json
import math
import shutil
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from vectorstore.cards import FIELDS, PaperCard
from vectorstore.errors import StoreError, written
from vectorstore.latent import LatentSpace
from vectorstore.latex import readable
from vectorstore.segment import index_terms
from vectorstore.store import CardStore

# Bumped when segmentation or fields change: an index of another version is rebuilt from the store.
_VERSION = "2"
_WRITER_BYTES = 64_000_000

_FIELD = "words"
_AT_ONCE = 500
# The latent space is fitted on so many cards at most, spread over the collection; the others are folded in.
FITTED_CARDS = 2_000
# It is fitted anew when this share of the cards is new to it.
_NEW_SHARE = 1 / 3
# Files up to so many bytes are read whole for their checksums, larger ones in so many pieces of so many bytes.
_READ_WHOLE, _PIECES, _PIECE = 64_000_000, 64, 65_536


class KeywordIndex:
    """Cards by everything they are found by: title, tags, own text, other wording, questions.

    It is derived from the card store and can always be made anew.
    Opening and searching change nothing on disk; `sync` does, and wants the writer's lock.

    Args:
        folder: where the index lives; made if absent.

    Raises:
        StoreError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / f"v{_VERSION}"
        self._stamp = self._folder / "stamp.json"
        self._space = self._folder / "latent.npz"
        self._latent: LatentSpace | None = None
        self._schema = _schema()
        self._damaged = False
        # The stamp whose files were last read: as long as it stands they need not be read again.
        self._read = ""
        self._index = self._open()

    def _open(self) -> Any:
        import tantivy

        with written(f"the keyword index in {self._folder}"):
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                index = tantivy.Index(self._schema, path=str(self._folder))
            except ValueError:
                # Another process may be writing here, so it is `sync` that makes the folder anew.
                self._damaged = True
                index = tantivy.Index(self._schema)
        # What is searched changes when this program says so, together with what else is derived from the store.
        index.config_reader("manual")
        return index

    def in_step_with(self, store: CardStore, revision: str | None = None) -> bool:
        """Whether the index is whole and holds the store's present contents.

        Args:
            store: the card store.
            revision: its revision, where it is known already.
        """
        try:
            text = self._stamp.read_text("utf-8")
            stamp = json.loads(text)
            if text != self._read:
                if stamp["files"] != self._checksums():
                    self._damaged = True
                    return False
                self._damaged = False
                self._index, self._latent = self._open(), None
                self._read = text
            return not self._damaged and bool(stamp["revision"] == (revision or store.revision()))
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def _checksums(self) -> dict[str, int]:
        """A checksum of each file of the index: tantivy itself notices only some damage."""
        return {
            path.name: _checksum(path)
            for path in sorted(self._folder.iterdir())
            if not path.name.startswith(".") and path != self._stamp and path.is_file()
        }

    def sync(self, store: CardStore) -> int:
        """Make the index hold exactly the store's cards.

        Returns:
            The number of cards that were indexed or removed.

        Raises:
            StoreError: the folder cannot be written.
        """
        revision = store.revision()
        self.in_step_with(store, revision)
        with written(f"the keyword index in {self._folder}"):
            # While there is no stamp, what tantivy committed last is taken as it is, and the latent space as unknown.
            known = self._stamp.exists()
            self._stamp.unlink(missing_ok=True)
            try:
                changed = self._brought_up(store, known)
            except ValueError:
                self._damaged = True
                changed = self._made_anew(store)
            text = json.dumps({"revision": revision, "files": self._checksums()})
            temporary = self._stamp.with_suffix(".new")
            temporary.write_text(text, "utf-8")
            temporary.replace(self._stamp)
        self._read = text
        return changed

    def _made_anew(self, store: CardStore) -> int:
        try:
            return self._brought_up(store, False)
        except ValueError as error:
            raise StoreError(
                f"the keyword index in {self._folder} cannot be made ({error}); is the disk full?"
            ) from error

    def _brought_up(self, store: CardStore, known: bool) -> int:
        if self._damaged:
            # It holds nothing that the store does not.
            shutil.rmtree(self._folder)
            self._damaged = known = False
            self._index = self._open()
        self._index.reload()
        wanted, present = store.hashes(), self._hashes()
        gone = [card_id for card_id in present if card_id not in wanted]
        stale = [card_id for card_id, digest in wanted.items() if present.get(card_id) != digest]
        space = self._kept_space(len(wanted), len(stale)) if known else None
        if space is None:
            spread = list(wanted)[:: max(1, math.ceil(len(wanted) / FITTED_CARDS))]
            space, unplaced = LatentSpace.fit(words for _, words in indexed_words(store, spread)), list(wanted)
        else:
            unplaced = stale
        if not (gone or stale or unplaced):
            return 0
        writer = self._index.writer(_WRITER_BYTES, 1)
        for card_id in (*gone, *(card_id for card_id in stale if card_id in present)):
            writer.delete_documents_by_term("id", card_id)
        fresh = set(stale)
        space.fold({}, gone)
        for start in range(0, len(unplaced), _AT_ONCE):
            placed = {}
            for card, words in indexed_words(store, unplaced[start : start + _AT_ONCE]):
                placed[card.id] = words
                if card.id in fresh:
                    writer.add_document(_document(card, words))
            space.fold(placed)
        space.save(self._space)
        self._latent = space
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        return len(gone) + len(stale)

    def _kept_space(self, cards: int, stale: int) -> LatentSpace | None:
        """The space as it was, where what is new to it can be folded in; None where it has to be fitted anew."""
        try:
            space = LatentSpace.load(self._space)
        except (OSError, ValueError, KeyError):
            return None
        return None if is_outgrown(space, cards, stale) else space

    @property
    def latent(self) -> LatentSpace:
        """The latent space of the cards' words, read when it is first asked for."""
        if self._latent is None:
            try:
                self._latent = LatentSpace.load(self._space)
            except (OSError, ValueError, KeyError):
                # Another process is making it anew: without it cards are found by their words alone.
                self._latent = LatentSpace.fit([])
        return self._latent

    def _hashes(self) -> dict[str, str]:
        import tantivy

        searcher = self._index.searcher()
        if not searcher.num_docs:
            return {}
        found: dict[str, str] = {}
        for _, address in searcher.search(tantivy.Query.all_query(), searcher.num_docs).hits:
            document = searcher.doc(address)
            found[document["id"][0]] = document["hash"][0]
        return found

    def count(self) -> int:
        """Number of cards that are searched."""
        return int(self._index.searcher().num_docs)

    def search(self, wanted: Sequence[str], k: int, *, only: Iterable[str] | None = None) -> list[tuple[str, float]]:
        """The best cards for some terms (see `segment.query_terms`).

        Args:
            wanted: terms; a repeated one counts once.
            k: how many cards at most.
            only: if given, the card ids that may be returned.

        Returns:
            (card id, BM25 score), best first.
        """
        import tantivy

        if not wanted:
            return []
        query = tantivy.Query
        should = tantivy.Occur.Should
        clauses = [(should, query.term_query(self._schema, _FIELD, term)) for term in dict.fromkeys(wanted)]
        whole = query.boolean_query(clauses)
        if only is not None:
            allowed = query.term_set_query(self._schema, "id", list(only))
            must = tantivy.Occur.Must
            whole = query.boolean_query([(must, whole), (must, query.boost_query(allowed, 0.0))])
        searcher = self._index.searcher()
        return [(searcher.doc(address)["id"][0], float(score)) for score, address in searcher.search(whole, k).hits]

    def inverse_frequencies(self, wanted: Iterable[str]) -> dict[str, float]:
        """BM25's inverse document frequency of each term; 0 for all in an empty index."""
        searcher = self._index.searcher()
        total = int(searcher.num_docs)
        found = {term: searcher.doc_freq(_FIELD, term) for term in wanted}
        return {
            term: math.log(1 + (total - count + 0.5) / (count + 0.5)) if total else 0.0 for term, count in found.items()
        }


def _checksum(path: Path) -> int:
    """Of the whole of a file; of a large one of its size and of pieces all over it, since every start has to wait."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= _READ_WHOLE:
            return zlib.crc32(file.read())
        checksum = zlib.crc32(str(size).encode())
        for piece in range(_PIECES):
            file.seek((size - _PIECE) * piece // (_PIECES - 1))
            checksum = zlib.crc32(file.read(_PIECE), checksum)
        return checksum


def is_outgrown(space: LatentSpace, cards: int, stale: int) -> bool:
    """Whether a latent space has to be fitted anew rather than have cards folded into it.

    Args:
        space: as it is.
        cards: how many cards it is to hold.
        stale: how many of them are new to it.
    """
    outgrown = cards - space.fitted > _NEW_SHARE * cards and space.fitted < FITTED_CARDS // 2
    return outgrown or stale > _NEW_SHARE * cards


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("hash", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(_FIELD, stored=False, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _document(card: PaperCard, words: Sequence[str]) -> Any:
    import tantivy

    return tantivy.Document(id=card.id, hash=card.content_hash(), **{_FIELD: " ".join(words)})


def indexed_words(store: CardStore, card_ids: Sequence[str]) -> Iterator[tuple[PaperCard, list[str]]]:
    """Cards with the words that they are indexed by."""
    for start in range(0, len(card_ids), _AT_ONCE):
        for card in store.get(card_ids[start : start + _AT_ONCE]).values():
            yield card, index_terms(readable("\n".join(searched(card))))


def searched(card: PaperCard) -> list[str]:
    """Every text that a card is found by."""
    wordings = [part.text(field) for part in (card, card.aid) for field in FIELDS]
    return [text for text in (card.title, *card.tags, *wordings, *card.aid.questions) if text]
