"""The configured language model behind one small door: messages in, text out, or one plain error."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING

from assistant.answering.breaker import Breaker
from assistant.answering.failures import Endpoint, ModelError, explained, left_alone
from assistant.answering.streaming import Limits, Reply, reply

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessageChunk
    from pydantic import SecretStr

__all__ = ["ChatModel", "ModelError"]

Message = Mapping[str, str]

# Characters that a token may stand for at most; the limit is ours, for servers that ignore theirs.
_CHARACTERS_PER_TOKEN = 8
_OFFERED_SECONDS = 2.0


class ChatModel:
    """A language model, set up at its first use; safe to use from several threads.

    Args:
        name: `provider:model` as LangChain knows them, a bare name, or a LangChain chat model.
        base_url: an OpenAI-compatible endpoint (Ollama, vLLM, llama.cpp); then api.openai.com is never asked.
        api_key: the key of OpenAI or of that endpoint.
        timeout: seconds from asking to the last word.
        max_tokens: longest output.
        temperature: 0 for the most likely words.
    """

    def __init__(
        self,
        name: "str | BaseChatModel",
        *,
        base_url: str | None = None,
        api_key: "SecretStr | None" = None,
        timeout: float = 60.0,
        max_tokens: int = 800,
        temperature: float = 0.0,
    ) -> None:
        self._given = None if isinstance(name, str) else name
        self.name = name if isinstance(name, str) else type(name).__name__
        self.timeout, self.max_tokens = timeout, max_tokens
        self.endpoint = Endpoint.of(self.name, base_url if self._given is None else None)
        self._base_url, self._api_key, self._temperature = base_url, api_key, temperature
        self._chat: BaseChatModel | None = None
        self._plain = False
        self._breaker = Breaker()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"ChatModel({str(self.endpoint)!r})"

    def stream(self, messages: Sequence[Message], *, timeout: float | None = None) -> Reply:
        """Ask, and get the text as it comes.

        Args:
            messages: in OpenAI's form, oldest first.
            timeout: a tighter limit for this request, in seconds.

        Returns:
            An iterator of texts with `text` and `usage`.

        Raises:
            ModelError: here or while iterating; says what is wrong and what to do.
        """
        chat = self._ready()
        limit = min(timeout or self.timeout, self.timeout)
        limits = Limits(
            timeout=limit,
            characters=self.max_tokens * _CHARACTERS_PER_TOKEN,
            must_finish=self._speaks_openai(chat),
            usual=limit == self.timeout,
        )
        wait = self._breaker.enter()
        if wait is not None:
            raise left_alone(self.endpoint, wait)
        asked = [dict(message) for message in messages]
        began = time.monotonic()

        async def chunks() -> AsyncIterator["BaseMessageChunk"]:
            nonlocal chat
            try:
                async for chunk in chat.astream(asked):
                    yield chunk
            except Exception as error:
                if self._given is not None or self._plain or getattr(error, "status_code", None) not in (400, 422):
                    raise
                # It may not know an option that we sent; without options it says what is really wrong.
                chat = self._ready(plain=True)
                async for chunk in chat.astream(asked):
                    yield chunk

        async def explain(error: Exception) -> ModelError:
            offered: list[str] = []
            left = limits.timeout - (time.monotonic() - began)
            if getattr(error, "status_code", None) == 404 and self.endpoint.url and self._base_url and left > 0:
                from assistant.answering.provider import offered_models

                offered = await offered_models(self._base_url, self._api_key, min(_OFFERED_SECONDS, left / 2))
            return explained(error, self.endpoint, limits.timeout, offered)

        return reply(chunks, self.endpoint, limits, self._secret(), explain, self._breaker)

    async def astream(self, messages: Sequence[Message], *, timeout: float | None = None) -> AsyncIterator[str]:
        """As `stream`, without blocking the event loop."""
        answer = await asyncio.to_thread(self.stream, messages, timeout=timeout)
        try:
            while (chunk := await asyncio.to_thread(next, answer, None)) is not None:
                yield chunk
        finally:
            answer.close()

    def complete(self, messages: Sequence[Message], *, timeout: float | None = None) -> str:
        """Ask, and get the whole text.

        Raises:
            ModelError: as `stream`.
        """
        answer = self.stream(messages, timeout=timeout)
        for _ in answer:
            pass
        return answer.text

    def load(self) -> None:
        """Load the provider's client now.

        Raises:
            ModelError: the provider is not known or not installed, or there is no key.
        """
        self._ready()

    def warm(self) -> None:
        """Load the provider's client in the background: it takes seconds, and searching goes on meanwhile."""
        if self._given is not None or self._chat is not None:
            return

        def load() -> None:
            try:
                self.load()
            except ModelError:
                return  # told when the model is asked

        threading.Thread(target=load, name="assistant-model-warm", daemon=True).start()

    def _ready(self, plain: bool = False) -> "BaseChatModel":
        if self._given is not None:
            return self._given
        from assistant.answering.provider import build

        with self._lock:
            if self._chat is None or plain > self._plain:
                self._chat = build(
                    self.name,
                    base_url=self._base_url,
                    api_key=self._api_key,
                    timeout=self.timeout,
                    max_tokens=self.max_tokens,
                    temperature=self._temperature,
                    plain=plain,
                )
                self._plain = plain
            return self._chat

    def _secret(self) -> str | None:
        return self._api_key.get_secret_value() if self._api_key is not None else None

    @staticmethod
    def _speaks_openai(chat: "BaseChatModel") -> bool:
        return type(chat).__name__ == "ChatOpenAI"
