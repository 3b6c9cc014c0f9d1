"""Large collections to measure with: cards recombined from the sentences of the built-in corpus.

`python -m evals.bench.synthetic cards.jsonl --cards 100000` writes them in the project's JSON lines. Every card has a
name of its own, the rest of a real title, an abstract of sentences of several papers of one category, and Chinese
summaries of others; by default two sentences and one summary, so three passages a card. What they say together is
nonsense, but words, figures, languages, categories and tags are spread as in the real cards, and that is what indexes
are sensitive to.

Embedding a million fresh passages takes hours, so `RecombiningEmbedder` makes their vectors from those that the
built-in corpus ships.
"""

import argparse
import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vectorstore.cards import PaperCard
from vectorstore.corpus import ShippedVectors, builtin_cards
from vectorstore.embedders.base import Embedder, Kind, Vectors, unit_rows
from vectorstore.ingest import entries_of
from vectorstore.passages import passages_of

# A card file may have 512 MB and is read whole: so many cards of the largest shape stay well below that.
_CARDS_A_FILE = 20_000
_SUMMARIES = ("motivation", "problem", "analysis", "method", "experiments", "contribution")
_QUESTIONS = 6
# How much a passage's vector is that of its title, its own words and nothing (so that no two are the same).
_OF_TITLE, _OF_WORDS, _OF_ITS_OWN = 0.35, 0.65, 0.2
_SYLLABLES_FIRST = "Al Bel Cor Dra Em Fen Gra Hel Is Jun Kar Lum Mor Nex Or Pel Quil Ras Sol Tar Um Vel Wis Xan Yor Zen"
_SYLLABLES_THEN = "bar cen dor fis gon hul jet kin lap mir net pod qor rin sat tek vol wix yam zar"
_ENDINGS = "Former Net Tune Bench Guard Space Mind Flow Path Opt Gen Mix Prune Cache Rank Agent Eval Plan Seek Lens"


@dataclass(frozen=True)
class Shape:
    """How much a card holds.

    Args:
        sentences: of the English abstract, at least 1.
        summaries: Chinese fields, 0 to 6.
        questions: that it answers, 0 to 6.
    """

    sentences: int = 2
    summaries: int = 1
    questions: int = 0

    @property
    def entries(self) -> int:
        """How many vectors a card of this shape gets, near enough."""
        return self.sentences + self.summaries + self.questions


# As many vectors as a card of the full file has together with its aids.
FULL = Shape(sentences=15, summaries=6, questions=6)


def records(count: int, seed: int = 0, shape: Shape | None = None) -> Iterator[dict[str, Any]]:
    """Cards as the JSON objects of a card file, one after the other; the first n are the same for every count.

    Args:
        count: how many.
        seed: other seeds give other cards, of other ids.
        shape: how much each holds; by default three passages.
    """
    shape = shape or Shape()
    sources: dict[str, _Source] = defaultdict(_Source)
    for card in builtin_cards():
        sources[card.category].add(card)
    categories = list(sources)
    shares = [len(source.titles) for source in sources.values()]
    for number in range(count):
        chance = random.Random(f"{seed}-{number}")  # noqa: S311
        category = chance.choices(categories, shares)[0]
        yield {"id": f"syn{seed}-{number:07d}", "category": category} | sources[category].card(number, chance, shape)


def write(target: Path, count: int, seed: int = 0, shape: Shape | None = None) -> list[Path]:
    """Write cards to a file, or to several where they are too many for one.

    Args:
        target: the file; further ones get a number behind their name.
        count, seed, shape: as for `records`.

    Returns:
        The files.
    """
    files: list[Path] = []
    cards = records(count, seed, shape)
    for start in range(0, count, _CARDS_A_FILE):
        place = target if not start else target.with_stem(f"{target.stem}-{start // _CARDS_A_FILE + 1}")
        with place.open("w", encoding="utf-8") as file:
            for _ in range(min(_CARDS_A_FILE, count - start)):
                file.write(json.dumps(next(cards), ensure_ascii=False) + "\n")
        files.append(place)
    return files


