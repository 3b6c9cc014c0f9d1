"""Six made-up cards, an assistant over them, and questions and claims whose right answers are known."""

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from langchain_core.embeddings import Embeddings

from assistant import Assistant
from assistant.settings import Settings

if TYPE_CHECKING:
    from evals.results import Report

CARDS = [
    ("wob-1", "WobbleRL", "WobbleRL plans ahead before it moves a robot arm. It reaches 12.5% more success on Pebble."),
    ("grm-1", "GrimKV", "GrimKV compresses the cache of attention keys. It needs 40% less memory on LongRead."),
    ("tad-1", "TadMT", "TadMT teaches small models to translate poetry. It gains 3.2 BLEU over Lark."),
    ("quo-1", "QuoVote", "QuoVote lets several agents vote on a proof. It solves 61 of 90 problems of ProofBench."),
    ("sil-1", "SilTrace", "SilTrace finds the training data behind an answer. It cuts the search time to 2 seconds."),
    ("nib-1", "NibVLM", "NibVLM prunes vision tokens in early layers. It keeps 98% accuracy on ChartRead."),
]
QUESTIONS = [
    {"kind": "single", "style": "named", "question": "How much more success does WobbleRL reach on Pebble?",
     "gold": ["wob-1"], "key_facts": ["12.5%"]},
    {"kind": "single", "style": "named", "question": "How much memory does GrimKV save on LongRead?",
     "gold": ["grm-1"], "key_facts": ["40%"]},
    {"kind": "single", "style": "described", "question": "Which method lets several agents vote on a proof?",
     "gold": ["quo-1"], "key_facts": ["61"]},
    {"kind": "unanswerable", "question": "Who wrote the paper about TadMT?"},
    {"kind": "unanswerable", "question": "What does Zorbulator9 reach on Pebble?"},
    {"kind": "followup", "question": "And on which benchmark was it tested?", "gold": ["nib-1"],
     "turns": ["What does NibVLM prune?", "And on which benchmark was it tested?"]},
]  # fmt: skip
CLAIMS = [
    ("figure", "wob-1", "WobbleRL reaches 12.5% more success on Pebble.", True),
    ("paraphrase", "grm-1", "GrimKV compresses the cache of attention keys.", True),
    ("wrong-figure", "wob-1", "WobbleRL reaches 62.5% more success on Pebble.", False),
    ("unrelated", "tad-1", "SilTrace cuts the search time to 9 seconds.", False),
]


class WordEmbeddings(Embeddings):
    """Texts that share words are near each other; nothing to load."""

    def embed_documents(self, texts):
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text):
        vector = np.full(256, 0.01)
        for word in re.findall(r"\w{3,}", text.lower()):
            vector[int(hashlib.md5(word.encode()).hexdigest(), 16) % 256] += 1
        return vector.tolist()


def small_assistant(folder: Path, kind: type[Assistant] = Assistant) -> Assistant:
    """An assistant over six made-up cards."""
    lines = [
        json.dumps({"id": card_id, "category": "Notes", "title": name, "abstract": text})
        for card_id, name, text in CARDS
    ]
    path = folder / "cards.jsonl"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), "utf-8")
    made = kind(Settings(home=folder / "home", builtin_corpus=False), embeddings=WordEmbeddings())
    made.ingest([path])
    return made


def small_dataset(folder: Path) -> Path:
    """The questions and claims as a data set file."""
    path = folder / "mine.jsonl"
    lines = [{"id": f"q-{place}", "lang": "en"} | each for place, each in enumerate(QUESTIONS)]
    lines += [
        {"id": f"c-{place}", "lang": "en", "kind": kind, "card": card, "claim": claim, "supported": supported}
        for place, (kind, card, claim, supported) in enumerate(CLAIMS)
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    return path


def ours(report: "Report", metric: str) -> float:
    """What the assistant itself reached."""
    found = report.measure(metric)
    assert found is not None, metric
    return found.value
