"""The assistant's retrieval with a part switched off, from the outside: other weights, or other indexes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from assistant.retrieval import Retriever, Weights
from assistant.understanding import understand
from evals.datasets.models import AnyItem
from evals.metrics.ranking import DEPTH
from evals.results import FoundCard, Outcome, SystemInfo
from evals.systems import Bench
from evals.systems.context import ContextFree
from evals.systems.memory import Memory
from evals.systems.ours import found
from evals.systems.ranking import Ranker
from vectorstore.cards import CardAid, PaperCard

if TYPE_CHECKING:
    import numpy as np

_DENSE = ("question", "questions", "passage", "passages")


def ablations(bench: Bench, memory: Memory, *, context: bool = False) -> list[Ranker]:
    """All of them.

    Args:
        bench: whose assistant is taken apart.
        memory: its indexes, remembered: the ablations ask them the same things.
        context: also passages without their card's title; all of them are embedded anew for it.
    """

    def weighed(name: str, title: str, description: str, weights: Weights) -> Ranker:
        info = SystemInfo(name=name, title=title, role="ablation", description=description)
        return Ablated(info, lambda: memory.retriever(weights))

    single = "No fusion: the cards in the order of this one signal."
    return [
        weighed("no-keyword", "no keyword", "Without BM25.", _without("keyword")),
        weighed(
            "no-latent", "no latent space", "Without the latent space of the collection's words.", _without("latent")
        ),
        weighed("no-dense", "no dense", "Without any vector of the embedder.", _without(*_DENSE)),
        weighed("no-names", "no names", "Without matching method names.", _without("name")),
        weighed("only-keyword", "keyword only", single, _only("keyword")),
        weighed("only-question", "nearest question only", single, _only("question")),
        weighed("only-passage", "nearest passage only", single, _only("passage")),
        Ablated(
            SystemInfo(
                name="no-aids",
                title="no aids",
                role="ablation",
                description="Without the other wording and the questions that help to find a card: what a user's "
                "own cards get.",
            ),
            lambda: _without_aids(bench, memory),
        ),
        *([_context_free(bench, memory)] if context else []),
    ]


def _context_free(bench: Bench, memory: Memory) -> Ranker:
    info = SystemInfo(
        name="no-context",
        title="no context",
        role="ablation",
        description="Passages embedded without the title of their card.",
    )
    return Ablated(info, lambda: memory.retriever(store=ContextFree(memory.store, bench)))


class Ablated(Ranker):
    """A retriever of the assistant's own kind, made when it is first needed.

    Args:
        info: which part is off.
        make: makes the retriever.
    """

    def __init__(self, info: SystemInfo, make: Callable[[], Retriever]) -> None:
        super().__init__(info)
        self._make = make

    @cached_property
    def _retriever(self) -> Retriever:
        return self._make()

    def prepare(self) -> None:
        """Make the retriever now, which no measured search pays for."""
        self._retriever.retrieve("warm-up", k=1)

    def ask(self, item: AnyItem) -> Outcome:
        """Rank the cards for a question; how long it takes is not known, since most of it is remembered."""
        return super().ask(item).model_copy(update={"seconds": 0.0})

    def rank(self, question: str) -> list[FoundCard]:
        """What the retriever finds."""
        return found(self._retriever.retrieve(understand(question).standalone, k=DEPTH).hits)


def _without_aids(bench: Bench, memory: Memory) -> Retriever:
    from assistant.names import NameIndex
    from vectorstore.keywords import KeywordIndex

    store: Any = _Bare(memory.store)
    keywords = KeywordIndex(bench.folder / "keywords-without-aids")
    keywords.sync(store)
    return Retriever(store, keywords, bench.embedder, NameIndex.build(store.cards()).cards_named)


class _Bare:
    """A card store as it would be had its cards come without aids."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def cards(self, where: Mapping[str, Any] | None = None) -> Iterator[PaperCard]:
        """Every card, without its aids."""
        return (_bare(card) for card in self._inner.cards(where))

    def get(self, card_ids: Sequence[str]) -> dict[str, PaperCard]:
        """Some cards, without their aids."""
        return {card_id: _bare(card) for card_id, card in self._inner.get(card_ids).items()}

    def hashes(self) -> dict[str, str]:
        """Hashes of the cards without their aids, as the keyword index will have them."""
        return {card.id: card.content_hash() for card in self.cards()}

    def nearest(self, vector: "np.ndarray", k: int, where: Mapping[str, Any] | None = None) -> Any:
        """The nearest entries among the cards' own passages."""
        own = {"kind": "text"}
        return self._inner.nearest(vector, k, {"$and": [dict(where), own]} if where else own)


def _bare(card: PaperCard) -> PaperCard:
    return card.model_copy(update={"aid": CardAid()})


def _without(*signals: str) -> Weights:
    """The assistant's own weights, but for some signals that count nothing."""
    return replace(Weights(), **dict.fromkeys(signals, 0.0))


def _only(signal: str) -> Weights:
    """Weights with which one signal alone counts."""
    return Weights(**{field.name: float(field.name == signal) for field in fields(Weights)})
