"""A question understood by the language model where the rules are not sure; its proposal is checked as data."""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from weakref import WeakKeyDictionary

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

import prompts
from assistant.answering.fencing import plain, shortened, tokens
from assistant.answering.model import ModelError
from assistant.names import NameIndex, fold, looks_like_name
from assistant.types import Facet, Filters, Kind, Query, Selection
from assistant.understanding.leaning import SURE
from assistant.understanding.references import without_places
from assistant.understanding.wording import Titles, clean, words_of
from vectorstore.cards import CATEGORY_NAMES, CATEGORY_PREFIXES, category_named
from vectorstore.language import language_of
from vectorstore.latex import readable

if TYPE_CHECKING:
    from assistant.answering.model import ChatModel
    from assistant.understanding.known import Known

# For asking and asking once more together: a follow-up may not wait longer for being understood.
_SECONDS = 6.0
_TRIES = 2
# A model that took longer than that, or failed, would make every follow-up wait: it is left alone for so long.
_PAUSE_SECONDS = 300.0
_paused_until: WeakKeyDictionary["ChatModel", float] = WeakKeyDictionary()
_MESSAGES = 8
_MESSAGE_TOKENS, _QUESTION_TOKENS = 150, 500
# A first reply that did not hold and what is said to it, for the second try.
_REPLY_TOKENS = 600
_SHOWN = 10
_LANGUAGES = {"en": "English", "zh": "Chinese (中文)"}
_LISTING: tuple[Kind, ...] = ("list", "count")
_LONGEST_CHAT = 60

Words = Annotated[str, AfterValidator(clean), Field(min_length=1, max_length=200)]
Listed = Annotated[list[Words], BeforeValidator(lambda given: [] if given is None else given), Field(max_length=8)]


class Proposal(BaseModel):
    """What the model is asked for."""

    standalone: Annotated[str, AfterValidator(clean), Field(min_length=2, max_length=600)]
    kind: Kind
    cards: Listed = Field(default_factory=list)
    sides: Listed = Field(default_factory=list)
    mentions: Listed = Field(default_factory=list)
    without: Listed = Field(default_factory=list)
    categories: Listed = Field(default_factory=list)
    tags: Listed = Field(default_factory=list)
    facet: Facet | None = None
    show_all: bool = False


@dataclass(frozen=True)
class Surroundings:
    """What a question is put to.

    Args:
        history: messages in OpenAI's form, oldest first, as for `in_context`.
        names: the names that the collection's cards use.
        titles: the titles of cards, by id.
        known: the categories and tags of the collection.
        read: what the rules make of a question that stands alone.
        context_tokens: longest prompt for the model.
    """

    history: Sequence[Mapping[str, Any]]
    names: NameIndex
    titles: Titles
    known: "Known"
    read: Callable[[str], Query]
    context_tokens: int = 6000


def is_worth_asking(query: Query, mode: str) -> bool:
    """Whether the model should have a look.

    Args:
        query: what the rules made of the question.
        mode: the setting `understanding`.
    """
    if mode != "auto":
        return mode == "model"
    # Where the rules found sides, or repeat a list, there is nothing to word anew.
    resolved = bool(query.sides) or query.show_all or bool(query.filters.cards)
    return not query.sure or (query.standalone != query.question and not resolved)


def understood(query: Query, model: "ChatModel", around: Surroundings) -> Query:
    """A question as the model understands it, as far as that holds; the rules' reading otherwise.

    The model is asked at most twice, for six seconds in all; one that is slower is not asked for a while. Its wording
    must keep the question's names and figures and bring in none that were not said; where the rules were sure of the
    card that is meant, it must name that card; categories, tags and cards must exist.

    Args:
        query: what the rules made of it.
        model: who is asked.
        around: the conversation, and the collection.
    """
    asked = _Asked(query, around)
    prompt = asked.prompt()
    if not prompt or time.monotonic() < _paused_until.get(model, 0.0):
        return query
    messages = [{"role": "user", "content": prompt}]
    deadline = time.monotonic() + _SECONDS
    for _ in range(_TRIES):
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            reply = model.complete(messages, timeout=left)
        except ModelError:
            # Whoever writes next meets the same model and says what is wrong with it.
            _paused_until[model] = time.monotonic() + _PAUSE_SECONDS
            break
        try:
            return asked.accepted(_read(reply))
        except _Refused as refused:
            again = prompts.load("json_again").fill(problem=plain(str(refused)))
            messages = [
                *messages[:1],
                {"role": "assistant", "content": shortened(plain(reply), _QUESTION_TOKENS) or "{}"},
                {"role": "user", "content": again},
            ]
    return query


class _Refused(Exception):
    """Why a proposal does not hold, in words for the model."""


