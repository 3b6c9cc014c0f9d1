"""The tools for agents, over the Model Context Protocol: `answer_question`, `search_cards` and `get_card`.

Gradio can offer its endpoints as tools too. It hands results over as Python's printed form instead of JSON,
knows no result schema, and calls itself back at whatever address a client's Host header names; so the tools
stand on the official server, at the address that Gradio's would have.
"""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field

from assistant.types import Answer, CardHit
from assistant.web.calls import Message, Scope
from vectorstore.errors import UserError

if TYPE_CHECKING:
    from mcp.server.fastmcp import FastMCP

    from assistant.web.calls import Calls
    from assistant.web.limits import Gate

_ABOUT = (
    "Answers from a collection of paper cards: short summaries of recent machine-learning papers, each with an "
    "abstract in English and fields in Chinese. Use answer_question for a question and get cited, verified "
    "sentences; search_cards to find papers and read for yourself; get_card to read one card in full."
)


class CardsFound(BaseModel):
    """The cards that a search found."""

    cards: list[CardHit] = Field(description="best first; each with its best passages, which are the card's own words")


class Card(BaseModel):
    """One card in full; a field that the card does not have is empty."""

    id: str
    title: str
    category: str
    tags: list[str]
    tldr: str
    abstract: str
    motivation: str = Field(description="in Chinese, as are the five that follow")
    problem: str
    analysis: str
    method: str
    experiments: str
    contribution: str


def tools(calls: "Calls", gate: "Gate") -> "FastMCP[Any]":
    """The server of the tools.

    Args:
        calls: what they do.
        gate: how many may do it at once.
    """
    from mcp.server.fastmcp import FastMCP
    from mcp.server.fastmcp.exceptions import ToolError
    from mcp.types import ToolAnnotations

    # The server in front checks Host and Origin, for every route alike.
    server: FastMCP[Any] = FastMCP(
        "Paper cards", instructions=_ABOUT, stateless_http=True, host="", log_level="WARNING"
    )
    reads_only = ToolAnnotations(readOnlyHint=True, destructiveHint=False, idempotentHint=True, openWorldHint=False)

    async def through(call: Any, *arguments: Any) -> Any:
        try:
            return await gate.through(call, *arguments)
        except UserError as error:
            raise ToolError(str(error)) from None

    @server.tool(title="Answer a question from the paper cards", annotations=reads_only)
    async def answer_question(
        question: Annotated[
            str, Field(description="a full question in English or Chinese, at most 4000 characters; name the method")
        ],
        history: Annotated[
            list[Message] | None,
            Field(description="the conversation so far, oldest first, only where the question leans on it"),
        ] = None,
        filters: Annotated[Scope | None, Field(description="which cards may be used; leave out for all")] = None,
    ) -> Answer:
        """Answer a question from the cards, every sentence with the exact words of a card that carry it.

        Use it for questions about one paper, comparisons, overviews of a topic, and for counting or listing
        papers ("how many cards mention GSM8K"). `text` is the answer with [1] markers in the question's
        language; `citations` holds for each marker the card id, the title and the quote, word for word as it
        stands on the card. `status` is `insufficient_evidence` where the cards do not say: then do not answer
        from this, and look at `suggestions`, the nearest cards. `cards` lists every matching card for lists and
        counts. Sentences that the check removed are in `claims` with `supported` false: do not repeat them.
        """
        answer: Answer = await through(calls.answer, question, _plain(history), filters)
        return answer

    @server.tool(title="Search the paper cards", annotations=reads_only)
    async def search_cards(
        query: Annotated[str, Field(description="words, a name, or a question, in English or Chinese")],
        k: Annotated[int, Field(description="how many cards", ge=1, le=100)] = 10,
        filters: Annotated[Scope | None, Field(description="which cards may be returned; leave out for all")] = None,
    ) -> CardsFound:
        """Find the cards nearest to a query by meaning and by words, best first.

        Use it to see which papers there are about something, or to read passages for yourself. It always finds
        something: judge by the passages, not by being found. For a question, answer_question is the better tool.
        """
        return CardsFound(cards=await through(calls.search, query, k, filters))

    @server.tool(title="Read one paper card", annotations=reads_only)
    async def get_card(
        card_id: Annotated[str, Field(description="as the other tools return it, such as align-a6ef98")],
    ) -> Card:
        """Read one card in full: title, category, tags, TL;DR, abstract and six Chinese fields.

        Use it after a search or an answer, for what the quotes left out. An id that does not exist is answered
        with the nearest ids.
        """
        return Card.model_validate((await through(calls.card, card_id)).model_dump(exclude={"aid"}))

    return server


def _plain(history: list[Message] | None) -> list[dict[str, Any]] | None:
    return None if history is None else [message.model_dump() for message in history]
