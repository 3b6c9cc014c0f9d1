"""Chroma Cloud's own hybrid search, and the little that is still kept beside it on this machine.

One request brings three searches: which entries are near by meaning, which by words, and Chroma's own fusion of
both rankings (reciprocal rank fusion, Cormack et al. 2009). What the words of a collection are worth and what they
stand for (a latent space) no request can tell, so each machine keeps that, made from the cards.
"""

import json
import math
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vectorstore.errors import written
from vectorstore.found import Found, in_background
from vectorstore.keywords import FITTED_CARDS, KeywordIndex, indexed_words, is_outgrown
from vectorstore.latent import LatentSpace
from vectorstore.sparse import WORDS, query_words
from vectorstore.store import CardStore

if TYPE_CHECKING:
    import numpy as np
    from chromadb import Search
    from chromadb.execution.expression.operator import Rank

# The most records that Chroma Cloud gives for a search, and so the most worth ranking.
_ENTRIES = 300
# Reciprocal rank fusion: its usual constant, and the rank of what stands in one ranking alone.
_CONSTANT, _UNRANKED = 60, 1_000
# A card's words stand in several entries: so much do its three best ones count.
_SHARES = (1.0, 0.5, 0.25)
_VERSION = "1"
_AT_ONCE = 500


class HybridSearch:
    """Finds candidates by one request to Chroma Cloud.

    Args:
        store: whose passages are searched; `is_hybrid` is true of it.
        words: what the words of a question are worth.
    """

    def __init__(self, store: CardStore, words: "HybridIndex") -> None:
        self._store, self._words = store, words

    def begin(
        self,
        vector: "np.ndarray",
        wanted: Sequence[str],
        *,
        where: Mapping[str, Any] | None = None,
        only: Sequence[str] | None = None,
    ) -> Callable[[], Found]:
        """Begin to look for entries and cards near a question; see `Search`.

        Args:
            vector: the question's vector.
            wanted: its terms.
            where: Chroma's filter of the passages.
            only: not needed: `where` says the same.

        Returns:
            What waits for them; it raises StoreError where the request fails.
        """
        del only
        return in_background(lambda: self._found(vector, wanted, where)).result

    def _found(self, vector: "np.ndarray", wanted: Sequence[str], where: Mapping[str, Any] | None) -> Found:
        weights = {term: weight for term, weight in self._words.inverse_frequencies(wanted).items() if weight > 0}
        results = self._store.search(searches(vector, weights, where))
        dense = [(entry, 1.0 - distance) for entry, distance in results[0]]
        if len(results) == 1:
            return Found(dense, {}, {})
        # What shares no word with the question stands among the nearest too while Chroma has not indexed it yet.
        scores: dict[str, list[float]] = defaultdict(list)
        for entry, distance in results[1]:
            if distance < 1.0:
                scores[_card_of(entry)].append(1.0 - distance)
        fused: dict[str, float] = {}
        for entry, score in results[2]:
            fused.setdefault(_card_of(entry), -score * _CONSTANT / 2)
        return Found(dense, {card_id: _shared(found) for card_id, found in scores.items()}, fused)


def searches(
    vector: "np.ndarray", weights: Mapping[str, float], where: Mapping[str, Any] | None = None
) -> "list[Search]":
    """What is asked of Chroma: by meaning, by words, and both fused; by meaning alone where there are no words.

    Args:
        vector: the question's vector.
        weights: the question's words and what each is worth.
        where: Chroma's filter of the passages.
    """
    from chromadb import K, Knn, Rrf, Search

    def search(rank: "Rank") -> "Search":
        return Search(where=dict(where) if where else None, rank=rank, limit=_ENTRIES, select=[K.SCORE.name])

    def nearest(**more: Any) -> "list[Rank]":
        by_meaning = Knn(query=vector, limit=_ENTRIES, **more)
        by_words = [Knn(query=query_words(weights), key=WORDS, limit=_ENTRIES, **more)] if weights else []
        return [by_meaning, *by_words]

    alone = [search(rank) for rank in nearest()]
    if not weights:
        return alone
    return [*alone, search(Rrf(nearest(return_rank=True, default=_UNRANKED), k=_CONSTANT))]


def _card_of(entry: str) -> str:
    return entry.partition("|")[0]


