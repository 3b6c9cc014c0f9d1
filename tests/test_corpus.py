"""The built-in corpus: what the package ships, and that its vectors are used only where they are right."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from assistant import Assistant
from vectorstore import corpus
from vectorstore.cards import CATEGORY_PREFIXES, FIELDS
from vectorstore.corpus import ShippedVectors, builtin_cards, vector_key, with_builtin_aid
from vectorstore.embedders import Embedder
from vectorstore.ingest import Source, entries_of

SHIPPED = Path(corpus.__file__).with_name("vectors.npz")
SHARED = Path(__file__).parents[2] / "shared" / "corpus" / "digest.jsonl"


def test_803_cards_are_shipped_whole() -> None:
    cards = builtin_cards()
    assert len({card.id for card in cards}) == 803
    assert {card.category for card in cards} == set(CATEGORY_PREFIXES)
    for card in cards:
        assert card.id.startswith(f"{CATEGORY_PREFIXES[card.category]}-")
        assert card.title
        assert card.tags
        assert all(card.text(field).strip() for field in FIELDS)
        assert len(card.aid.questions) == 6


@pytest.mark.skipif(not SHARED.exists(), reason="the corpus is not beside this checkout")
def test_the_shipped_corpus_is_the_one_that_was_written() -> None:
    shipped = Path(corpus.__file__).with_name("digest.jsonl")
    read = [[json.loads(line) for line in path.read_text("utf-8").splitlines()] for path in (SHARED, shipped)]
    assert read[0] == read[1]


def test_a_card_of_the_corpus_needs_no_second_wording() -> None:
    card = builtin_cards()[0]
    assert with_builtin_aid(card) is card
    stranger = card.model_copy(update={"id": "own-1", "abstract": "Something else."})
    assert with_builtin_aid(stranger) is stranger


# Vectors


@pytest.fixture(scope="module")
def embedder(assistant: Assistant) -> Embedder:
    """The default embedder."""
    return assistant._collection.embedder


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return [source for card in builtin_cards() for source in entries_of(card)]


def test_every_text_of_the_corpus_has_its_vector_shipped(embedder: Embedder, sources: list[Source]) -> None:
    shipped = ShippedVectors(embedder.fingerprint)
    for kind in ("passage", "query"):
        texts = [source.embedded for source in sources if source.kind == kind]
        found, vectors = shipped.find(kind, texts)
        assert found.all(), f"{(~found).sum()} of {len(texts)} are missing: python -m vectorstore.corpus.build"
        assert vectors.shape == (len(texts), embedder.dimension)


def test_a_shipped_vector_is_the_embedders_own(embedder: Embedder, sources: list[Source]) -> None:
    shipped = ShippedVectors(embedder.fingerprint)
    for kind in ("passage", "query"):
        texts = [source.embedded for source in sources if source.kind == kind][:: 900 if kind == "passage" else 400]
        found, vectors = shipped.find(kind, texts)
        assert found.any()
        own = embedder.embed_array([text for text, known in zip(texts, found, strict=True) if known], kind=kind)  # type: ignore[arg-type]
        assert ((own * vectors).sum(axis=1) > 0.999).all()
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_texts_and_kinds_that_are_not_shipped_are_not_found(embedder: Embedder, sources: list[Source]) -> None:
    shipped = ShippedVectors(embedder.fingerprint)
    question = next(source.embedded for source in sources if source.kind == "query")
    assert shipped.find("query", [question, question + " ", "\ud800"])[0].tolist() == [True, False, False]
    assert shipped.find("passage", [question])[0].tolist() == [False]
    assert shipped.find("passage", [])[0].tolist() == []
    assert len({vector_key(kind, text) for kind in ("passage", "query") for text in ("a", "b")}) == 4


def test_vectors_of_another_embedder_are_not_trusted(sources: list[Source]) -> None:
    found, _ = ShippedVectors("another-embedder").find("passage", [sources[0].embedded])
    assert not found.any()


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def garbled(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for place in range(0, len(content), 5_000):
        content[place] ^= 0xFF
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def another_file(path: Path) -> None:
    np.savez(path, fingerprint=np.array("made-up"))


def fewer_vectors_than_keys(path: Path) -> None:
    np.savez(
        path,
        fingerprint=np.array("made-up"),
        keys=np.array([vector_key("passage", "a"), 2**64 - 1], np.uint64),
        codes=np.ones((1, 4), np.int8),
        scales=np.ones(1, np.float32),
    )


def gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [cut, garbled, empty, another_file, fewer_vectors_than_keys, gone])
def test_a_damaged_file_of_vectors_is_as_good_as_none(
    embedder: Embedder,
    sources: list[Source],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: object,
) -> None:
    copy = tmp_path / "vectors.npz"
    copy.write_bytes(SHIPPED.read_bytes())
    damage(copy)  # type: ignore[operator]
    monkeypatch.setattr(corpus, "_VECTORS", str(copy))
    for fingerprint in (embedder.fingerprint, "made-up"):
        texts = ["a", *(source.embedded for source in sources[:50])]
        found, _ = ShippedVectors(fingerprint).find("passage", texts)
        assert not found.any()
