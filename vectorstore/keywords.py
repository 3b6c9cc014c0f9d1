"""The keyword index: BM25 over whole cards in English and Chinese (tantivy), derived from the card store."""

import math
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from vectorstore.cards import FIELDS, PaperCard
from vectorstore.errors import StoreError
from vectorstore.latex import readable
from vectorstore.segment import terms
from vectorstore.store import CardStore

# Bumped when segmentation or fields change: an index of another version is rebuilt from the store.
_VERSION = "1"
_WRITER_BYTES = 64_000_000

_FIELD = "words"


class KeywordIndex:
    """Cards ranked by BM25 over everything they are found by: title, tags, own text, other wording, questions.

    Args:
        folder: where the index lives; made if absent, made anew if it cannot be read.

    Raises:
        StoreError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / f"v{_VERSION}"
        self._schema = _schema()
        self._index = self._open()

    def _open(self) -> Any:
        import tantivy

        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                return tantivy.Index(self._schema, path=str(self._folder))
            except ValueError:
                # A damaged or foreign index holds nothing that the store does not: start again.
                shutil.rmtree(self._folder)
                self._folder.mkdir(parents=True)
                return tantivy.Index(self._schema, path=str(self._folder))
        except OSError as error:
            raise StoreError(
                f"the keyword index in {self._folder} cannot be written ({error.strerror or error}); "
                "set ASSISTANT_HOME to a folder that can be written"
            ) from error

    @property
    def _stamp(self) -> Path:
        return self._folder / "revision"

    def in_step_with(self, store: CardStore) -> bool:
        """Whether the index was last brought up to the store's present contents."""
        try:
            return self._stamp.read_text("utf-8") == store.revision()
        except OSError:
            return False

    def sync(self, store: CardStore) -> int:
        """Make the index hold exactly the store's cards.

        Returns:
            The number of cards that were indexed or removed.
        """
        revision = store.revision()
        wanted = store.hashes()
        present = self._hashes()
        gone = [card_id for card_id in present if card_id not in wanted]
        stale = [card_id for card_id, digest in wanted.items() if present.get(card_id) != digest]
        if gone or stale:
            writer = self._index.writer(_WRITER_BYTES, 1)
            for card_id in (*gone, *stale):
                writer.delete_documents("id", card_id)
            for start in range(0, len(stale), 500):
                for card in store.get(stale[start : start + 500]).values():
                    writer.add_document(_document(card))
            writer.commit()
            writer.wait_merging_threads()
            self._index.reload()
        temporary = self._stamp.with_suffix(".new")
        temporary.write_text(revision, "utf-8")
        temporary.replace(self._stamp)
        return len(gone) + len(stale)

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

    def search(
        self, wanted: Sequence[str], k: int, *, only: Iterable[str] | None = None
    ) -> list[tuple[str, float]]:
        """The best cards for some terms (see `segment.content_terms`).

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
        clauses = [
            (should, query.term_query(self._schema, _FIELD, term)) for term in dict.fromkeys(wanted)
        ]
        whole = query.boolean_query(clauses)
        if only is not None:
            allowed = query.term_set_query(self._schema, "id", list(only))
            must = tantivy.Occur.Must
            whole = query.boolean_query([(must, whole), (must, query.boost_query(allowed, 0.0))])
        searcher = self._index.searcher()
        return [
            (searcher.doc(address)["id"][0], float(score)) for score, address in searcher.search(whole, k).hits
        ]

    def inverse_frequencies(self, wanted: Iterable[str]) -> dict[str, float]:
        """BM25's inverse document frequency of each term; 0 for all in an empty index."""
        searcher = self._index.searcher()
        total = int(searcher.num_docs)
        found = {term: searcher.doc_freq(_FIELD, term) for term in wanted}
        return {
            term: math.log(1 + (total - count + 0.5) / (count + 0.5)) if total else 0.0
            for term, count in found.items()
        }


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("hash", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(_FIELD, stored=False, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _document(card: PaperCard) -> Any:
    import tantivy

    return tantivy.Document(
        id=card.id, hash=card.content_hash(), **{_FIELD: " ".join(terms(readable("\n".join(searched(card)))))}
    )


def searched(card: PaperCard) -> list[str]:
    """Every text that a card is found by."""
    wordings = [part.text(field) for part in (card, card.aid) for field in FIELDS]
    return [text for text in (card.title, *card.tags, *wordings, *card.aid.questions) if text]
