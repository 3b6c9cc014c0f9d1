"""A question as typed becomes a `Query`: what kind it is, its language, its wording alone, the cards it is about."""

from collections.abc import Mapping, Sequence
from typing import Any

from assistant.types import Filters, Query
from assistant.understanding.wording import Named, Titles, clean, in_context
from vectorstore.language import language_of

__all__ = ["clean", "understand"]


def understand(
    question: str,
    history: Sequence[Mapping[str, Any]] = (),
    filters: Filters | None = None,
    named: Named | None = None,
    titles: Titles | None = None,
) -> Query:
    """Kind, language, stand-alone wording and filters of a question.

    Args:
        question: as typed.
        history: messages in OpenAI's form, oldest first.
        filters: which cards may be used.
        named: the cards whose own method a text names, with how surely.
        titles: the titles of cards, by id.
    """
    asked = clean(question)
    context = in_context(asked, history, named, titles)
    # What kind it is, is told from `context.asks`; `context.within` are the only cards that it is about.
    allowed = filters or Filters()
    if context.within:
        cards = [card for card in context.within if not allowed.cards or card in allowed.cards]
        allowed = allowed.model_copy(update={"cards": tuple(cards) or allowed.cards})
    return Query(
        question=asked,
        standalone=context.standalone,
        language=language_of(asked),
        filters=allowed,
        sides=context.sides,
        show_all=context.show_all,
        sure=context.sure,
    )
