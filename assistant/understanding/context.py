"""What a question means in its conversation: the cards it refers to, or that it is about something new."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.names import NameIndex, looks_like_name
from assistant.understanding.leaning import SURE, general, leaning, names_a_card
from assistant.understanding.references import (
    MARKER,
    compares,
    compares_several,
    instead,
    narrowed,
    pointed,
    says_several,
    sets_side_by_side,
    wants_all,
    within,
)
from assistant.understanding.wording import LONGEST, Named, Titles, clean, words_of
from vectorstore.latex import readable

_MESSAGES = 16
_JOINED = 6
_MOST_CARDS = 1_000
_MOST_SIDES = 4
_LONGEST_LABEL = 300
_SEARCHED = 6_000
_SHARED_KINDS = ("compare", "topic", "list", "count")
_LISTING_KINDS = ("topic", "list", "count", "trend")
_LOOKS_LIKE_LIST = re.compile(
    r"^(?:which|what|how many|list|find|show)\b.*\b(?:papers?|cards?|works?|studies)\b|.*(?:哪些|多少篇|几篇|列出)",
    re.IGNORECASE,
)
_PIECES = re.compile(r"(?<=[.!?;])\s|[\n。!?;]")
_ABOUT = re.compile(
    r"(?P<before>.*\b(?:about|on|for|mention(?:s|ing)?|use[sd]?|using)\s+)(?P<term>[^?.!]+)", re.IGNORECASE
)
_ABOUT_ZH = re.compile(r"(?P<before>.*?(?:关于|对于|提到|研究)\s*)(?P<term>.+?)(?=有|的|[,?。]|$)")


@dataclass(frozen=True)
class InContext:
    """A question together with what the conversation before it adds.

    Args:
        standalone: its wording without the conversation around it.
        asks: the words that tell what sort of answer is wanted: of a follow-up ("and how many mention GSM8K?") its
            own without what it refers to; of one that repeats or narrows an earlier question, that one's.
        leans: whether it rests on what was said before.
        sides: the cards that it compares, each as one would search for it.
        within: the only cards that it is about ("which of these ..."), by id.
        show_all: it wants the rest of a list.
        sure: whether the rules are sure of all this.
    """

    standalone: str
    asks: str
    leans: bool = False
    sides: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    show_all: bool = False
    sure: bool = True


def in_context(
    asked: str,
    history: Sequence[Mapping[str, Any]] = (),
    named: Named | None = None,
    titles: Titles | None = None,
) -> InContext:
    """A follow-up ("and how much does it save?") with what it refers to; any other question as it is.

    Retrieval so meets the names that the question refers to.

    Args:
        asked: the question, clean.
        history: messages in OpenAI's form, oldest first; an assistant's message may also hold `cards`, the ids of
            the cards it showed, and `kind`, what sort of answer it is.
        named: the cards whose own method a text names, with how surely: a question that names one is about
            that, whatever was spoken of before.
        titles: the titles of cards, by id.
    """
    talk = _Talk(named, titles)
    for message in history[-_MESSAGES:]:
        if message.get("role") == "user":
            talk.hear(clean(words_of(message)))
        elif message.get("role") == "assistant":
            talk.see(message)
    return talk.meant(asked).context


@dataclass(frozen=True)
class _Meant:
    """A question in context, and by id the cards that it is about, where the conversation tells."""

    context: InContext
    cards: tuple[str, ...] = ()
    pointed: bool = False


class _Talk:
    """A conversation as far as it went: what was shown last, and what of it is spoken of."""

    def __init__(self, named: Named | None, titles: Titles | None) -> None:
        self._named, self._titles = named, titles
        # The questions back to the last one that does not itself lean on another.
        self._subject: list[str] = []
        # The cards that were shown together, and whether they stand on a par.
        self._shown: tuple[str, ...] = ()
        self._on_a_par = False
        # The cards that are spoken of, whether somebody pointed at them, and all that were, the latest last.
        self._focus: tuple[str, ...] = ()
        self._pointed = False
        self._met: list[str] = []
        self._listing: InContext | None = None
        self._said = ""
        self._last: tuple[str, _Meant] | None = None

    def hear(self, question: str) -> None:
        """A question of the user's."""
        if not question:
            return
        meant = self.meant(question)
        if not meant.context.leans:
            self._subject.clear()
        self._subject.append(question)
        self._last = (question, meant)

    def see(self, message: Mapping[str, Any]) -> None:
        """An answer of the assistant's."""
        if self._last is None:
            return
        question, meant = self._last
        self._said = words_of(message)[:_SEARCHED]
        kind = message.get("kind")
        shown = _ids(message.get("cards")) or self._cards_in(self._said)
        named = [card for card in shown if card in self._surely(question)]
        focus = meant.cards or tuple(named) or (shown[:1] if MARKER.search(self._said) or kind is None else ())
        # Who speaks of one of several still has the others before them.
        zoomed = bool(focus) and len(self._shown) > 1 and set(focus) < set(self._shown) and kind not in _SHARED_KINDS
        if shown and not zoomed:
            self._shown, self._on_a_par = shown, kind in _SHARED_KINDS or (not isinstance(kind, str) and len(shown) > 1)
        self._focus, self._pointed = focus, meant.pointed
        self._met = [card for card in self._met if card not in focus] + list(focus)
        if kind in _LISTING_KINDS or (not isinstance(kind, str) and _LOOKS_LIKE_LIST.match(meant.context.asks)):
            own = InContext(question, question)
            self._listing = meant.context if meant.context.asks != question else own

    def meant(self, asked: str) -> _Meant:
        """What a question means now."""
        alone = _Meant(InContext(asked, asked))
        if not self._subject:
            return alone
        inner = within(asked)
        if inner is not None:
            return _Meant(InContext(inner, inner, True, within=self._shown)) if len(self._shown) > 1 else alone
        if self._listing is not None:
            if wants_all(asked):
                return _Meant(replace(self._listing, leans=True, show_all=True))
            again = self._repeated(asked, self._listing)
            if again is not None:
                return _Meant(again)
        if marked := self._marked(asked):
            return _Meant(self._after(marked, asked))
        found = pointed(asked, self._shown, self._focus)
        leans = leaning(asked, self._named)
        if found.missed and leans == "no" and not names_a_card(asked, self._named):
            leans = "perhaps"
        if leans == "no" and not found.cards and not (self._on_a_par and compares_several(asked)):
            return alone
        return self._compared(asked, found.cards) or self._about(
            asked, found.cards, sure=leans == "yes" and not found.missed
        )

    def _repeated(self, asked: str, listing: InContext) -> InContext | None:
        """The last list asked for again: of something else, or narrowed."""
        if part := narrowed(listing.asks, asked):
            return InContext(part[:LONGEST], part[:LONGEST], True, within=listing.within)
        term = instead(asked)
        if term is None or general(term) or pointed(asked, self._shown, self._focus) != pointed("", (), ()):
            return None
        if any(card in self._shown for card in self._surely(asked)):
            return None
        other = _with_term(listing.asks, term)
        return InContext(other, other, True, within=listing.within) if other else None

    def _compared(self, asked: str, cards: tuple[str, ...]) -> _Meant | None:
        """A comparison whose sides the conversation tells."""
        if len(cards) < 2 and not compares(asked):
            return None
        sides, sure = list(cards), True
        if len(sides) < 2:
            others = [card for card in self._surely(asked) if card not in sides]
            if compares_several(asked) and not sides:
                several = self._several(asked)
                sides, sure = list(several[:_MOST_SIDES]), len(several) <= _MOST_SIDES
            elif others and sets_side_by_side(asked):
                sides = (sides or list(self._spoken_of())) + others
            elif sides and self._focus and self._focus[0] not in sides:
                sides = [self._focus[0], *sides]
        labels = self._labels(list(dict.fromkeys(sides))[:_MOST_SIDES])
        if len(labels) < 2:
            return None
        return _Meant(
            replace(self._after(f"{'; '.join(labels)}:", asked), sides=tuple(labels), sure=sure), tuple(sides)
        )

    def _several(self, asked: str) -> Sequence[str]:
        if self._on_a_par and len(self._shown) > 1:
            return self._shown
        return self._met[-2:] if says_several(asked) else ()

    def _spoken_of(self) -> tuple[str, ...]:
        """The one card that "it" means."""
        if self._focus:
            return self._focus[:1]
        return tuple(list(self._surely(" ".join(self._subject)))[:1])

    def _about(self, asked: str, cards: tuple[str, ...], *, sure: bool) -> _Meant:
        """A follow-up about some cards; without any, about what was spoken of last."""
        if cards:
            labels = self._labels(cards)
            if labels:
                return _Meant(replace(self._after(f"{'; '.join(labels)}:", asked), sure=sure), cards, pointed=True)
        # The questions themselves say best what they are about, where they name it.
        if self._focus and (self._pointed or not names_a_card(" ".join(self._subject), self._named)):
            labels = self._labels(self._focus[:1])
            if labels:
                sure = sure and (self._pointed or not self._on_a_par)
                return _Meant(
                    replace(self._after(f"{labels[0]}:", asked), sure=sure), self._focus[:1], pointed=self._pointed
                )
        return _Meant(replace(self._after(" ".join(self._subject[-_JOINED:]), asked), sure=sure), self._focus[:1])

    @staticmethod
    def _after(words: str, asked: str) -> InContext:
        # However long what came before was, the question itself stays whole.
        room = max(0, LONGEST - len(asked) - 1)
        return InContext(f"{words[:room]} {asked}".strip(), asked, leans=True)

    def _marked(self, asked: str) -> str:
        """The sentences of the last answer whose markers a question names."""
        wanted = set(MARKER.findall(asked))
        if not wanted:
            return ""
        pieces = _sentences(self._said)
        return " ".join(MARKER.sub("", piece).strip() for piece in pieces if wanted & set(MARKER.findall(piece)))

    def _surely(self, text: str) -> dict[str, float]:
        found = self._named(text) if self._named is not None else {}
        return {card: sureness for card, sureness in found.items() if sureness >= SURE}

    def _cards_in(self, text: str) -> tuple[str, ...]:
        """The cards that an answer names, in its order."""
        return tuple(dict.fromkeys(card for piece in _PIECES.split(text) for card in self._surely(piece)))

    def _labels(self, card_ids: Sequence[str]) -> list[str]:
        """What cards are called: their own name where that is enough to find them, or else their title."""
        known = self._titles(card_ids) if self._titles is not None and card_ids else {}
        labels = []
        for card_id in card_ids:
            title = clean(readable(known.get(card_id, "")))[:_LONGEST_LABEL]
            name = title.partition(":")[0]
            if title:
                labels.append(name if card_id in self._surely(name) else title)
        return labels


def _ids(cards: object) -> tuple[str, ...]:
    found = [card for card in cards[:_MOST_CARDS] if isinstance(card, str)] if isinstance(cards, list | tuple) else []
    return tuple(dict.fromkeys(found))


def _sentences(text: str) -> list[str]:
    """An answer's sentences, each with the markers behind it."""
    return re.findall(r"[^\[\]]*(?:\[\d+\]\s*)+", text)


def _with_term(listing: str, term: str) -> str | None:
    """A question about a list with another term in it."""
    match = _ABOUT.match(listing) or _ABOUT_ZH.match(listing)
    if match is not None:
        return f"{match['before']}{term}{listing[match.end() :]}"
    names = [token for token in NameIndex.tokens(listing) if looks_like_name(token)]
    if not names:
        return None
    before, _, after = listing.rpartition(names[-1])
    return f"{before}{term}{after}"
