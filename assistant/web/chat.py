"""The conversation behind the page: asking, stopping, asking again, rating, resuming, deleting, taking away."""

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.conversations import Turn, as_markdown, messages_of
from assistant.types import Answered, EvidenceFound, Filters, Step, TextSoFar
from assistant.web.lookups import Lookups
from assistant.web.messages import Message, message
from assistant.web.mishaps import where
from assistant.web.rendering import (
    Progress,
    answer_html,
    failure_html,
    past_html,
    progress_html,
    question_html,
    scope_html,
)
from assistant.web.texts import text
from assistant.web.visitor import Remembered, language_of_request, owner_of, remembered, scope_of
from vectorstore.errors import UserError
from vectorstore.language import Language

if TYPE_CHECKING:
    from assistant import Assistant
    from assistant.conversations import ConversationLog

LONGEST_QUESTION = 2_000

# A model may never end; a browser that is given everything it says every time stands still.
_LONGEST_DRAFT = 6_000

# Between two updates of a draft: quicker ones cost the browser more than a reader gains.
_UPDATE_SECONDS = 0.08

# They cost the server half a millisecond each: the more answers grow at once, the less often each of them shows it.
_UPDATE_SECONDS_EACH = 0.004

_log = logging.getLogger(__name__)


class Chat:
    """The page's handlers around one assistant and its log of conversations.

    Args:
        assistant: what answers.
        lookups: what the page may look up.
    """

    def __init__(self, assistant: "Assistant", lookups: Lookups) -> None:
        self._assistant = assistant
        self._lookups = lookups
        self._lock = threading.Lock()
        self._growing = 0

    @property
    def _conversations(self) -> "ConversationLog":
        return self._assistant.conversations

    # What is on the page

    def opened(self, visitor: Remembered, request: gr.Request) -> "Shown":
        """The page as a visitor finds it: the conversation that was open, or the welcome."""
        language = language_of_request(request)
        if visitor.conversation and not self._owns(visitor, request):
            visitor = visitor.model_copy(update={"conversation": None})
        turns = self._turns(visitor)
        return Shown(self, visitor, turns, language, request)

    def asked(self, typed: str, kept: object, sent: Mapping[str, Any], request: gr.Request) -> Iterator["Shown"]:
        """Answer a question: the page at every step of it.

        Args:
            typed: what is in the text box.
            kept: what the browser remembers.
            sent: by a button: the question itself in `question`, or in `retry` the turn to ask again.
            request: who asks.
        """
        language = language_of_request(request)
        shown = self.opened(remembered(kept), request)
        question, replaced = typed, None
        if sent.get("retry"):
            replaced = next((turn for turn in shown.turns if turn.id == sent["retry"]), None)
            question = replaced.question if replaced else ""
        elif sent.get("question"):
            question = str(sent["question"])
        question = question.strip()
        problem = _problem(question, language)
        if problem:
            yield shown.ended_with([failure_html(problem, language)])
            return
        if replaced:
            shown.turns = [turn for turn in shown.turns if turn.id != replaced.id]
        yield from self._answered(question, shown, replaced, language)

    def _answered(self, question: str, shown: "Shown", replaced: Turn | None, language: Language) -> Iterator["Shown"]:
        progress, updated, drafted = Progress(), 0.0, False
        history = messages_of((turn.question, turn.answer) for turn in shown.turns)
        scope = replaced.filters if replaced else shown.visitor.scope
        yield shown.under_way(question, progress)
        self._grow(1)
        try:
            for event in self._assistant.stream(question, history=history, filters=scope or None):
                match event:
                    case Step(step=step):
                        progress.steps.append(step)
                    case EvidenceFound(hits=hits):
                        progress.found = len(hits)
                    case TextSoFar(text=draft):
                        progress.draft = draft if len(draft) <= _LONGEST_DRAFT else f"{draft[:_LONGEST_DRAFT]} …"
                        if drafted and time.monotonic() - updated < self._update_seconds():
                            continue
                        drafted = True
                    case Answered(answer=answer):
                        yield self._kept(question, shown, replaced, answer, scope)
                        return
                updated = time.monotonic()
                yield shown.under_way(question, progress)
        except UserError as error:
            yield shown.ended_with(
                [question_html(question, language), failure_html(text(language, "failed", reason=str(error)), language)]
            )
        except Exception as error:
            _log.error("a question could not be answered: %s", where(error))
            yield shown.ended_with(
                [question_html(question, language), failure_html(text(language, "failed_plain"), language)]
            )
        finally:
            self._grow(-1)

    def _update_seconds(self) -> float:
        return max(_UPDATE_SECONDS, self._growing * _UPDATE_SECONDS_EACH)

    def _grow(self, more: int) -> None:
        with self._lock:
            self._growing += more

    def _kept(self, question: str, shown: "Shown", replaced: Turn | None, answer: Any, scope: Filters) -> "Shown":
        """The page with the verified answer, once it is in the log."""
        log, visitor = self._conversations, shown.visitor
        conversation = visitor.conversation or log.start(owner=owner_of(visitor, shown.request))
        log.add(conversation, question, answer, scope)
        if replaced:
            log.drop(replaced.id)
        shown.visitor = visitor.model_copy(update={"conversation": conversation})
        shown.turns = log.turns(conversation)
        return shown.finished()

    def stopped(self, kept: object, pending: str, request: gr.Request) -> "Shown":
        """The page after a stop: as before the question, which goes back into the box."""
        language = language_of_request(request)
        shown = self.opened(remembered(kept), request)
        return shown.ended_with([failure_html(text(language, "stopped"), language)], typed=pending)

    # What else a visitor may do

    def narrowed(self, kept: object, sent: Mapping[str, Any]) -> Remembered:
        """The visitor with another scope: `sent` sets it, or takes one `value` of a `kind` away."""
        visitor = remembered(kept)
        if "kind" not in sent:
            return visitor.model_copy(update={"scope": scope_of(sent)})
        held = visitor.scope.model_dump()
        left = {
            name: [value for value in values if (name, value) != (sent["kind"], sent.get("value"))]
            for name, values in held.items()
        }
        return visitor.model_copy(update={"scope": scope_of(left)})

    def fresh(self, kept: object) -> Remembered:
        """The visitor with an empty conversation."""
        return remembered(kept).model_copy(update={"conversation": None, "scope": Filters()})

    def resumed(self, kept: object, sent: Mapping[str, Any]) -> Remembered:
        """The visitor with an earlier conversation; whose it is, is checked where it is opened."""
        return remembered(kept).model_copy(update={"conversation": str(sent.get("id", ""))[:100] or None})

    def forgotten(self, kept: object, sent: Mapping[str, Any], request: gr.Request) -> Remembered:
        """The visitor after deleting a conversation of theirs."""
        visitor = remembered(kept)
        conversation = str(sent.get("id", ""))[:100]
        if self._conversations.exists(conversation, owner_of(visitor, request)):
            self._conversations.delete(conversation)
        if visitor.conversation == conversation:
            visitor = visitor.model_copy(update={"conversation": None})
        return visitor

    def rated(self, kept: object, sent: Mapping[str, Any], request: gr.Request) -> None:
        """Keep a thumb, and a comment if there is one, on an answer of the visitor's open conversation."""
        shown = self.opened(remembered(kept), request)
        turn = next((turn for turn in shown.turns if turn.id == sent.get("turn")), None)
        if turn is None:
            return
        rating = sent.get("rating")
        known = rating if rating in ("up", "down") else None
        self._conversations.rate(turn.id, known, str(sent.get("comment") or ""))

    def markdown(self, kept: object, request: gr.Request) -> str:
        """The open conversation to take away; empty where there is none."""
        turns = self.opened(remembered(kept), request).turns
        return as_markdown(turns) if turns else ""

    # The log, as far as it is the visitor's

    def _owns(self, visitor: Remembered, request: gr.Request) -> bool:
        return self._conversations.exists(visitor.conversation or "", owner_of(visitor, request))

    def _turns(self, visitor: Remembered) -> list[Turn]:
        return self._conversations.turns(visitor.conversation) if visitor.conversation else []

    def past(self, visitor: Remembered, language: Language, request: gr.Request) -> str:
        """The visitor's conversations as a list."""
        found = self._conversations.conversations(owner_of(visitor, request))
        kept = self._conversations.path is not None
        return past_html(found, visitor.conversation, language, kept=kept)

    def welcome(self, language: Language) -> str:
        """What an empty page says."""
        return self._lookups.welcome(language)

    def scope(self, visitor: Remembered, language: Language) -> str:
        """What is asked within."""
        return scope_html(visitor.scope, self._lookups.titles(visitor.scope.cards), language)


