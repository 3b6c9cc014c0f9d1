"""What a collection holds, so that what mentions a term is known exactly: a line a card in memory, texts on disk."""

import re
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from assistant.catalog.ledger import Held, Ledger
from assistant.types import Filters, Selection
from vectorstore.cards import PaperCard
from vectorstore.mentions import mention_in, plainest
from vectorstore.tags import normalise

if TYPE_CHECKING:
    from assistant.catalog.abbreviations import Abbreviations
    from assistant.catalog.tested import Experiments
    from assistant.collection import Collection

_SHORTEST_PART = 4
_SHORTEST_SLIP, _TWO_SLIPS_FROM = 4, 9
# Mentions that are kept, counted over all terms: a question has a few terms, and their variants some more.
_KEPT_MENTIONS = 500_000
_READ_AT_ONCE = 100

Read = Callable[[Sequence[str]], Mapping[str, PaperCard]]


class Holdings:
    """The cards at one revision.

    Args:
        ledger: what is known of each, in step with that revision.
        read: gives the cards of some ids.
    """

    def __init__(self, ledger: Ledger, read: Read) -> None:
        self._ledger, self._read = ledger, read
        self.cards: tuple[Held, ...] = tuple(ledger.held())
        self.by_id = {card.id: card for card in self.cards}
        self._mentioning: dict[str, frozenset[str]] = {}

    @classmethod
    def of(cls, cards: Iterable[PaperCard]) -> "Holdings":
        """Some cards, held in memory."""
        by_id = {card.id: card for card in cards}
        return cls(Ledger.of(by_id.values()), lambda ids: {card_id: by_id[card_id] for card_id in ids})

    def read(self, cards: Sequence[Held]) -> Iterator[PaperCard]:
        """Some cards in full, in their order, those that are still there."""
        for start in range(0, len(cards), _READ_AT_ONCE):
            ids = [card.id for card in cards[start : start + _READ_AT_ONCE]]
            found = self._read(ids)
            yield from (found[card_id] for card_id in ids if card_id in found)

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each card stands in the collection's order, by its id."""
        return {card.id: place for place, card in enumerate(self.cards)}

    @cached_property
    def categories(self) -> Sequence[str]:
        """The categories, in the order in which their first cards come."""
        return tuple(dict.fromkeys(card.category for card in self.cards))

    @cached_property
    def tags(self) -> dict[str, frozenset[str]]:
        """The ids of the cards with each tag, by the key of all its spellings."""
        found: dict[str, set[str]] = {}
        for card in self.cards:
            for tag in card.tags:
                found.setdefault(normalise(tag), set()).add(card.id)
        return {tag: frozenset(ids) for tag, ids in found.items()}

    @cached_property
    def abbreviations(self) -> "Abbreviations":
        """The abbreviations that the cards themselves define."""
        from assistant.catalog.abbreviations import Abbreviations

        return Abbreviations.of(self._ledger.definitions())

    def has_tag(self, tag: str) -> bool:
        """Whether a card has this tag, in any spelling."""
        return normalise(tag) in self.tags

    def mentions(self, term: str) -> int:
        """How many cards mention a term."""
        return len(self.mentioning(term))

    def mentioning(self, term: str) -> frozenset[str]:
        """The ids of all cards that mention a term, as `vectorstore.mentions` defines it."""
        known = self._mentioning.get(term)
        if known is None:
            stands_in, part = mention_in(term), plainest(term)
            texts = self._ledger.texts_with(part) if part else ()
            known = frozenset(card_id for card_id, text in texts if stands_in(text) and card_id in self.by_id)
            if sum(map(len, self._mentioning.values())) > _KEPT_MENTIONS:
                self._mentioning.clear()
            self._mentioning[term] = known
        return known

    def headed(self, words: Sequence[str]) -> frozenset[str]:
        """The ids of the cards in whose heading each of some words stands."""
        return self._ledger.headed(words)

    def versions(self, term: str) -> dict[str, list[str]]:
        """By card, what stands for a term with a number joined to it ("Qwen3" for Qwen)."""
        name = term.strip().casefold()
        if not (name.isascii() and name[-1:].isalpha() and len(name) > 1):
            return {}
        joined = re.compile(rf"(?<![a-z0-9]){re.escape(name)}\d(?:[\w.]*\w)?", re.ASCII)
        found = ((card_id, joined.findall(text)) for card_id, text in self._ledger.texts_with(name))
        return {
            card_id: [f"{term.strip()}{word[len(name) :]}" for word in words]
            for card_id, words in found
            if words and card_id in self.by_id
        }

    @cached_property
    def experiments(self) -> "Experiments":
        """The benchmarks and models that the cards are tested on."""
        from assistant.catalog.tested import Experiments

        return Experiments.of(self._ledger.experiments(), self.abbreviations)

    def nearly(self, term: str) -> str:
        """The word that cards use most of those that differ from a term by a slip of the pen; empty if none does."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        wanted = term.casefold()
        if len(wanted) < _SHORTEST_SLIP or not wanted.isascii() or " " in wanted:
            return ""
        folded: dict[str, Counter[str]] = defaultdict(Counter)
        for word, number in self._ledger.spelt().items():
            # A digit is never a slip: GPT-4 is not GPT-5.
            if _digits(word) == _digits(wanted):
                folded[word.casefold()][word] += number
        slips = 1 if len(wanted) < _TWO_SLIPS_FROM else 2
        near = process.extract(wanted, list(folded), scorer=OSA.distance, score_cutoff=slips, limit=5)
        best = min(near, key=lambda found: (found[1], -folded[found[0]].total()), default=None)
        return folded[best[0]].most_common(1)[0][0] if best else ""

    def part_of(self, term: str) -> str:
        """The part of a term of several words that fewest cards mention, the longest first; empty if none does."""
        words = term.split()
        for size in range(len(words) - 1, 0, -1):
            runs = [" ".join(words[start : start + size]) for start in range(len(words) - size + 1)]
            mentioned = [run for run in runs if len(run) >= _SHORTEST_PART and self.mentions(run)]
            if mentioned:
                return min(mentioned, key=self.mentions)
        return ""

    def within(self, filters: Filters) -> list[Held]:
        """The cards that some filters leave, in the collection's order."""
        tagged = frozenset().union(*(self.tags.get(normalise(tag), frozenset()) for tag in filters.tags))
        named = frozenset(filters.cards)
        return [
            card
            for card in self.cards
            if (not filters.categories or card.category in filters.categories)
            and (not filters.tags or card.id in tagged)
            and (not named or card.id in named)
        ]

    def selected(self, selection: Selection, among: Sequence[Held]) -> list[Held]:
        """Those of some cards that a selection asks for, in their order."""
        wanted = [frozenset().union(*(self.mentioning(term) for term in group)) for group in selection.mentions]
        unwanted = frozenset().union(*(self.mentioning(term) for term in selection.without))
        return [card for card in among if card.id not in unwanted and all(card.id in group for group in wanted)]


def _digits(word: str) -> list[str]:
    return [character for character in word if character.isdigit()]


_held: "WeakKeyDictionary[Collection, tuple[str, Holdings]]" = WeakKeyDictionary()
_reading = threading.Lock()


def holdings_of(collection: "Collection") -> Holdings:
    """What a collection holds now; read again only when its store has changed."""
    revision = collection.store.revision()
    ledger = collection.ledger_at(revision)
    held = _held.get(collection)
    if held is None or held[0] != revision:
        with _reading:
            held = _held.get(collection)
            if held is None or held[0] != revision:
                held = _held[collection] = (revision, Holdings(ledger, collection.store.get))
    return held[1]
