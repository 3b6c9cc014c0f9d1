"""Words as sparse vectors: what Chroma Cloud's own index searches beside the dense ones.

The words are those of the keyword index, so that Chinese is segmented and a name is found however it is spelt;
their weights are BM25's (Robertson and Zaragoza 2009), the part of the text in the store and that of the
collection in the question.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from vectorstore.latex import readable
from vectorstore.segment import index_terms

if TYPE_CHECKING:
    from chromadb import Schema, SparseVector

    from vectorstore.cards import PaperCard
    from vectorstore.store import Entry

# The metadata key of a passage's words.
WORDS = "words"
_K1, _B = 1.2, 0.75
# Words of a middling passage under its title. Stored weights rest on it, so it is no setting.
_LENGTH = 40.0


def indexed() -> "Schema":
    """How Chroma Cloud indexes passages: vectors by their cosine, words by their product."""
    from chromadb import Schema, SparseVectorIndexConfig, VectorIndexConfig

    by_cosine = VectorIndexConfig(space="cosine", embedding_function=None)
    return Schema().create_index(by_cosine).create_index(SparseVectorIndexConfig(), key=WORDS)


def words_of(card: "PaperCard", entry: "Entry") -> dict[str, Any]:
    """What is stored beside an entry for its words, under the title of its card as its dense vector is."""
    asked = entry.metadata.get("kind") == "question"
    found = Counter(index_terms(entry.text if asked else f"{card.title}\n{readable(entry.text)}"))
    norm = _K1 * (1 - _B + _B * found.total() / _LENGTH)
    return {WORDS: _vector({term: times * (_K1 + 1) / (times + norm) for term, times in found.items()})}


def query_words(weights: Mapping[str, float]) -> "SparseVector":
    """A question's words.

    Args:
        weights: how much each counts, as its inverse document frequency says.
    """
    return _vector(weights)


def _vector(weights: Mapping[str, float]) -> "SparseVector":
    from chromadb import SparseVector

    places: dict[int, float] = {}
    for term, weight in weights.items():
        # Two words that fall together, one pair in two thousand million, count as the heavier of them.
        place = _place(term)
        places[place] = max(places.get(place, 0.0), weight)
    indices = sorted(places)
    return SparseVector(indices=indices, values=[round(places[index], 4) for index in indices])


@lru_cache(maxsize=65_536)
def _place(term: str) -> int:
    """The dimension of a word; Chroma takes 31 bits."""
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=4).digest(), "big") >> 1
