"""The names that cards use: which card a question names, however it is written, and which names no card has."""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from vectorstore.cards import FIELDS, PaperCard
from vectorstore.latex import readable

# A name has an inner capital, a digit or is all capitals: GuardSpace, GPT-4.1, DECS, pass@k, ∇-Reasoner.
_TOKEN = re.compile(r"[A-Za-z0-9∇τ][A-Za-z0-9∇τ]*(?:[-_.+@/][A-Za-z0-9∇τ]+)*\+{0,2}")
_SEPARATORS = re.compile(r"[\s\-_.+@/^]+")
_TITLE_NAME = re.compile(r"^(?P<name>[^:：]{2,60}?)(?:\s*\((?P<short>[^)]{2,20})\))?\s*[:：]")
# So far may a written name be from a card's: one letter of six, two of ten.
_FUZZY_FROM, _TWO_SLIPS_FROM = 5, 9
# Runs of words whose names are kept: those of some dozen questions.
_KEPT_RUNS = 4_096
_SHARED_BY = 3
_ORDINARY_FROM = 4
# A question of so many words in capitals alone shouts; its capitals make no names.
_SHOUTED_FROM = 4


def fold(name: str) -> str:
    """One spelling: case, width, blanks, hyphens and dots do not matter."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", name).casefold())


def looks_like_name(token: str) -> bool:
    """Whether a word is written as names of methods and models are."""
    letters = [character for character in token if character.isalpha()]
    if len(letters) < 2 or not token.isascii():
        return False
    inner = any(character.isupper() for character in token[1:])
    return inner or (token[0].isalpha() and any(character.isdigit() for character in token) and token[0].isupper())


@dataclass(frozen=True)
class CardNames:
    """What the names of a collection are collected from, of one card.

    Args:
        own: folded names that the card gives to its own work, and whether each is written as ordinary words are.
        words: every folded token of its text, once.
    """

    own: Mapping[str, bool]
    words: Collection[str]

    @classmethod
    def on(cls, card: PaperCard) -> "CardNames":
        """Read a card."""
        own: dict[str, bool] = {}
        for name in _introduced(card):
            folded = fold(name)
            if len(folded) >= 3 and folded not in own:
                own[folded] = not looks_like_name(name)
        texts = [card.title, *card.tags, *card.aid.questions]
        texts += [readable(part.text(field)) for part in (card, card.aid) for field in FIELDS]
        return cls(own, set(_folded_words("\n".join(texts))))


class NameIndex:
    """Names by their folded spelling.

    Args:
        own: folded name to the ids of the cards that introduce it.
        words: every folded token of every card's text.
    """

    def __init__(self, own: Mapping[str, list[str]], words: frozenset[str]) -> None:
        self._own, self._words = own, words
        self._matched: dict[tuple[str, ...], dict[str, float]] = {}

    @classmethod
    def build(cls, cards: Iterable[PaperCard]) -> "NameIndex":
        """Collect the names of some cards."""
        return cls.of((card.id, CardNames.on(card)) for card in cards)

    @classmethod
    def of(cls, read: Iterable[tuple[str, "CardNames"]]) -> "NameIndex":
        """Collect the names that were read on some cards.

        Args:
            read: card ids with what stands on each.
        """
        own: dict[str, list[str]] = defaultdict(list)
        plain: set[str] = set()
        words: Counter[str] = Counter()
        for card_id, found in read:
            for name, is_plain in found.own.items():
                own[name].append(card_id)
                if is_plain:
                    plain.add(name)
            words.update(found.words)
        # A title that begins with an ordinary word does not make it a name, nor does one that many share.
        names = {
            name: ids
            for name, ids in own.items()
            if len(ids) <= _SHARED_BY and not (name in plain and words[name] > _ORDINARY_FROM)
        }
        return cls(names, frozenset(words))

    def to_json(self) -> str:
        """The index as text, to be kept beside the store."""
        return json.dumps({"own": self._own, "words": sorted(self._words)}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "NameIndex":
        """The index that `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError: it did not.
        """
        read = json.loads(text)
        return cls(read["own"], frozenset(read["words"]))

    def cards_named(self, question: str) -> dict[str, float]:
        """The cards whose own method a question names, with how surely (exact 1, misspelt less)."""
        found: dict[str, float] = {}
        for words in _spans(question):
            for name, sureness in self._match(words).items():
                for card_id in self._own[name]:
                    # A name that several cards introduce tells less.
                    found[card_id] = max(found.get(card_id, 0.0), sureness / len(self._own[name]))
        return found

    @staticmethod
    def tokens(question: str) -> list[str]:
        """The words of a question that could be names, as written, repeats included."""
        return _TOKEN.findall(unicodedata.normalize("NFKC", question))

    def unknown_names(self, question: str) -> list[str]:
        """Words of a question that are written as names, and that neither stand in any card nor nearly do."""
        tokens = self.tokens(question)
        shouted = len(tokens) >= _SHOUTED_FROM and not re.search("[a-z]", question)
        spoken_for: set[str] = set()
        for first, second in pairwise(tokens):
            if self._match((fold(first), fold(second))):
                spoken_for |= {first, second}
        return [
            token
            for token in dict.fromkeys(tokens)
            if token not in spoken_for
            and looks_like_name(token)
            and len(fold(token)) >= 4
            and not (shouted and token.isalpha())
            and not self._is_known(token)
        ]

    def knows_one(self, question: str) -> bool:
        """Whether a question holds a word that is written as a name and stands in some card."""
        return any(
            looks_like_name(token) and len(fold(token)) >= 4 and fold(token) in self._words
            for token in self.tokens(question)
        )

    def _is_known(self, token: str) -> bool:
        folded = fold(token)
        parts = [fold(part) for part in re.split(r"[-_/+]", token) if len(part) > 1]
        if folded in self._words or self._match((folded,)) or folded.rstrip("s") in self._words:
            return True
        if len(parts) > 1 and all(part in self._words for part in parts):
            return True
        return 0.9 in _near(folded, self._name_like_words).values()

    def _match(self, words: tuple[str, ...]) -> dict[str, float]:
        """The names that a run of folded words is, or nearly is; one question asks for each of its runs many times."""
        known = self._matched.get(words)
        if known is None:
            known = self._matched_anew(words)
            if len(self._matched) >= _KEPT_RUNS:
                self._matched.clear()
            self._matched[words] = known
        return known

    def _matched_anew(self, words: tuple[str, ...]) -> dict[str, float]:
        folded = "".join(words)
        if folded in self._own:
            return {folded: 1.0}
        # Words that the cards use are not misspelt: "can an" is not CANON.
        if len(folded) < _FUZZY_FROM or folded in self._words or all(word in self._words for word in words):
            return {}
        return _near(folded, self._own_names)

    @cached_property
    def _own_names(self) -> "_ByBeginning":
        return _ByBeginning(name for name in self._own if len(name) >= _FUZZY_FROM)

    @cached_property
    def _name_like_words(self) -> "_ByBeginning":
        return _ByBeginning(word for word in self._words if len(word) >= _FUZZY_FROM and word.isascii())


class _ByBeginning:
    """Words by their length and how they begin: what is a slip of the pen away begins alike, so few are looked at.

    Args:
        words: in the order in which they are compared.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words: dict[tuple[int, int, str], list[str]] = defaultdict(list)
        for word in words:
            for place, letters in ((0, word[0]), (1, word[:2]), (2, word[1:3])):
                self._words[len(word), place, letters].append(word)

    def like(self, written: str, slips: int) -> list[str]:
        """The words about as long that begin alike, but for one slip: a letter changed, left out, added or swapped."""
        first, second = written[:2], written[1:3]
        beginnings = ((0, written[0]), (1, second), (1, first[::-1]), (2, second), (2, first))
        found: dict[str, None] = {}
        for length in range(len(written) - slips, len(written) + slips + 1):
            for place, letters in beginnings:
                found |= dict.fromkeys(self._words.get((length, place, letters), ()))
        return list(found)


def _near(folded: str, words: _ByBeginning) -> dict[str, float]:
    """Words one slip away (two in a long one); a digit is never a slip, GPT-4 is not GPT-5."""
    if len(folded) < _FUZZY_FROM:
        return {}
    slips = 1 if len(folded) < _TWO_SLIPS_FROM else 2
    alike = words.like(folded, slips)
    if not alike:
        return {}
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    near = process.extract(folded, alike, scorer=OSA.distance, score_cutoff=slips, limit=4)
    digits = [character for character in folded if character.isdigit()]
    same = [
        (name, int(distance))
        for name, distance, _ in near
        if [character for character in name if character.isdigit()] == digits
    ]
    least = min((distance for _, distance in same), default=0)
    return {name: 0.9 if distance == 1 else 0.7 for name, distance in same if distance == least}


def own_name(card: PaperCard) -> str | None:
    """What a card calls its own work, the first of several; None where it has no name for it."""
    names = [name for name in _introduced(card) if not re.search(r",|\s(?:and|with|plus)\s", name)]
    return names[0] if names else None


def _introduced(card: PaperCard) -> list[str]:
    """The names a card gives to its own work: what stands before its title's colon, and the short form there."""
    match = _TITLE_NAME.match(card.title)
    if match is None:
        return []
    name = match["name"].strip()
    names = [name] if len(name.split()) <= 4 else []
    names += [part.strip() for part in re.split(r"\s+(?:and|with|plus)\s+|,\s*", name) if looks_like_name(part.strip())]
    if match["short"]:
        names.append(match["short"])
    names += [token for token in _TOKEN.findall(name) if looks_like_name(token)]
    return list(dict.fromkeys(names))


def _folded_words(text: str) -> Iterable[str]:
    for token in _TOKEN.findall(unicodedata.normalize("NFKC", text)):
        yield fold(token)
        for part in re.split(r"[-_/]", token):
            if len(part) > 1:
                yield fold(part)


def _spans(question: str) -> Iterable[tuple[str, ...]]:
    """Every run of one to four words of a question, each folded: `Guard Space` is written as two."""
    tokens = [fold(token) for token in _TOKEN.findall(unicodedata.normalize("NFKC", question))]
    for size in (1, 2, 3, 4):
        for start in range(len(tokens) - size + 1):
            yield tuple(tokens[start : start + size])
