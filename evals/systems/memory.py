"""A collection's indexes asked once: ablations put the same questions to them again and again."""

from collections.abc import Mapping, Sequence
from typing import Any

from assistant.retrieval import Retriever, Weights
from evals.systems import Bench


class Memory:
    """The parts of a collection that answer one question alike every time, asked once.

    Args:
        bench: whose collection it is.
    """

    def __init__(self, bench: Bench) -> None:
        collection = bench.collection
        self.store: Any = _Remembering(collection.store, ("nearest",))
        self._keywords = _Remembering(collection.keywords, ("search", "inverse_frequencies"))
        self._embedder = _Remembering(collection.embedder, ("embed_array",))
        self._collection = collection

    def retriever(self, weights: Weights | None = None, store: Any = None) -> Retriever:
        """A retriever over them.

        Args:
            weights: what each signal counts; None for the assistant's own.
            store: one that is asked in place of the collection's.
        """
        parts: tuple[Any, Any, Any] = (store or self.store, self._keywords, self._embedder)
        return Retriever(*parts, self._collection.names().cards_named, weights)


class _Remembering:
    """Stands in front of an object and keeps what some of its methods gave for the same arguments."""

    def __init__(self, inner: Any, methods: Sequence[str]) -> None:
        self._inner, self._methods = inner, methods
        self._kept: dict[Any, Any] = {}

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if name not in self._methods:
            return value

        def remembered(*args: Any, **named: Any) -> Any:
            key = (name, _frozen(args), _frozen(named))
            if key not in self._kept:
                self._kept[key] = value(*args, **named)
            return self._kept[key]

        return remembered


def _frozen(value: Any) -> Any:
    """Arguments as something that can be a key."""
    if hasattr(value, "tobytes"):
        return value.tobytes()
    if isinstance(value, Mapping):
        return tuple((key, _frozen(each)) for key, each in sorted(value.items()))
    if isinstance(value, list | tuple):
        return tuple(_frozen(each) for each in value)
    return value
