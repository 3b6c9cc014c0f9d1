"""What a program may ask of the server, with every argument checked and every error one plain sentence."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.types import Answer, CardHit, Filters
from assistant.web.limits import MAX_QUESTION, fitting
from assistant.web.mishaps import where
from vectorstore.cards import PaperCard
from vectorstore.errors import UserError

if TYPE_CHECKING:
    from assistant import Assistant

P = ParamSpec("P")
Result = TypeVar("Result")

# Conversations of programs stay out of the lists of those held in a terminal or on the page.
_OWNER = "api"
_MOST_TURNS = 100
_MOST_FILTERS = 200
_LONGEST_FILTER = 300
_PATH = re.compile(r"(?<![\w.:/])(?:~|[A-Za-z]:)?(?:[/\\][^\s/\\:'\"`,;]+){2,}")
_FAILED = "something went wrong on the server; the question is in order, so please ask again later"

logger = logging.getLogger("assistant.web")


class Message(BaseModel):
    """One message of a conversation, in OpenAI's form."""

    model_config = ConfigDict(extra="allow")

    role: Literal["user", "assistant", "system"]
    content: str = Field(max_length=50_000)


class Scope(BaseModel):
    """Which cards may be used; nothing means all of them."""

    model_config = ConfigDict(extra="forbid")

    categories: list[str] = Field(
        default_factory=list, description="names of categories in English or Chinese, or id prefixes such as 'align'"
    )
    tags: list[str] = Field(default_factory=list, description="tags in any spelling")
    cards: list[str] = Field(default_factory=list, description="card ids such as 'align-a6ef98'")

    def filters(self) -> Filters:
        """The same as the assistant takes it.

        Raises:
            UserError: there are too many, or one is too long.
        """
        everything = [*self.categories, *self.tags, *self.cards]
        if len(everything) > _MOST_FILTERS or any(len(each) > _LONGEST_FILTER for each in everything):
            raise UserError(f"filters take at most {_MOST_FILTERS} values of at most {_LONGEST_FILTER} characters")
        return Filters(categories=tuple(self.categories), tags=tuple(self.tags), cards=tuple(self.cards))


class Calls:
    """The three calls; each raises UserError, and nothing else, with a sentence that a client may see.

    Args:
        assistant: answers them.
    """

    def __init__(self, assistant: "Assistant") -> None:
        self._assistant = assistant

    def answer(
        self,
        question: str,
        history: Sequence[Mapping[str, Any]] | None = None,
        filters: Mapping[str, Any] | Scope | None = None,
    ) -> Answer:
        """A verified answer; see `Assistant.answer`."""
        return self._plainly(self._answer, question, history, filters)

    def continued(
        self, conversation: str, question: str, filters: Mapping[str, Any] | Scope | None = None
    ) -> tuple[str, Answer]:
        """An answer that goes on with a kept conversation, and is kept with it.

        Args:
            conversation: its id, or `new` to begin one.
            question: as for `answer`.
            filters: as for `answer`.

        Returns:
            The conversation's id and the answer.
        """
        return self._plainly(self._continued, conversation, question, filters)

    def search(self, query: str, k: int = 10, filters: Mapping[str, Any] | Scope | None = None) -> list[CardHit]:
        """The nearest cards, best first; see `Assistant.search`."""
        return self._plainly(self._search, query, k, filters)

    def card(self, card_id: str) -> PaperCard:
        """One card; see `Assistant.card`."""
        return self._plainly(self._card, card_id)

    def _answer(self, question: Any, history: Any, filters: Any) -> Answer:
        messages = _history(history)
        return self._assistant.answer(_text(question, "question"), history=messages, filters=_scope(filters))

    def _continued(self, conversation: Any, question: Any, filters: Any) -> tuple[str, Answer]:
        asked, scope = _text(question, "question"), _scope(filters)
        log = self._assistant.conversations
        if conversation == "new":
            answer = self._assistant.answer(asked, filters=scope)
            kept = log.start(owner=_OWNER)
        else:
            kept = _text(conversation, "conversation")
            answer = self._assistant.answer(asked, history=log.history(kept), filters=scope)
        log.add(kept, asked, answer, scope)
        return kept, answer

    def _search(self, query: Any, k: Any, filters: Any) -> list[CardHit]:
        if not isinstance(k, int) or isinstance(k, bool):
            raise UserError(f"k is {str(k)[:20]!r}; it must be a whole number from 1 to 100")
        return self._assistant.search(_text(query, "query"), k=k, filters=_scope(filters))

    def _card(self, card_id: Any) -> PaperCard:
        return self._assistant.card(_text(card_id, "card_id")[:_LONGEST_FILTER])

    def _plainly(self, call: Callable[P, Result], *arguments: P.args, **named: P.kwargs) -> Result:
        try:
            return call(*arguments, **named)
        except UserError as error:
            raise UserError(without_paths(str(error))) from None
        except Exception as error:
            logger.error("a call failed: %s", where(error))
            raise UserError(_FAILED) from None


def without_paths(message: str) -> str:
    """A message in one line that names no folder or file of the server."""
    return _PATH.sub("…", " ".join(message.split()))


def _text(given: Any, name: str) -> str:
    if not isinstance(given, str) or not given.strip():
        raise UserError(f"{name} is empty; it must be text")
    return fitting(given) if name in ("question", "query") else given[:MAX_QUESTION]


def _history(given: Any) -> list[dict[str, Any]]:
    if given is None:
        return []
    if not isinstance(given, list | tuple) or len(given) > _MOST_TURNS:
        raise UserError(f"history must be a list of at most {_MOST_TURNS} messages, oldest first")
    try:
        return [Message.model_validate(message).model_dump() for message in given]
    except ValidationError as error:
        raise UserError(
            f"history: {_problem(error)}; a message is an object with 'role' (user or assistant) and 'content'"
        ) from None


def _scope(given: Any) -> Filters | None:
    if given is None:
        return None
    try:
        scope = given if isinstance(given, Scope) else Scope.model_validate(given)
    except ValidationError as error:
        raise UserError(
            f"filters: {_problem(error)}; they are an object with lists named categories, tags and cards"
        ) from None
    return scope.filters()


def _problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part)[:40] for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])
