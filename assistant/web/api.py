"""The named endpoints of the server, for `gradio_client` and plain HTTP: `/answer`, `/search` and `/card`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from vectorstore.errors import UserError

if TYPE_CHECKING:
    from assistant import Assistant

Result = TypeVar("Result")

# Running answers and searches share one line of the queue, so that neither can take all the threads.
_LINE = "programs"


def add_api(assistant: "Assistant") -> None:
    """Add the endpoints to the Blocks under construction.

    Args:
        assistant: answers them; its settings say how many run at once.
    """
    import gradio as gr
    from gradio.events import api

    from assistant.web.calls import Calls

    calls, concurrency = Calls(assistant), assistant.settings.answers_at_once

    def answer(
        question: str,
        history: list[dict[str, Any]] | None = None,
        filters: dict[str, list[str]] | None = None,
        conversation: str | None = None,
    ) -> dict[str, Any]:
        """Answer a question from the cards, every sentence with the exact words that carry it.

        Args:
            question: in English or Chinese, at most 4000 characters
            history: the conversation so far, messages with role and content, oldest first
            filters: which cards may be used: lists named categories, tags and cards
            conversation: 'new' keeps this conversation and returns its id; that id goes on with it, without history

        Returns:
            The answer: text with [1] markers, status, citations with their quotes, cards, and the rest
        """
        if not conversation:
            return _or_say(lambda: calls.answer(question, history, filters)).model_dump(mode="json")
        if history:
            raise gr.Error("give history or conversation, not both", print_exception=False)
        kept, found = _or_say(lambda: calls.continued(conversation, question, filters))
        return {**found.model_dump(mode="json"), "conversation": kept}

    def search(query: str, k: int = 10, filters: dict[str, list[str]] | None = None) -> list[dict[str, Any]]:
        """Find the cards nearest to a query, best first, each with its best passages.

        Args:
            query: words or a question, in English or Chinese
            k: how many cards, 1 to 100
            filters: which cards may be returned: lists named categories, tags and cards

        Returns:
            The cards found: card_id, title, score and passages
        """
        return [hit.model_dump(mode="json") for hit in _or_say(lambda: calls.search(query, k, filters))]

    def card(card_id: str) -> dict[str, Any]:
        """Read one card in full.

        Args:
            card_id: such as align-a6ef98

        Returns:
            The card: id, title, category, tags, tldr, abstract, and the six Chinese fields
        """
        return _or_say(lambda: calls.card(card_id)).model_dump(mode="json", exclude={"aid"})

    api(answer, api_name="answer", concurrency_id=_LINE, concurrency_limit=concurrency)
    api(search, api_name="search", concurrency_id=_LINE, concurrency_limit=concurrency)
    api(card, api_name="card", concurrency_id=_LINE, concurrency_limit=concurrency)


def _or_say(call: Callable[[], Result]) -> Result:
    """What a call returns; its plain error as the one kind of error that Gradio shows to clients."""
    import gradio as gr

    try:
        return call()
    except UserError as error:
        raise gr.Error(str(error), print_exception=False) from None
