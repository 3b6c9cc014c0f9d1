"""Who is asking, and how: the interface's language, and what a browser remembers between visits."""

import re
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from assistant.types import Filters
from vectorstore.language import Language

if TYPE_CHECKING:
    import gradio as gr

LANGUAGE_COOKIE = "paper_cards_language"

_TOKEN = re.compile(r"[\w-]{20,64}")
_MOST_IN_SCOPE, _LONGEST_IN_SCOPE = 20, 200


class Remembered(BaseModel):
    """What a browser keeps for us. It is the visitor's to change, so nothing in it is believed without a check.

    Args:
        owner: a token that cannot be guessed: whoever has it sees the conversations begun with it.
        conversation: the one that is open.
        scope: which cards questions are asked within.
    """

    owner: str = ""
    conversation: str | None = None
    scope: Filters = Filters()


def remembered(kept: object) -> Remembered:
    """What a browser sent, where it is well formed; a new visitor's otherwise."""
    try:
        found = Remembered.model_validate(kept)
    except ValidationError:
        found = Remembered()
    if not _TOKEN.fullmatch(found.owner):
        found = Remembered(owner=secrets.token_urlsafe(24))
    return found


def scope_of(asked: Mapping[str, Any]) -> Filters:
    """A scope as the page's scripts send it, cut to a bearable size."""

    def some(name: str) -> tuple[str, ...]:
        values = asked.get(name)
        if not isinstance(values, list):
            return ()
        return tuple(str(value)[:_LONGEST_IN_SCOPE] for value in values[:_MOST_IN_SCOPE])

    return Filters(categories=some("categories"), tags=some("tags"), cards=some("cards"))


def owner_of(visitor: Remembered, request: "gr.Request | None") -> str:
    """Whose conversations these are: those of the user who is logged in, or else of this browser."""
    username = getattr(request, "username", None)
    return f"user:{username}" if username else f"browser:{visitor.owner}"


def language_of_request(request: "gr.Request | None") -> Language:
    """The interface's language: as chosen on the page, or else the first that the browser asks for."""
    cookies: Mapping[str, str] = getattr(request, "cookies", None) or {}
    chosen = cookies.get(LANGUAGE_COOKIE)
    return browser_language(request) if chosen not in ("en", "zh") else "zh" if chosen == "zh" else "en"


def browser_language(request: "gr.Request | None") -> Language:
    """The language that the browser asks for first, in which Gradio shows its own words."""
    headers: Mapping[str, str] = getattr(request, "headers", None) or {}
    return "zh" if headers.get("accept-language", "").strip().lower().startswith("zh") else "en"
