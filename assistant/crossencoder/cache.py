"""Keeps the two built graphs in the cache folder: building them takes seconds, reading them a moment."""

import hashlib
import os
import tempfile
from pathlib import Path

from assistant.crossencoder.trained import TrainedWeights
from vectorstore.embedders.e5_graph import Precision
from vectorstore.embedders.e5_weights import WeightsFile

# Raised when the graphs are built in another way.
_LAYOUT = 1
_NAMES = ("passages", "statements")


def graphs(weights: WeightsFile, model: Path, precision: Precision, folder: Path) -> tuple[Path, Path]:
    """The files of both graphs, built first where they are not there.

    Args:
        weights: the embedder's weights.
        model: the model file.
        precision: the arithmetic that the embedder found faithful here.
        folder: the cache folder.

    Raises:
        OSError: the folder cannot be written.
    """
    identity = hashlib.blake2b(model.read_bytes(), digest_size=8).hexdigest()
    found = [folder / f"checker-{identity}-{precision}-{_LAYOUT}-{name}.onnx" for name in _NAMES]
    if not all(path.is_file() for path in found):
        from assistant.crossencoder.graph import ReadingGraph

        folder.mkdir(parents=True, exist_ok=True)
        trained = TrainedWeights(weights, model)
        for path, name in zip(found, _NAMES, strict=True):
            graph = ReadingGraph(trained, precision)
            _write_whole(path, graph.passages() if name == "passages" else graph.statements())
    return found[0], found[1]


def _write_whole(path: Path, content: bytes) -> None:
    """Written under another name first: two processes may do it at once, and either may be killed."""
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
