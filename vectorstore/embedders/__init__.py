"""Embedders by name: `e5` (local, the default), `openai` (any OpenAI-compatible endpoint), or one's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from vectorstore.embedders.base import Embedder, Kind, Progress, Vectors, known_to_langchain
from vectorstore.errors import EmbedderError

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

__all__ = ["Embedder", "Kind", "Progress", "Vectors", "get_embedder", "import_embedder", "open_embedder", "wrap"]


@dataclass(frozen=True)
class _Wish:
    cache_dir: Path
    model: str | None
    base_url: str | None
    api_key: str | None
    progress: Progress | None


def _e5(wish: _Wish) -> Embedder:
    from vectorstore.embedders.e5 import E5Embeddings

    return E5Embeddings(wish.cache_dir, wish.progress)


def _openai(wish: _Wish) -> Embedder:
    from vectorstore.embedders.openai import OpenAIEmbedder

    return OpenAIEmbedder(wish.model, wish.base_url, wish.api_key)


_REGISTRY: dict[str, Callable[[_Wish], Embedder]] = {"e5": _e5, "openai": _openai}
_NEEDS = {"e5": ("vectorstore.embedders.e5", "onnxruntime"), "openai": ("vectorstore.embedders.openai",)}


def import_embedder(name: str) -> None:
    """Import what an embedder needs, before it is opened in a thread beside others that import.

    Two threads that import one package at once may each find half of it.
    """
    for module in _NEEDS.get(name, ()):
        import_module(module)


def open_embedder(
    name: str = "e5",
    *,
    cache_dir: Path,
    model: str | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    progress: Progress | None = None,
) -> Embedder:
    """Make the embedder of that name, for this program's own use: LangChain does not know it yet.

    Args:
        name: ``e5`` or ``openai``.
        cache_dir: folder for what an embedder needs to keep.
        model: the endpoint's model name (``openai`` only).
        base_url: the endpoint's address (``openai`` only); None for OpenAI's own.
        api_key: the endpoint's key (``openai`` only).
        progress: called with (done, total, what) while an embedder is set up for the first time.

    Raises:
        EmbedderError: there is no such embedder, or it cannot be set up.
    """
    make = _REGISTRY.get(name)
    if make is None:
        raise EmbedderError(f"There is no embedder {name!r}. Set ASSISTANT_EMBEDDER to one of: {', '.join(_REGISTRY)}.")
    return make(_Wish(Path(cache_dir), model, base_url, api_key, progress))


def get_embedder(
    name: str = "e5",
    *,
    cache_dir: Path,
    model: str | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    progress: Progress | None = None,
) -> Embedder:
    """As `open_embedder`; what it gives goes wherever a LangChain embedder goes."""
    known_to_langchain()
    return open_embedder(name, cache_dir=cache_dir, model=model, base_url=base_url, api_key=api_key, progress=progress)


def wrap(embeddings: Embeddings, name: str | None = None) -> Embedder:
    """Use any LangChain embedder; an `Embedder` is given back as it is.

    Args:
        embeddings: the LangChain object.
        name: its identity, where its class and model name do not tell it from others.
    """
    from vectorstore.embedders.wrapped import WrappedEmbedder

    if isinstance(embeddings, Embedder):
        return embeddings
    known_to_langchain()
    return WrappedEmbedder(embeddings, name)
