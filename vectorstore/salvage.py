"""What to do about a vector index that Chroma can no longer read.

Chroma saves the index of a collection in place, some thousand vectors at a time. A process that is killed in
those milliseconds leaves files that do not match each other: Chroma then fails at once, or later, or crashes.
The records themselves are safe in SQLite.
"""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from vectorstore.errors import StoreError

_DAMAGE = re.compile(r"hnsw|finding id|getting embedding|querying knn", re.IGNORECASE)
# The list of what the other files hold is written last.
_LIST = "index_metadata.pickle"


def is_index_damage(error: StoreError) -> bool:
    """Whether an error of Chroma means that a vector index cannot be read."""
    return _DAMAGE.search(str(error.__cause__)) is not None


def is_half_saved(folder: Path, collection_id: str) -> bool:
    """Whether the saving of a collection's vector index was cut off.

    Args:
        folder: of the embedded store, which nobody writes to at the moment.
        collection_id: Chroma's id of the collection.

    Raises:
        OSError, sqlite3.Error: the folder cannot be read.
    """
    for saved in _index_folders(folder, collection_id):
        if (saved / _LIST).exists():
            written = (saved / _LIST).stat().st_mtime_ns
            if any(file.stat().st_mtime_ns > written for file in saved.iterdir()):
                return True
    return False


def drop_index(folder: Path, collection_id: str) -> None:
    """Take a collection's vector index away; its records stay, and it is whole again but for their vectors.

    Args:
        folder: of the embedded store.
        collection_id: Chroma's id of the collection.

    Raises:
        OSError, sqlite3.Error: the folder cannot be read.
    """
    for saved in _index_folders(folder, collection_id):
        shutil.rmtree(saved, ignore_errors=True)


def _index_folders(folder: Path, collection_id: str) -> Iterator[Path]:
    with closing(sqlite3.connect(f"{(folder / 'chroma.sqlite3').resolve().as_uri()}?mode=ro", uri=True)) as database:
        found = database.execute(
            "SELECT id FROM segments WHERE scope = 'VECTOR' AND collection = ?", (collection_id,)
        ).fetchall()
    return (folder / segment for (segment,) in found)
