"""The built-in corpus: 803 cards in this project's own words, and the vectors of their passages."""

import hashlib
import zlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from vectorstore.cards import CardAid, PaperCard

if TYPE_CHECKING:
    import numpy as np

_DIGEST = "digest.jsonl"
_VECTORS = "vectors.npz"


@cache
def builtin_cards() -> tuple[PaperCard, ...]:
    """The built-in cards, in the order of their file."""
    from vectorstore.readers import read_cards

    with as_file(files(__name__) / _DIGEST) as path:
        return tuple(read_cards(path).cards)


@cache
def _digest_by_id() -> dict[str, PaperCard]:
    return {card.id: card for card in builtin_cards()}


def with_builtin_aid(card: PaperCard) -> PaperCard:
    """A user's card as it is indexed: where its id is known it gets the digest's title, wording and questions.

    The card's own text stays what is quoted, and questions of its own stay beside the digest's. A card that
    is the digest's own needs no second wording.
    """
    known = _digest_by_id().get(card.id)
    if known is None or known.abstract == card.abstract:
        return card
    aid = CardAid(
        **{name: getattr(known, name) for name in CardAid.model_fields if name != "questions"},
        questions=tuple(dict.fromkeys((*card.aid.questions, *known.aid.questions))),
    )
    return card.model_copy(update={"title": known.title, "aid": aid})


def vector_key(kind: str, text: str) -> int:
    """The key of a text's vector: the first 8 bytes of the SHA-256 of its prefix and words."""
    return int.from_bytes(hashlib.sha256(f"{kind}: {text}".encode("utf-8", "replace")).digest()[:8], "big")


class ShippedVectors:
    """Vectors that come with the package, for one embedder; unknown texts are simply not in it.

    Args:
        fingerprint: the embedder in use; vectors of any other are not trusted, nor is a damaged file.
    """

    def __init__(self, fingerprint: str) -> None:
        import numpy as np

        self._keys = np.empty(0, np.uint64)
        try:
            with as_file(files(__name__) / _VECTORS) as path, np.load(path) as archive:
                if str(archive["fingerprint"]) != fingerprint:
                    return
                keys, codes, scales = (archive[name] for name in ("keys", "codes", "scales"))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error):
            return
        if len(keys) == len(codes) == len(scales):
            self._keys, self._codes, self._scales = keys, codes, scales

    def find(self, kind: str, texts: Sequence[str]) -> "tuple[np.ndarray, np.ndarray]":
        """Look texts up.

        Returns:
            A boolean mask of those found (len(texts),) and their vectors (found, dimension), L2-normalised.
        """
        import numpy as np

        wanted = np.array([vector_key(kind, text) for text in texts], np.uint64)
        if not len(self._keys) or not len(wanted):
            return np.zeros(len(texts), bool), np.empty((0, 0), np.float32)
        places = np.searchsorted(self._keys, wanted).clip(max=len(self._keys) - 1)
        mask = self._keys[places] == wanted
        rows = places[mask]
        vectors = self._codes[rows].astype(np.float32) * self._scales[rows, None].astype(np.float32)
        return mask, vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-9)
