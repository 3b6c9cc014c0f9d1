"""Keeps the built graph in the cache folder: building it takes seconds, reading it a moment."""

import hashlib
import os
import tempfile
from pathlib import Path

from assistant.crossencoder.trained import TrainedWeights
from vectorstore.embedders.e5_graph import Precision
from vectorstore.embedders.e5_weights import WeightsFile

# Raised when the graph is built in another way.
_LAYOUT = 2


def graph(weights: WeightsFile, model: Path, precision: Precision, folder: Path) -> Path:
    """The file of the graph, built first where it is not there.

    Args:
        weights: the embedder's weights.
        model: the model file.
        precision: the arithmetic that the embedder found faithful here.
        folder: the cache folder.

    Raises:
        OSError: the folder cannot be written.
    """
    identity = hashlib.blake2b(model.read_bytes(), digest_size=8).hexdigest()
    path = folder / f"crossencoder-{identity}-{precision}-{_LAYOUT}.onnx"
    if not path.is_file():
        from assistant.crossencoder.graph import PairGraph

        folder.mkdir(parents=True, exist_ok=True)
        _write_whole(path, PairGraph(TrainedWeights(weights, model), precision).build())
    return path


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
