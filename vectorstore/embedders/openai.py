"""Vectors from OpenAI or any server that speaks its embeddings protocol (Ollama, vLLM, llama.cpp, ...)."""

from __future__ import annotations

import re
from typing import Any

import openai
from langchain_openai import OpenAIEmbeddings
from pydantic import SecretStr

from vectorstore.embedders.base import Kind
from vectorstore.embedders.wrapped import WrappedEmbedder
from vectorstore.errors import EmbedderError

DEFAULT_MODEL = "text-embedding-3-small"
_TIMEOUT = openai.Timeout(30.0, connect=5.0)
_RETRIES = 1
_TEXTS_PER_REQUEST = 64
# Cut here instead of counting tokens: the counter would fetch its tables from a host nobody configured.
_CHARACTERS = 6000
_SHOWN = 200  # characters of a server's own words in an error
_KEY = re.compile(r"\b(sk|key|Bearer)[-_ ][\w*.-]{4,}", re.IGNORECASE)


# What the user sees for each failure, most specific first.
_FAILURES: list[tuple[type[openai.OpenAIError], str, str]] = [
    (openai.AuthenticationError, "did not accept the key", "Set OPENAI_API_KEY to a valid one."),
    (
        openai.NotFoundError,
        "does not know this model, or is no embeddings endpoint",
        "Set ASSISTANT_EMBEDDER_MODEL and ASSISTANT_EMBEDDER_BASE_URL.",
    ),
    (
        openai.RateLimitError,
        "refuses for now: too many requests or no credit left",
        "Wait, or set ASSISTANT_EMBEDDER=e5.",
    ),
    (openai.APITimeoutError, "did not answer in time", "Try again, or set ASSISTANT_EMBEDDER=e5."),
    (openai.APIConnectionError, "cannot be reached", "Start it, or set ASSISTANT_EMBEDDER_BASE_URL."),
]


class OpenAIEmbedder(WrappedEmbedder):
    """An embedder behind an OpenAI-compatible endpoint.

    Args:
        model: its name there; None for OpenAI's small one.
        base_url: the endpoint; None for OPENAI_BASE_URL, or else OpenAI's own.
        api_key: its key. None sends OPENAI_API_KEY where no base_url is given, and no key elsewhere.

    Raises:
        EmbedderError: a key is needed and there is none.
    """

    def __init__(self, model: str | None = None, base_url: str | None = None, api_key: str | None = None) -> None:
        model = model or DEFAULT_MODEL
        where: dict[str, Any] = {"base_url": base_url} if base_url else {}
        if api_key or base_url:
            where["api_key"] = SecretStr(api_key or "none")
        try:
            inner = OpenAIEmbeddings(
                model=model,
                check_embedding_ctx_length=False,
                chunk_size=_TEXTS_PER_REQUEST,
                timeout=_TIMEOUT,
                max_retries=_RETRIES,
                model_kwargs={"encoding_format": "float"},
                **where,
            )
        except openai.OpenAIError as error:
            raise EmbedderError(
                "The openai embedder has no key. Set OPENAI_API_KEY, or "
                "ASSISTANT_EMBEDDER_BASE_URL for an endpoint of your own, or "
                "ASSISTANT_EMBEDDER=e5."
            ) from error
        super().__init__(inner, f"openai:{model}")
        self._model, self._place, self._secret = model, base_url or "the configured endpoint", api_key

    @property
    def fingerprint(self) -> str:
        """The model's name alone, so that it is known without a request and survives a move of the server."""
        return self._name

    def _ask(self, texts: list[str], kind: Kind) -> list[list[float]]:
        # A server may refuse an empty text, and one refused text loses its whole request.
        sent = [text[:_CHARACTERS] if text.strip() else "." for text in texts]
        try:
            return self._inner.embed_documents(sent)
        except openai.OpenAIError as error:
            raise self._failure(error) from error
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise self._said(
                "answered something that is not vectors", "Check ASSISTANT_EMBEDDER_BASE_URL: it usually ends in /v1."
            ) from error

    def _failure(self, error: openai.OpenAIError) -> EmbedderError:
        for kind, what, remedy in _FAILURES:
            if isinstance(error, kind):
                return self._said(what, remedy)
        return self._said(
            f"failed: {self._plain(str(error))}", "Check ASSISTANT_EMBEDDER_MODEL, or set ASSISTANT_EMBEDDER=e5."
        )

    def _said(self, what: str, remedy: str) -> EmbedderError:
        return EmbedderError(f"The embedder {self._model!r} at {self._place} {what}. {remedy}")

    def _plain(self, message: str) -> str:
        if self._secret:
            message = message.replace(self._secret, "***")
        return _KEY.sub("***", " ".join(message.split()))[:_SHOWN]
