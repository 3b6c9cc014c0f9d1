"""The exact sentence of a card in which a term stands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.types import Citation
from vectorstore.cards import FieldName, PaperCard
from vectorstore.disagreements import quotable_passages
from vectorstore.language import Language
from vectorstore.mentions import folded, mention_in
from vectorstore.passages import Passage

# Where sentences mention a term, and what says best what a paper is.
_BEST: Sequence[FieldName] = (
    "tldr", "abstract", "experiments", "method", "contribution", "problem", "motivation", "analysis"
)  # fmt: skip
_TELLING: Sequence[FieldName] = (
    "tldr", "contribution", "method", "abstract", "problem", "analysis", "experiments", "motivation"
)  # fmt: skip
_MOST = 3


@dataclass(frozen=True)
class Mentioned:
    """Where a card mentions what was asked for.

    Args:
        passages: the sentences, at least one unless the card has none that may be quoted.
        by: how the sentences come to stand for it where they do not hold it: as one of its tags, or not at all.
    """

    passages: tuple[Passage, ...]
    by: str = ""
    elsewhere: bool = False


def mention_on(card: PaperCard, groups: Sequence[Sequence[str]], language: Language) -> Mentioned:
    """The sentences of a card that mention each of some groups of terms.

    Args:
        card: the card.
        groups: each an 'any of'; none at all asks for the sentence that says best what the card is.
        language: which sentences are preferred.
    """
    order = _BEST if groups else _TELLING
    passages = sorted(
        quotable_passages(card),
        # A sentence that only says where the code is tells least.
        key=lambda one: ("http" in one.text, one.language != language, order.index(one.field), one.start),
    )
    left = [_any_of(group) for group in groups]
    chosen: list[Passage] = []
    texts = [(passage, folded(passage.text)) for passage in passages]
    while left and len(chosen) < _MOST:
        passage, text = max(texts, key=lambda one: sum(test(one[1]) for test in left), default=(None, ""))
        met = [test for test in left if test(text)]
        if passage is None or not met:
            break
        chosen.append(passage)
        left = [test for test in left if test not in met]
    if chosen or not groups:
        return Mentioned(tuple(chosen or passages[:1]))
    tag = next((tag for tag in card.tags for test in left if test(folded(tag))), "")
    return Mentioned(tuple(passages[:1]), by=tag, elsewhere=not tag)


def _any_of(terms: Sequence[str]) -> Callable[[str], bool]:
    tests = [mention_in(term) for term in terms]
    return lambda text: any(test(text) for test in tests)


def cited(card: PaperCard, passage: Passage, marker: int) -> Citation:
    """A sentence of a card as a citation."""
    return Citation(
        marker=marker,
        card_id=card.id,
        title=card.title,
        field=passage.field,
        quote=passage.text,
        start=passage.start,
        end=passage.end,
    )
