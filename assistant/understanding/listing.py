"""Questions that ask which cards, or how many, mention something."""

import re
from dataclasses import dataclass, field
from typing import Protocol

from assistant.types import Selection
from assistant.understanding import listing_chinese, listing_english
from assistant.understanding.asked import Asked, ListingKind
from assistant.understanding.known import Knowledge
from assistant.understanding.terms import terms_in


@dataclass(frozen=True)
class Listing:
    """A list or count question.

    Args:
        kind: which of the two.
        selection: what the cards must mention; empty where all cards in scope are asked for.
        literal: what it names can be looked for as it stands; otherwise it describes a topic.
    """

    kind: ListingKind
    selection: Selection = field(default_factory=Selection)
    literal: bool = True


def listing_of(words: str, *, scoped: bool, knowledge: Knowledge | None = None) -> Listing | None:
    """How a sentence asks for cards; None where it asks for something else.

    Args:
        words: without what confines it to categories and tags.
        scoped: whether something did: "how many papers?" is then a whole question.
        knowledge: of the collection.
    """
    found = _forms_of(words).asked(words, scoped)
    if found is None:
        return None
    selection, literal = _selected(found, knowledge)
    if found.tentative and not (selection and literal):
        return None
    if not selection:
        if not found.wanted.strip(" .?!。？"):
            return Listing(found.kind)
        return Listing(found.kind, literal=False) if found.topical else None
    return Listing(found.kind, selection, literal)


def selection_of(words: str, knowledge: Knowledge | None = None) -> Selection:
    """Which papers a question is about that asks how they are spread: those that it says mention something."""
    selection, literal = _selected(_forms_of(words).of_which_papers(words), knowledge)
    return selection if literal else Selection()


class _Forms(Protocol):
    def asked(self, words: str, scoped: bool) -> Asked | None: ...

    def of_which_papers(self, words: str) -> Asked: ...


def _forms_of(words: str) -> _Forms:
    return listing_chinese if re.search(r"[\u4e00-\u9fff]", words) else listing_english


def _selected(found: Asked, knowledge: Knowledge | None) -> tuple[Selection, bool]:
    """The terms of what is asked for, and whether they can be looked for as they stand."""
    wanted = terms_in(found.wanted, knowledge)
    unwanted = terms_in(found.unwanted, knowledge)
    selection = Selection(
        mentions=wanted.groups, without=tuple(dict.fromkeys(term for group in unwanted.groups for term in group))
    )
    # A topic may be worded in any way, so its words are no term unless they are a name; a number needs a term.
    named_only = found.tentative or (found.topical and found.kind == "list")
    literal = wanted.named if named_only else wanted.literal
    return selection, literal if wanted.groups else unwanted.literal
