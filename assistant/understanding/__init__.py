"""A question as typed becomes a `Query`: what kind it is, its language, its wording alone, the cards it is about."""

from collections.abc import Mapping, Sequence
from typing import Any

from assistant.types import Filters, Query
from assistant.understanding.context import in_context
from assistant.understanding.known import Knowledge
from assistant.understanding.scope import Scope
from assistant.understanding.wording import Named, Titles, clean
from vectorstore.language import language_of

__all__ = ["clean", "understand"]


def understand(
    question: str,
    history: Sequence[Mapping[str, Any]] = (),
    filters: Filters | None = None,
    named: Named | None = None,
    titles: Titles | None = None,
    knowledge: Knowledge | None = None,
) -> Query:
    """Kind, language, stand-alone wording and filters of a question.

    Args:
        question: as typed.
        history: messages in OpenAI's form, oldest first.
        filters: which cards may be used.
        named: the cards whose own method a text names, with how surely.
        titles: the titles of cards, by id.
        knowledge: of the collection: its categories and tags, and what its cards mention.
    """
    from assistant.understanding.kinds import read

    asked = clean(question)
    context = in_context(asked, history, named, titles)
    reading = read(context.asks, named, knowledge, context.sides)
    allowed = _narrowed(filters or Filters(), reading.scope)
    # The only cards that a follow-up is about ("which of these ...").
    if context.within:
        cards = [card for card in context.within if not allowed.cards or card in allowed.cards]
        allowed = allowed.model_copy(update={"cards": tuple(cards) or allowed.cards})
    return Query(
        question=asked,
        standalone=context.standalone,
        language=language_of(asked),
        filters=allowed,
        kind=reading.kind,
        selection=reading.selection,
        sides=reading.sides,
        facet=reading.facet,
        show_all=context.show_all or reading.show_all,
        sure=context.sure and reading.sure,
    )


def _narrowed(filters: Filters, scope: Scope) -> Filters:
    """The caller's filters and those of the question's own words; where no card could meet both, the caller's."""
    categories = filters.categories or scope.categories
    if filters.categories and scope.categories:
        categories = tuple(one for one in scope.categories if one in filters.categories) or filters.categories
    return filters.model_copy(update={"categories": categories, "tags": filters.tags or scope.tags})
