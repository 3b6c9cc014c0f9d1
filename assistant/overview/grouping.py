"""Groups cards by approach: those that share a tag, or whose titles and tags say the same thing in other words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from vectorstore.cards import PaperCard
from vectorstore.segment import content_terms

Rarity = Callable[[Iterable[str]], Mapping[str, float]]

# Fewer cards are read faster without headings.
_FEWEST = 5
_SMALLEST = 2
# A group of nearly all says nothing of how they differ.
_LARGEST_SHARE = 0.7
# Where more than this stay without a group, headings would not help.
_LEFT_SHARE = 0.5
# The inverse document frequency that one of a label's words must have at least: "reasoning" is no approach.
_RARE = 2.5
_LONGEST_LABEL = 60


@dataclass(frozen=True)
class Group:
    """Cards with something in common; the label is a tag of theirs, and empty for the rest."""

    label: str
    cards: tuple[PaperCard, ...]


def grouped(cards: Sequence[PaperCard], question: str, rarity: Rarity) -> list[Group]:
    """Cards by approach, the groups in the order of their best cards, what fits nowhere last.

    Args:
        cards: ranked.
        question: what they have in common by it tells none from another.
        rarity: inverse document frequencies of terms in the collection.

    Returns:
        One group without a label where there are too few cards, or they share nothing that tells them apart.
    """
    whole = [Group("", tuple(cards))]
    if len(cards) < _FEWEST:
        return whole
    asked = set(content_terms(question))
    held = {card.id: set(content_terms(" ".join((card.title, *card.tags)))) for card in cards}
    labels = {tag: set(content_terms(tag)) for card in cards for tag in card.tags if len(tag) <= _LONGEST_LABEL}
    frequency = rarity({term for terms in labels.values() for term in terms})
    telling = {tag: terms for tag, terms in labels.items() if _tells(terms, asked, frequency)}
    left = list(cards)
    groups: list[Group] = []
    while len(left) >= _SMALLEST:
        members = {tag: [card for card in left if terms <= held[card.id]] for tag, terms in telling.items()}
        fitting = {
            tag: found for tag, found in members.items() if _SMALLEST <= len(found) <= _LARGEST_SHARE * len(cards)
        }
        if not fitting:
            break
        # The larger group, and of two as large the one whose label says more.
        label = max(fitting, key=lambda tag: (len(fitting[tag]), sum(frequency[term] for term in telling[tag]), tag))
        groups.append(Group(label, tuple(fitting[label])))
        left = [card for card in left if card not in fitting[label]]
    if len(left) > _LEFT_SHARE * len(cards):
        return whole
    place = {card.id: number for number, card in enumerate(cards)}
    groups.sort(key=lambda group: place[group.cards[0].id])
    return [*groups, Group("", tuple(left))] if left else groups


def _tells(terms: set[str], asked: set[str], frequency: Mapping[str, float]) -> bool:
    """Whether a tag says more than the question does, and more than what half of the collection is about."""
    return any(term not in asked and frequency.get(term, 0.0) >= _RARE for term in terms)