class Shown:
    """What the page shows, and how each part of it follows from the conversation.

    Args:
        chat: for what is looked up.
        visitor: whose page it is.
        turns: the conversation.
        language: of the interface.
        request: who asks.
    """

    def __init__(
        self, chat: Chat, visitor: Remembered, turns: Sequence[Turn], language: Language, request: gr.Request
    ) -> None:
        self._chat = chat
        self.visitor = visitor
        self.turns = list(turns)
        self.language = language
        self.request = request
        self.messages: list[Message] = self._of_turns()
        self._earlier: list[Message] = []
        self.busy = False
        self.typed: str | None = None
        self.pending = ""

    def under_way(self, question: str, progress: Progress) -> "Shown":
        """With a question that is being answered."""
        if not self.busy:
            # They stay as they are while an answer grows.
            self._earlier = self._of_turns(latest=False)
        self.busy, self.typed, self.pending = True, "", question
        latest = [message("user", question_html(question, self.language))]
        latest.append(message("assistant", progress_html(progress, self.language)))
        self.messages = [*self._earlier, *latest]
        return self

    def finished(self) -> "Shown":
        """With every question answered."""
        self.busy, self.pending = False, ""
        self.messages = self._of_turns()
        return self

    def ended_with(self, said: Sequence[str], *, typed: str | None = None) -> "Shown":
        """With messages that are not part of the conversation, a question first if there are two."""
        self.finished()
        self.typed = typed
        roles = ("user", "assistant") if len(said) == 2 else ("assistant",)
        self.messages += [message(role, html) for role, html in zip(roles, said, strict=True)]
        return self

    @property
    def welcome(self) -> str:
        """What stands in the place of an empty conversation."""
        return "" if self.messages else self._chat.welcome(self.language)

    @property
    def past(self) -> str:
        """The list of conversations."""
        return self._chat.past(self.visitor, self.language, self.request)

    @property
    def scope(self) -> str:
        """What is asked within."""
        return self._chat.scope(self.visitor, self.language)

    def _of_turns(self, *, latest: bool = True) -> list[Message]:
        messages = []
        for turn in self.turns:
            last = latest and turn is self.turns[-1]
            messages.append(message("user", question_html(turn.question, self.language)))
            html = answer_html(turn.answer, self.language, turn=turn.id, rating=turn.rating, latest=last)
            messages.append(message("assistant", html))
        return messages


def _problem(question: str, language: Language) -> str:
    if not question:
        return text(language, "empty")
    if len(question) > LONGEST_QUESTION:
        return text(language, "too_long", count=LONGEST_QUESTION)
    return ""
