"""The assistant as LangChain parts, for other people's chains."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.messages import convert_to_openai_messages
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import ConfigDict

from assistant.types import Answer, Filters

if TYPE_CHECKING:
    from assistant.assistant import Assistant, Message


class CardRetriever(BaseRetriever):
    """Passages as documents, best card first.

    Args:
        assistant: whose collection is searched.
        k: how many cards; each gives its best passages.
        filters: which cards may be returned.
        per_card: how many passages of each card.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    assistant: Any
    k: int = 10
    filters: Filters | None = None
    per_card: int = 3

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        hits = self.assistant.search(query, k=self.k, filters=self.filters)
        return [
            Document(
                page_content=passage.text,
                metadata={"title": hit.title, "score": hit.score} | passage.model_dump(exclude={"text"}),
            )
            for hit in hits
            for passage in hit.passages[: self.per_card]
        ]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        return await asyncio.to_thread(self._get_relevant_documents, query, run_manager=run_manager.get_sync())


def runnable(assistant: "Assistant") -> Runnable[Any, Answer]:
    """Question in, verified `Answer` out.

    The input is the question, or a mapping with `question` and, where wanted, `history` (messages in OpenAI's
    form or LangChain's), `filters` and `model`; other keys, which a chain may carry along, are not looked at.
    """

    def call(asked: str | Mapping[str, Any]) -> Answer:
        if isinstance(asked, str):
            return assistant.answer(asked)
        history = convert_to_openai_messages(list(asked.get("history") or ()), text_format="string")
        options = {name: asked[name] for name in ("filters", "model") if name in asked}
        return assistant.answer(asked.get("question", ""), history=cast("list[Message]", history), **options)

    async def acall(asked: str | Mapping[str, Any]) -> Answer:
        return await asyncio.to_thread(call, asked)

    return RunnableLambda(call, afunc=acall, name="paper_card_assistant")
