"""Make the shipped vectors again: `python -m vectorstore.corpus.build` (about two minutes on two cores)."""

from pathlib import Path

import numpy as np
from platformdirs import user_data_path

from vectorstore.corpus import builtin_cards, vector_key
from vectorstore.embedders import get_embedder
from vectorstore.ingest import entries_of


def build(target: Path, cache_dir: Path) -> int:
    """Embed every entry of the built-in corpus and write the vectors as 8-bit codes.

    Args:
        target: the .npz file.
        cache_dir: where the embedder keeps its unpacked weights.

    Returns:
        The number of vectors written.
    """
    embedder = get_embedder("e5", cache_dir=cache_dir)
    wanted = {(source.kind, source.embedded): None for card in builtin_cards() for source in entries_of(card)}
    keys: list[int] = []
    parts = []
    for kind in ("passage", "query"):
        texts = [text for each, text in wanted if each == kind]
        keys.extend(vector_key(kind, text) for text in texts)
        parts.append(embedder.embed_array(texts, kind=kind))
    vectors = np.concatenate(parts)
    scales = np.abs(vectors).max(axis=1) / 127
    codes = np.rint(vectors / scales[:, None]).astype(np.int8)
    order = np.argsort(np.array(keys, np.uint64))
    np.savez_compressed(
        target,
        fingerprint=np.array(embedder.fingerprint),
        keys=np.array(keys, np.uint64)[order],
        codes=codes[order],
        scales=scales[order].astype(np.float32),
    )
    return len(keys)


if __name__ == "__main__":
    place = Path(__file__).with_name("vectors.npz")
    count = build(place, user_data_path("paper-card-assistant", appauthor=False) / "embedders")
    print(f"{place}: {count} vectors, {place.stat().st_size / 1e6:.1f} MB")