class _Source:
    """What the cards of one category are made of."""

    def __init__(self) -> None:
        self.titles: list[str] = []
        self._tags: list[list[str]] = []
        self._sentences: list[str] = []
        self._summaries: dict[str, list[str]] = {name: [] for name in _SUMMARIES}
        self._questions: list[str] = []

    def add(self, card: PaperCard) -> None:
        self.titles.append(_rest(card.title))
        self._tags.append(list(card.tags))
        self._sentences += [passage.text for passage in passages_of(card) if passage.field == "abstract"]
        self._questions += card.aid.questions
        for name, held in self._summaries.items():
            if text := str(getattr(card, name)):
                held.append(text)

    def card(self, number: int, chance: random.Random, shape: Shape) -> dict[str, Any]:
        fields = chance.sample(_SUMMARIES, min(shape.summaries, len(_SUMMARIES)))
        asked = chance.sample(self._questions, min(shape.questions, _QUESTIONS, len(self._questions)))
        return {
            "tags": chance.choice(self._tags),
            "title": f"{name_of(number)}: {chance.choice(self.titles)}",
            "abstract": " ".join(chance.sample(self._sentences, shape.sentences)),
            **{name: chance.choice(self._summaries[name]) for name in fields},
            "questions": asked,
        }


def name_of(number: int) -> str:
    """The name of a synthetic card's method: another for every number."""
    first, then, endings = _SYLLABLES_FIRST.split(), _SYLLABLES_THEN.split(), _ENDINGS.split()
    kinds = len(first) * len(then) * len(then) * len(endings)
    # A step that shares no factor with the number of names comes past each of them, and neighbours are unlike.
    place, turn = number * 70_003 % kinds, number // kinds
    place, ending = divmod(place, len(endings))
    place, second = divmod(place, len(then))
    begin, third = divmod(place, len(then))
    return f"{first[begin]}{then[second]}{then[third]}{endings[ending]}{turn or ''}"


def _rest(title: str) -> str:
    return title.partition(":")[2].strip() or title


class RecombiningEmbedder(Embedder):
    """Vectors of synthetic passages, recombined as the passages are from those that the built-in corpus ships.

    A passage's vector is that of its words where they come from, moved towards the card that its title comes from,
    with a little noise of its own, since no two passages of a real collection have the same one. Whatever else is
    embedded as it is, queries first of all. The identity is the real embedder's, so every command opens the collection.

    Args:
        inner: the real embedder.
    """

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._words: dict[str, Vectors] = {}
        self._titles: dict[str, Vectors] = {}
        shipped = ShippedVectors(inner.fingerprint)
        for card in builtin_cards():
            sources = entries_of(card)
            for kind in ("passage", "query"):
                texts = [source.embedded for source in sources if source.kind == kind]
                known, rows = shipped.find(kind, texts)
                held = [text.rpartition("\n")[2] for text, found in zip(texts, known, strict=True) if found]
                self._words |= {f"{kind}: {text}": row for text, row in zip(held, rows, strict=True)}
                if kind == "passage" and len(rows):
                    self._titles[_rest(card.title)] = rows.mean(axis=0)

    @property
    def fingerprint(self) -> str:
        """That of the real embedder."""
        return self._inner.fingerprint

    @property
    def dimension(self) -> int:
        """That of the real embedder."""
        return self._inner.dimension

    def embed_array(self, texts: Sequence[str], *, kind: Kind = "passage") -> Vectors:
        """See `Embedder`."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        others = []
        for row, text in enumerate(texts):
            title, _, words = text.rpartition("\n")
            known, towards = self._words.get(f"{kind}: {words}"), self._titles.get(_rest(title))
            if known is None:
                others.append(row)
            elif towards is None:
                vectors[row] = known
            else:
                vectors[row] = _OF_WORDS * known + _OF_TITLE * towards + _OF_ITS_OWN * _noise(text, len(known))
        if others:
            vectors[others] = self._inner.embed_array([texts[row] for row in others], kind=kind)
        return unit_rows(vectors)


def _noise(text: str, size: int) -> Vectors:
    seed = int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")
    row: Vectors = unit_rows(np.random.default_rng(seed).standard_normal((1, size), np.float32))[0]
    return row


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m evals.bench.synthetic", description="Write synthetic cards.")
    parser.add_argument("target", type=Path, metavar="FILE", help="the JSON lines file to write")
    parser.add_argument("--cards", type=int, default=10_000, metavar="N", help="how many (10000)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="other seeds give other cards (0)")
    parser.add_argument("--full", action="store_true", help="27 passages a card, as the full card file has, not 3")
    asked = parser.parse_args()
    for path in write(asked.target, asked.cards, asked.seed, FULL if asked.full else None):
        print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    _main()