def _shared(scores: Iterable[float]) -> float:
    best = sorted(scores, reverse=True)
    return sum(share * score for share, score in zip(_SHARES, best, strict=False))


class HybridIndex:
    """What the words of a collection are worth, and its latent space; it searches nothing itself.

    It stands where the keyword index stands for other stores, and can always be made anew from the cards.

    Args:
        folder: where it lives; made if absent.

    Raises:
        StoreError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / f"cloud{_VERSION}"
        self._stamp = self._folder / "stamp.json"
        self._space, self._digests = self._folder / "latent.npz", self._folder / "digests.json"
        # The stamp whose files were last read: as long as it stands they need not be read again.
        self._read = ""
        self._latent = LatentSpace.fit([])
        with written(f"the folder {self._folder}"):
            self._folder.mkdir(parents=True, exist_ok=True)

    def in_step_with(self, store: CardStore, revision: str | None = None) -> bool:
        """Whether it is whole and made from the store's present contents.

        Args:
            store: the card store.
            revision: its revision, where it is known already.
        """
        try:
            return self._revision() == (revision or store.revision())
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def _revision(self) -> str:
        """The revision it was made from; what is kept is read where it has changed.

        Raises:
            OSError, ValueError, KeyError, TypeError: there is none, or it is damaged.
        """
        text = self._stamp.read_text("utf-8")
        stamp = json.loads(text)
        if text != self._read:
            if stamp["files"] != self._checksums():
                raise ValueError("the files are not those of the stamp")
            self._latent, self._read = LatentSpace.load(self._space), text
        return str(stamp["revision"])

    def _checksums(self) -> list[int]:
        return [zlib.crc32(path.read_bytes()) for path in (self._space, self._digests)]

    def sync(self, store: CardStore) -> int:
        """Bring it into step with the store.

        Returns:
            The number of cards that were new, changed or gone.

        Raises:
            StoreError: the folder cannot be written, or the store fails.
        """
        revision, wanted = store.revision(), store.hashes()
        present = self._present()
        gone = [card_id for card_id in present if card_id not in wanted]
        stale = [card_id for card_id, digest in wanted.items() if present.get(card_id) != digest]
        # A copy of its own: others may be answering from the one that is being read.
        space = LatentSpace.load(self._space) if present else self._latent
        if not present or is_outgrown(space, len(wanted), len(stale)):
            spread = list(wanted)[:: max(1, math.ceil(len(wanted) / FITTED_CARDS))]
            space, stale = LatentSpace.fit(words for _, words in indexed_words(store, spread)), list(wanted)
        space.fold({}, gone)
        for start in range(0, len(stale), _AT_ONCE):
            part = stale[start : start + _AT_ONCE]
            space.fold({card.id: words for card, words in indexed_words(store, part)})
        with written(f"the folder {self._folder}"):
            self._stamp.unlink(missing_ok=True)
            space.save(self._space)
            self._digests.write_text(json.dumps(wanted), "utf-8")
            text = json.dumps({"revision": revision, "files": self._checksums()})
            temporary = self._stamp.with_suffix(".new")
            temporary.write_text(text, "utf-8")
            temporary.replace(self._stamp)
        self._latent, self._read = space, text
        return len(gone) + len(stale)

    def _present(self) -> dict[str, str]:
        """The hash of every card it was made from; none where it has to be made anew."""
        try:
            self._revision()
            return dict(json.loads(self._digests.read_text("utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    @property
    def latent(self) -> LatentSpace:
        """The latent space of the cards' words."""
        return self._latent

    def count(self) -> int:
        """Number of cards that it was made from."""
        return len(self._latent.ids)

    def inverse_frequencies(self, wanted: Iterable[str]) -> dict[str, float]:
        """BM25's inverse document frequency of each term among the cards that the space was fitted on."""
        return self._latent.inverse_frequencies(wanted)


WordIndex = KeywordIndex | HybridIndex


def word_index(folder: Path, store: CardStore) -> WordIndex:
    """What belongs beside a store for its words.

    Args:
        folder: where it lives; made if absent.
        store: the card store.

    Raises:
        StoreError: the folder cannot be written.
    """
    return HybridIndex(folder) if store.is_hybrid else KeywordIndex(folder)