class _Asked:
    """One question, and what was said and shown before it."""

    def __init__(self, query: Query, around: Surroundings) -> None:
        self._query, self._around = query, around
        recent = list(around.history[-_MESSAGES:])
        self._said = [(str(each.get("role")), clean(words_of(each))) for each in recent]
        ids = [card for each in reversed(recent) for card in _strings(each.get("cards"))]
        self._shown = dict(around.titles(list(dict.fromkeys(ids))[:_SHOWN])) if ids else {}

    def prompt(self) -> str:
        """What the model is told, the latest of the conversation as far as it fits; empty where not even that does."""
        said = [
            f"{role}: {shortened(plain(text), _MESSAGE_TOKENS)}"
            for role, text in self._said
            if role in ("user", "assistant") and text
        ]
        categories = [CATEGORY_NAMES.get(name, plain(name)) for name in self._around.known.categories]
        for first in range(len(said) + 1):
            prompt = prompts.load("understand").fill(
                language=_LANGUAGES[self._query.language],
                categories="; ".join(categories[:20]),
                conversation="\n".join(said[first:]) or "(none)",
                cards="\n".join(f"{card}: {plain(readable(title))}" for card, title in self._shown.items()) or "(none)",
                question=shortened(plain(self._query.question), _QUESTION_TOKENS),
            )
            if tokens(prompt) + _REPLY_TOKENS <= self._around.context_tokens:
                return prompt
        return ""

    def accepted(self, proposal: Proposal) -> Query:
        """The question with what of a proposal holds.

        Raises:
            _Refused: its wording does not.
        """
        query = self._query
        wording = self._wording(proposal)
        found = self._around.read(wording) if wording != query.standalone else query
        if query.sure and wording == query.standalone:
            return query
        # The rules are exact where they know a form; the model's reading counts where they do not.
        if found.sure:
            kind, selection, sides, facet = found.kind, found.selection, found.sides, found.facet
        else:
            kind, selection, sides, facet = self._reading(proposal, found)
        return query.model_copy(
            update={
                "standalone": wording,
                "filters": self._filters(proposal, found),
                "kind": kind,
                "selection": selection,
                "sides": sides,
                "facet": facet,
                "show_all": query.show_all or found.show_all or (kind in ("list", "topic") and proposal.show_all),
            }
        )

    def _wording(self, proposal: Proposal) -> str:
        query, wording = self._query, proposal.standalone
        kept, offered = without_places(query.question), fold(wording)
        lost = [token for token in _telling(kept) if fold(token) not in offered]
        if lost:
            raise _Refused(f'"standalone" leaves out {", ".join(lost[:5])}')
        said = fold(" ".join([query.question, query.standalone, *(text for _, text in self._said)]))
        said += fold(" ".join(map(readable, self._shown.values())))
        new = [token for token in _telling(wording) if fold(token) not in said]
        if new:
            raise _Refused(f'"standalone" has {", ".join(new[:5])}, which nobody mentioned')
        if language_of(wording) != query.language:
            raise _Refused(f'"standalone" is not in {_LANGUAGES[query.language]}')
        if query.sure and query.standalone != query.question:
            meant = self._cards_in(query.standalone)
            # A card without a name of its own is told by its title, which the rules have put there.
            if not meant or not meant <= self._cards_in(wording):
                return query.standalone
        cards = [card for card in proposal.cards if card in self._shown]
        if len(cards) == 1 and not query.sure and cards[0] not in self._cards_in(wording):
            return clean(f"{readable(self._shown[cards[0]])}: {wording}")
        return wording

    def _reading(self, proposal: Proposal, found: Query) -> tuple[Kind, Selection, tuple[str, ...], Facet | None]:
        """The kind of answer that the model proposes, where it gave what that kind needs."""
        kind = proposal.kind
        rules = (found.kind, found.selection, found.sides, found.facet)
        selection = Selection(
            mentions=tuple((term,) for term in proposal.mentions if self._was_said(term)),
            without=tuple(term for term in proposal.without if self._was_said(term)),
        )
        if kind == "compare":
            cards = [readable(self._shown[card]) for card in proposal.cards if card in self._shown]
            sides = tuple(side for side in proposal.sides if self._was_said(side)) or tuple(cards)
            return (kind, Selection(), sides[:4], None) if len(sides) > 1 else rules
        if kind in _LISTING:
            return (kind, selection, (), None) if selection.mentions or self._filters(proposal, found) else rules
        if kind == "trend":
            return (kind, selection, (), proposal.facet) if proposal.facet is not None else rules
        if kind == "chat":
            talk = len(self._query.question) <= _LONGEST_CHAT and not _telling(self._query.question)
            return (kind, Selection(), (), None) if talk else rules
        return kind, Selection(), (), None

    def _filters(self, proposal: Proposal, found: Query) -> Filters:
        """What the caller allows, narrowed to the part of the collection that the question names."""
        given, known = self._query.filters, self._around.known
        names = {category_named(name): name for name in proposal.categories}
        categories = [name for name in names if name in known.categories and self._names_category(name)]
        tags = [tag for tag in proposal.tags if self._was_said(tag) and known.has_tag(tag)]
        return given.model_copy(
            update={
                "categories": given.categories or found.filters.categories or tuple(categories),
                "tags": given.tags or found.filters.tags or tuple(tags),
            }
        )

    def _names_category(self, category: str) -> bool:
        """Whether the question itself has a word of a category's names."""
        called = [category, CATEGORY_NAMES.get(category, ""), CATEGORY_PREFIXES.get(category, "")]
        words = {word for name in called for word in re.findall(r"[a-z]{4,}|[\u3400-\u9fff]{2,}", name.casefold())}
        asked = self._query.question.casefold()
        return any(word.rstrip("s") in asked for word in words)

    def _was_said(self, words: str) -> bool:
        said = " ".join([self._query.question, self._query.standalone, *(text for _, text in self._said)])
        return bool(fold(words)) and fold(words) in fold(said)

    def _cards_in(self, text: str) -> set[str]:
        return {card for card, sureness in self._around.names.cards_named(text).items() if sureness >= SURE}


def _read(reply: str) -> Proposal:
    found = re.search(r"\{.*\}", reply, re.DOTALL)
    try:
        return Proposal.model_validate(json.loads(found.group() if found else ""))
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        raise _Refused(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}") from None
    except (ValueError, RecursionError):
        raise _Refused("it is not one JSON object") from None


def _telling(text: str) -> list[str]:
    """The names and figures of a text."""
    return [token for token in NameIndex.tokens(text) if looks_like_name(token) or any(map(str.isdigit, token))]


def _strings(cards: object) -> list[str]:
    return [card for card in cards if isinstance(card, str)] if isinstance(cards, list | tuple) else []
