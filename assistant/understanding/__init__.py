"""A question as typed becomes a `Query`: what kind it is, its language, its wording alone, the cards it is about."""

from collections.abc import Mapping, Sequence
from typing import Any

from assistant.types import Filters, Query
from assistant.understanding.wording import Named, clean, standing_alone
from vectorstore.language import language_of

__all__ = ["clean", "understand"]


def understand(
    question: str,
    history: Sequence[Mapping[str, Any]] = (),
    filters: Filters | None = None,
    named: Named | None = None,
) -> Query:
    """Kind, language, stand-alone wording and filters of a question.

    Args:
        question: as typed.
        history: messages in OpenAI's form, oldest first.
        filters: which cards may be used.
        named: the cards whose own method a text names, with how surely.
    """
    asked = clean(question)
    return Query(
        question=asked,
        standalone=standing_alone(asked, history, named),
        language=language_of(asked),
        filters=filters or Filters(),
    )
