"""Small cards of nobody's papers, their files, and processes of their own that ingest them."""

import json
import re
import subprocess
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings

from assistant import Assistant
from assistant.settings import Settings
from vectorstore.cards import PaperCard
from vectorstore.store import Entry, StoredCard, filter_tags

ROOT = Path(__file__).parents[1]
SIZE = 64


class HashedWords(Embeddings):
    """An embedder that takes no time: texts are near each other as far as they share words."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        vector = np.zeros(SIZE)
        for word in re.findall(r"[a-z]+|\d+|[\u3400-\u9fff]", text.lower()) or ["nothing"]:
            digest = zlib.crc32(word.encode())
            vector[digest % SIZE] += 1 if digest & 0x10000 else -1
        return (vector if vector.any() else vector + 1).tolist()


def record(number: int, wording: str = "plain", **more: Any) -> dict[str, Any]:
    """A card as a line of a card file; its abstract is three passages."""
    return {
        "id": f"own-{number}",
        "category": "Gardens" if number % 2 else "Kitchens",
        "title": f"Wobble{number}: a planner of kind {number}",
        "abstract": f"Wobble{number} plans the {wording} day of every gardener who asks. "
        f"It reaches {number}.5 points on the Pebble test with the {wording} setting. "
        f"A rival without plans stays behind it by a wide margin each {wording} time.",
    } | more


def write_cards(path: Path, records: Sequence[dict[str, Any]]) -> Path:
    """A card file of some records."""
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records), "utf-8")
    return path


def settings(home: Path, **more: Any) -> Settings:
    """A state folder without the built-in corpus."""
    return Settings(home=home, **({"builtin_corpus": False, "model": "none"} | more))


def own_assistant(home: Path, **more: Any) -> Assistant:
    """An assistant on a state folder of its own, with vectors that take no time."""
    return Assistant(settings(home, **more), embeddings=HashedWords())


def stored(number: int, passages: int = 3, wording: str = "plain", **more: Any) -> StoredCard:
    """A card with made-up vectors, the same for the same number and wording."""
    card = PaperCard(**{key: value for key, value in record(number, wording, **more).items() if key != "questions"})
    rows = np.random.default_rng([number, *wording.encode()]).normal(size=(passages, 8))
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    shared = {"card_id": card.id, "category": card.category, "tags": filter_tags(card), "kind": "text"}
    entries = [
        Entry(f"{card.id}|t/abstract/{place}-{place + 9}", card.abstract[place : place + 9], shared)
        for place in range(passages)
    ]
    return StoredCard(card, entries, vectors)


_PREFACE = """
import os, sys
sys.path[:0] = [{root!r}, {tests!r}]
from pathlib import Path
from own_cards import *
"""


def process(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Run Python code, to which this module's names are known, as a process of its own; `sys.argv[1:]` as given."""
    preface = _PREFACE.format(root=str(ROOT), tests=str(ROOT / "tests"))
    return subprocess.Popen(
        [sys.executable, "-c", preface + code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT / "tests",
    )


def finished(running: subprocess.Popen[str]) -> str:
    """What a process printed, once it ended well."""
    printed, complaints = running.communicate(timeout=120)
    assert running.returncode == 0, complaints
    return printed
