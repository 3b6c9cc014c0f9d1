"""What a user would otherwise have: the tutorial pipeline, BM25 alone, dense search alone."""

import re
import time
from typing import Any

from assistant.types import Answer, Citation
from evals.datasets.models import AnyItem, BaseQuestion
from evals.results import FoundCard, Outcome, SystemInfo
from evals.systems import Bench, Unavailable
from evals.systems.memory import Memory
from evals.systems.ranking import Ranker, by_card
from evals.systems.text import card_text
from evals.systems.vectors import KeptEmbeddings

_CHUNK, _OVERLAP, _TOP = 1_000, 200, 4
_ENTRIES = 1_000
# Wide enough that the approximate search gives the same cards each time.
_EXACT: Any = {"hnsw": {"space": "cosine", "ef_search": 400, "ef_construction": 200}}
_WORD = re.compile(r"[a-z0-9]+(?:[-.'][a-z0-9]+)*|[\u3400-\u9fff]+")


class Tutorial(Ranker):
    """LangChain's retrieval tutorial over the cards' texts, with the embedder that the assistant uses."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(
            SystemInfo(
                name="langchain-tutorial",
                title="LangChain tutorial",
                role="baseline",
                description=f"RecursiveCharacterTextSplitter {_CHUNK}/{_OVERLAP}, the {_TOP} nearest chunks in Chroma; "
                "the same embedder. It ranks at most four cards, has no check and no way to refuse.",
            )
        )
        self._bench = bench
        self._store: Any = None

    def prepare(self) -> None:
        """Split, embed and store the cards in memory."""
        import chromadb
        from langchain_chroma import Chroma

        try:
            from langchain_text_splitters import RecursiveCharacterTextSplitter
        except ImportError:
            raise Unavailable("langchain-text-splitters is not installed; pip install '.[eval]'") from None

        splitter = RecursiveCharacterTextSplitter(chunk_size=_CHUNK, chunk_overlap=_OVERLAP)
        chunks = [
            (card.id, chunk) for card in self._bench.cards.values() for chunk in splitter.split_text(card_text(card))
        ]
        bench = self._bench
        embeddings = KeptEmbeddings(bench.embedder, bench.cache, bench.progress, "embedding for the tutorial pipeline")
        client = chromadb.EphemeralClient(chromadb.config.Settings(anonymized_telemetry=False))
        name = "evaluation-tutorial"
        if name in [collection.name for collection in client.list_collections()]:
            client.delete_collection(name)
        self._store = Chroma(name, embeddings, client=client, collection_configuration=_EXACT)
        for start in range(0, len(chunks), 2_000):
            part = chunks[start : start + 2_000]
            self._store.add_texts([text for _, text in part], [{"card_id": card_id} for card_id, _ in part])

    def rank(self, question: str) -> list[FoundCard]:
        """The cards of the nearest chunks."""
        return by_card((card_id, score) for card_id, _, score in self.chunks(question))

    def chunks(self, question: str) -> list[tuple[str, str, float]]:
        """The nearest chunks, best first: card id, words, cosine."""
        found = self._store.similarity_search_with_score(question, k=_TOP)
        return [
            (document.metadata["card_id"], document.page_content, 1.0 - float(distance)) for document, distance in found
        ]


class TutorialAnswers:
    """What the tutorial pipeline hands over for an answer, taken as the answer.

    Args:
        tutorial: the pipeline.
    """

    def __init__(self, tutorial: Tutorial) -> None:
        self._tutorial = tutorial
        self.info = SystemInfo(
            name=tutorial.info.name,
            title=tutorial.info.title,
            role="baseline",
            description=tutorial.info.description,
        )

    def prepare(self) -> None:
        """Make the pipeline ready."""
        self._tutorial.prepare()

    def ask(self, item: AnyItem) -> Outcome:
        """Take the nearest chunks for the answer, their cards for those it cites, lists and counts."""
        if not isinstance(item, BaseQuestion):
            raise TypeError(f"{item.id} is no question")
        began = time.perf_counter()
        chunks = self._tutorial.chunks(item.asked)
        seconds = time.perf_counter() - began
        found = by_card((card_id, score) for card_id, _, score in chunks)
        citations = [
            Citation(marker=marker, card_id=card_id, title="", field="abstract", quote=words, start=0, end=len(words))
            for marker, (card_id, words, _) in enumerate(chunks, 1)
        ]
        text = " ".join(f"{citation.quote} [{citation.marker}]" for citation in citations)
        answer = Answer(
            text=text,
            status="answered",
            mode="extractive",
            language=item.lang,
            citations=citations,
            cards=[card.card_id for card in found],
        )
        return Outcome(task="answer", system=self.info.name, item=item.id, found=found, answer=answer, seconds=seconds)


class Keywords(Ranker):
    """BM25 over the cards' texts: `bm25s` as it comes, Chinese cut by `rjieba`."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(
            SystemInfo(
                name="bm25",
                title="BM25 alone",
                role="baseline",
                description="bm25s over title, tags and all fields, Chinese cut by jieba, no stemming.",
            )
        )
        self._bench = bench
        self._ids: list[str] = []
        self._index: Any = None

    def prepare(self) -> None:
        """Index the cards."""
        try:
            import bm25s
        except ImportError:
            raise Unavailable("bm25s is not installed; pip install '.[eval]'") from None
        self._ids = list(self._bench.cards)
        self._index = bm25s.BM25()
        self._index.index([_words(card_text(card)) for card in self._bench.cards.values()], show_progress=False)

    def rank(self, question: str) -> list[FoundCard]:
        """The cards of the highest scores; those that share no word are left out."""
        scores = self._index.get_scores(_words(question))
        order = sorted(range(len(scores)), key=lambda place: (-scores[place], self._ids[place]))
        return by_card((self._ids[place], float(scores[place])) for place in order[:20] if scores[place] > 0)


class Dense(Ranker):
    """The nearest passage of a card's own text, nothing else."""

    def __init__(self, bench: Bench, memory: Memory) -> None:
        super().__init__(
            SystemInfo(
                name="dense",
                title="dense alone",
                role="baseline",
                description="Cosine to the nearest passage of a card's own text under its title; the same embedder.",
            )
        )
        self._embedder, self._store = bench.embedder, memory.store

    def rank(self, question: str) -> list[FoundCard]:
        """Cards in the order of their nearest passage."""
        vector = self._embedder.embed_array([question], kind="query")[0]
        found = self._store.nearest(vector, _ENTRIES, {"kind": "text"})
        return by_card((entry.partition("|")[0], similarity) for entry, similarity in found)


def _words(text: str) -> list[str]:
    import rjieba

    found: list[str] = []
    for piece in _WORD.findall(text.lower()):
        found += rjieba.cut_for_search(piece) if "\u3400" <= piece[0] <= "\u9fff" else [piece]
    return found
