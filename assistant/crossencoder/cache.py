"""Keeps the built graph in the cache folder: building it takes seconds, reading it a moment."""

import hashlib
import shutil
import tempfile
import zlib
from importlib.metadata import version
from pathlib import Path

from assistant.crossencoder.trained import TrainedWeights
from vectorstore.embedders.e5_encoder import optimised
from vectorstore.embedders.e5_graph import Precision
from vectorstore.embedders.e5_weights import WeightsFile
from vectorstore.errors import written

# Raised when the graph is built in another way.
_LAYOUT = 3
# A file ends with the checksum of what comes before it, in so many bytes.
_CHECKSUM = 4
_DRAFT = "building-crossencoder-"


def graph(weights: WeightsFile, model: Path, precision: Precision, folder: Path) -> bytes:
    """The serialised graph as onnxruntime has optimised it, built first where it is not there or was damaged.

    Args:
        weights: the embedder's weights.
        model: the model file.
        precision: the arithmetic that the embedder found faithful here.
        folder: the cache folder.

    Raises:
        StoreError: the folder cannot be written.
    """
    identity = hashlib.blake2b(model.read_bytes(), digest_size=8).hexdigest()
    path = folder / f"crossencoder-{identity}-{precision}-{_LAYOUT}-{version('onnxruntime')}.onnx"
    found = _whole(path)
    if found is not None:
        return found
    from filelock import FileLock

    with written(f"the network in {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "crossencoder.lock"):
            return _whole(path) or _built(TrainedWeights(weights, model), precision, path)


def _built(weights: TrainedWeights, precision: Precision, path: Path) -> bytes:
    """Build the graph and write it, whole or not at all; the lock is ours."""
    from assistant.crossencoder.graph import PairGraph

    for abandoned in path.parent.glob(f"{_DRAFT}*"):  # of a process that was killed
        shutil.rmtree(abandoned, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_DRAFT, dir=path.parent) as folder:
        draft = Path(folder) / path.name
        optimised(PairGraph(weights, precision).build(), draft)
        content = draft.read_bytes()
        draft.write_bytes(content + _checksum(content))
        draft.replace(path)
    return content


def _whole(path: Path) -> bytes | None:
    """What was written, or None where it is not there or was damaged."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return content[:-_CHECKSUM] if content[-_CHECKSUM:] == _checksum(content[:-_CHECKSUM]) else None


def _checksum(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(_CHECKSUM, "little")
