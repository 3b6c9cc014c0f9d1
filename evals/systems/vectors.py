"""Keeps the vectors of the baselines' texts, so that only the first run pays for them."""

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.embeddings import Embeddings

if TYPE_CHECKING:
    import numpy as np

    from evals.systems import Progress
    from vectorstore.embedders import Embedder

_AT_ONCE = 256


class KeptEmbeddings(Embeddings):
    """A LangChain embedder that asks another one and remembers what it said of passages.

    Args:
        embedder: who makes the vectors.
        folder: where they are kept.
        progress, what: told of the passages embedded, under this name.
    """

    def __init__(self, embedder: "Embedder", folder: Path, progress: "Progress", what: str) -> None:
        self._embedder, self._progress, self._what = embedder, progress, what
        folder.mkdir(parents=True, exist_ok=True)
        mark = hashlib.sha256(embedder.fingerprint.encode()).hexdigest()[:12]
        self._path = folder / f"vectors-{mark}.sqlite3"
        with closing(self._open()) as kept, kept:
            kept.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=60)

    def embed_array(self, texts: Sequence[str]) -> "np.ndarray":
        """The vectors of passages, float32 of shape (texts, dimension), in their order."""
        import numpy as np

        keys = [hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in texts]
        known = self._known(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        # Texts of one length share a batch, so the embedder pads little.
        todo = sorted(missing, key=lambda key: len(missing[key]))
        for start in range(0, len(todo), _AT_ONCE):
            part = todo[start : start + _AT_ONCE]
            self._progress(start, len(todo), self._what)
            vectors = self._embedder.embed_array([missing[key] for key in part])
            rows = [(key, vector.astype(np.float32).tobytes()) for key, vector in zip(part, vectors, strict=True)]
            with closing(self._open()) as kept, kept:
                kept.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
            known.update(rows)
        return np.array([np.frombuffer(known[key], np.float32) for key in keys])

    def _known(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        with closing(self._open()) as kept:
            found: dict[bytes, bytes] = {}
            for start in range(0, len(keys), 500):
                part = list(keys[start : start + 500])
                marks = ",".join("?" * len(part))
                found.update(kept.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", part).fetchall())  # noqa: S608
            return found

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's door for passages."""
        return [[float(value) for value in row] for row in self.embed_array(texts)]

    def embed_query(self, text: str) -> list[float]:
        """LangChain's door for a search query; never kept."""
        return self._embedder.embed_query(text)
