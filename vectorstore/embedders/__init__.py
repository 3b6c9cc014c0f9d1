"""Embedders by name: `e5` (local, the default), `openai` (any OpenAI-compatible endpoint), or one's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from langchain_core.embeddings import Embeddings

from vectorstore.embedders.base import Embedder, Kind, Progress, Vectors
from vectorstore.errors import EmbedderError

__all__ = ["Embedder", "Kind", "Progress", "Vectors", "get_embedder", "wrap"]


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


def get_embedder(
    name: str = "e5",
    *,
    cache_dir: Path,
    model: str | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    progress: Progress | None = None,
) -> Embedder:
    """Make the embedder of that name.

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


def wrap(embeddings: Embeddings, name: str | None = None) -> Embedder:
    """Use any LangChain embedder; an `Embedder` is given back as it is.

    Args:
        embeddings: the LangChain object.
        name: its identity, where its class and model name do not tell it from others.
    """
    from vectorstore.embedders.wrapped import WrappedEmbedder

    return embeddings if isinstance(embeddings, Embedder) else WrappedEmbedder(embeddings, name)
