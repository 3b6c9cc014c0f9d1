"""The check of one claim against cards: fixed rules first, then a fitted weighing of everything seen."""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from assistant.names import fold
from assistant.verification.changes import turned_round
from assistant.verification.features import (
    Line,
    Statement,
    features,
    held_terms,
    line_of,
    missing_figures,
    missing_latin,
    missing_names,
    on_one_level,
    statement_of,
)
from assistant.verification.reading import HIGHEST, LOWEST, Lines, Read, shown_to_network, together
from assistant.verification.wording import DENIAL
from vectorstore.cards import PaperCard
from vectorstore.disagreements import quotable_passages
from vectorstore.figures import literals, plain, same
from vectorstore.passages import Passage

Label = Literal["supported", "unsure", "unsupported"]
# Cosines of a claim to passages, in their order.
Closeness = Callable[[str, Sequence[Passage]], Sequence[float]]
Rarity = Callable[[Iterable[str]], Mapping[str, float]]
Opinion = Callable[[str, list[str]], bool | None]

_LONGEST_CLAIM = 2_000
_MOST_QUOTES = 4
_STOPS = "。；;!！?？"
_UNHEARD = "\0"
# What a claim shares with its card must weigh as much as this many words of which there are no rarer ones: one true
# claim in 400 stays below it.
_LEAST_HELD = 0.6
_URL = re.compile(r"(?:https?://|www\.)[^\s<>()\[\]]+", re.IGNORECASE)


@dataclass(frozen=True)
class Assessment:
    """What the check finds.

    Args:
        label: `unsure` means: show the quote instead of the claim's own words.
        score: the fitted score; 0 is the line between supported and unsure.
        quotes: the fewest passages that carry the claim, best first; every figure of the claim is in one.
        reason: why it is not supported, in plain English; empty where it is.
        sure: the cards carry the claim so well that it need not have cited them.
    """

    label: Label
    score: float
    quotes: list[Passage] = field(default_factory=list)
    reason: str = ""
    sure: bool = False


class Checker:
    """Checks claims.

    Args:
        closeness: cosines of a claim to passages; None does without.
        rarity: inverse document frequencies of terms; None takes all as rare.
        second_opinion: asked (claim, quotes) about every claim that would be accepted; False refuses it.
        read: a network's judgement, weighed with the rules'; None leaves it to these.
    """

    def __init__(
        self,
        closeness: Closeness | None = None,
        rarity: Rarity | None = None,
        second_opinion: Opinion | None = None,
        read: Read | None = None,
    ) -> None:
        self._closeness, self._rarity, self._opinion, self._read = closeness, rarity, second_opinion, read
        self._known: dict[tuple[object, ...], Assessment] | None = None

    def remembering(self) -> "Checker":
        """The same check for one draft: it judges no claim twice beside the same cards."""
        one = copy(self)
        one._known = {}
        return one

    def assess(self, claim: str, cards: Sequence[PaperCard], *, only_sure: bool = False) -> Assessment:
        """Check one claim against some cards.

        Args:
            claim: one sentence, in English or Chinese.
            cards: what it is said to rest on; a claim may need several.
            only_sure: nothing but being sure counts: the network is not asked where that is out of reach.
        """
        found = self._judged(claim, cards, only_sure)
        # Nobody needs to be asked about what stands there word for word.
        if self._opinion is None or found.label != "supported" or found.score == math.inf:
            return found
        if self._opinion(claim, [quote.text for quote in found.quotes]) is False:
            reason = "the model, asked to check, does not find it there"
            return Assessment("unsupported", found.score, found.quotes, reason)
        return found

    def prepare(self, claim: str, cards: Sequence[PaperCard]) -> None:
        """Do ahead of time what `assess` does, but for asking a model; what comes of it is kept by `remembering`."""
        self._judged(claim, cards, only_sure=False)

    def contests(self, statement: str, cards: Sequence[PaperCard]) -> bool:
        """Whether cards speak of what a statement says, but do not say it; wordings of their own are no reason.

        Args:
            statement: in a user's words, who may use names, terms and figures that stand nowhere in the cards.
            cards: what it is said to be about.
        """
        found = self._judged(statement, cards, only_sure=False)
        return found.label == "unsupported" and found.score > -math.inf

    def _judged(self, claim: str, cards: Sequence[PaperCard], only_sure: bool) -> Assessment:
        if self._known is None:
            return self._judge(claim, cards, only_sure)
        key = (claim, only_sure, *(card.id for card in cards))
        if key not in self._known:
            self._known[key] = self._judge(claim, cards, only_sure)
        return self._known[key]

    def _judge(self, claim: str, cards: Sequence[PaperCard], only_sure: bool) -> Assessment:
        if len(claim) > _LONGEST_CLAIM:
            return Assessment("unsupported", -math.inf, reason="it is too long to be one claim")
        said = _word_for_word(claim, cards)
        if said is not None:
            return Assessment("supported", math.inf, [said], sure=True)
        seen = self.examine(claim, cards)
        if seen.refusal:
            return Assessment("unsupported", -math.inf, reason=seen.refusal)
        score, lines = fitted().score(seen.features), fitted().lines
        if self._read is not None:
            lines = together().lines
            needed = lines.sure_above if only_sure else lines.unsure_above
            # Reading takes ten times as long as all else, so it is left out where it could not change the outcome.
            can_pass = together().score(score, HIGHEST) >= needed
            score = together().score(score, self._read(*seen.shown) if can_pass else LOWEST)
        if score < lines.unsure_above:
            return Assessment("unsupported", score, seen.quotes, _why(seen.features))
        if score < 0:
            return Assessment("unsure", score, seen.quotes, _why(seen.features))
        return Assessment("supported", score, seen.quotes, sure=score >= lines.sure_above)

    def examine(self, claim: str, cards: Sequence[PaperCard]) -> "Examination":
        """What is seen of a claim beside some cards, before it is weighed."""
        statement = statement_of(claim)
        lines = [line_of(passage) for card in cards for passage in quotable_passages(card)]
        if not lines or not statement.terms:
            return Examination("there is nothing in it to check")
        titles = " ".join(card.title for card in cards)
        held = held_terms(statement, lines, titles)
        refusal = _refusal(statement, lines, titles, held)
        if refusal:
            return Examination(refusal)
        # The last is a term that no card has: as rare as can be in this collection.
        rarity = self._rarity((*statement.terms, _UNHEARD)) if self._rarity else {}
        spoken = any(line.passage.language == statement.language for line in lines)
        if spoken and _weight(held, rarity) < _LEAST_HELD:
            return Examination("hardly a word of it stands in the card")
        near = self._closeness(claim, [line.passage for line in lines]) if self._closeness else None
        cosines = on_one_level(lines, near) if near is not None else None
        ranked = ranked_lines(statement, lines, cosines, rarity)
        seen = features(statement, lines, ranked[:2], titles, cosines, rarity)
        quotes = [line.passage for line in _carrying(statement, ranked)]
        best = next(card for card in cards if card.id == ranked[0].passage.card_id)
        return Examination("", seen, quotes, (statement.text, shown_to_network(best, ranked)))


@dataclass(frozen=True)
class Examination:
    """What is seen of a claim: a reason to refuse it outright, or features and the quotes that carry it.

    Args:
        shown: what the network is to read: the claim and the passages, all readable.
    """

    refusal: str
    features: Mapping[str, float] = field(default_factory=dict)
    quotes: list[Passage] = field(default_factory=list)
    shown: tuple[str, Sequence[str]] = ("", ())


@dataclass(frozen=True)
class Fitted:
    """The weights that `python -m evals.fit_checker` found.

    Args:
        names: the features, in order.
        means, scales: how each is standardised.
        weights, weights_zh: per feature, and what is added for Chinese claims.
        bias: such that 0 is the accepting line.
        lines: where a claim is unsure and where it is sure.
    """

    names: Sequence[str]
    means: Sequence[float]
    scales: Sequence[float]
    weights: Sequence[float]
    weights_zh: Sequence[float]
    bias: float
    lines: Lines

    def score(self, seen: Mapping[str, float]) -> float:
        """The weighted sum of what was seen."""
        columns = zip(self.names, self.means, self.scales, self.weights, self.weights_zh, strict=True)
        return self.bias + sum(
            (seen[name] - mean) / scale * (weight + extra * seen["chinese"])
            for name, mean, scale, weight, extra in columns
        )


@cache
def fitted() -> Fitted:
    """The weights shipped with the package."""
    text = files(__package__).joinpath("weights.json").read_text("utf-8")
    values: dict[str, Any] = json.loads(text)
    lines = Lines(values.pop("unsure_above"), values.pop("sure_above"))
    return Fitted(**values, lines=lines)


def _word_for_word(claim: str, cards: Sequence[PaperCard]) -> Passage | None:
    """The passage that a claim repeats whole, its figures as they are; a part of one may say something else."""
    wanted = fold(plain(claim)).rstrip(_STOPS)
    figures = literals(plain(claim))
    passages = (passage for card in cards for passage in quotable_passages(card)) if wanted else ()
    return next(
        (
            each
            for each in passages
            if line_of(each).folded.rstrip(_STOPS) == wanted and literals(line_of(each).text) == figures
        ),
        None,
    )


def _weight(found: frozenset[str], rarity: Mapping[str, float]) -> float:
    """The rarity of some terms in all, in units of the rarest there can be."""
    return sum(rarity.get(term, 1.0) for term in found) / rarity.get(_UNHEARD, 1.0)


def _refusal(statement: Statement, lines: Sequence[Line], titles: str, held: frozenset[str]) -> str:
    """What alone is enough to refuse a claim: something it names or counts stands nowhere."""
    figures = missing_figures(statement, lines)
    if figures:
        written = ", ".join(statement.text[figure.start : figure.end].strip() for figure in figures)
        return f"{written} stands nowhere in the card"
    known = {literal for line in lines for literal in literals(line.text)} | set(literals(titles))
    digits = [literal for literal in literals(statement.text) if literal not in known]
    if digits:
        return f"{', '.join(digits)} stands nowhere in the card"
    names = missing_names(statement, [titles, *(line.text for line in lines)])
    names = names or missing_latin(statement, held)
    if names:
        return f"{', '.join(names)} stands nowhere in the card"
    turned = turned_round(statement.text, [line.text for line in lines])
    if turned:
        return f"in the card the change from {turned[0]} to {turned[1]} goes the other way"
    if DENIAL.search(statement.text) and not any(DENIAL.search(line.text) for line in lines):
        return "it denies something that the card does not deny"
    written_out = " ".join(line.text for line in lines)
    urls = [url for url in _URL.findall(statement.text) if url.rstrip(".,;") not in written_out]
    return f"the link {urls[0]} stands nowhere in the card" if urls else ""


def ranked_lines(
    statement: Statement, lines: Sequence[Line], cosines: Sequence[float] | None, rarity: Mapping[str, float]
) -> list[Line]:
    """Lines by how much of the claim they carry, best first."""
    weight = {term: rarity.get(term, 6.0) for term in statement.terms}
    total = sum(weight.values()) or 1.0

    def carried(place: int) -> float:
        line = lines[place]
        words = sum(weight[term] for term in statement.terms if term in line.terms) / total
        numbers = sum(any(same(figure, other) for other in line.figures) for figure in statement.figures)
        return words + 0.5 * numbers + (10.0 * (cosines[place] - 0.85) if cosines else 0.0)

    return [lines[place] for place in sorted(range(len(lines)), key=lambda place: (-carried(place), place))]


def _carrying(statement: Statement, ranked: Sequence[Line]) -> list[Line]:
    """The best line, and further ones only for figures and names that it does not have."""
    chosen = [ranked[0]]
    wanted = set(literals(statement.text)) | {fold(name).rstrip("s") for name in statement.names}
    hard = [figure for figure in statement.figures if figure.hard]

    def left() -> tuple[set[str], list[Any]]:
        folded = "".join(line.folded for line in chosen)
        digits = {literal for line in chosen for literal in literals(line.text)}
        return (
            {want for want in wanted if want not in digits and (want.replace(".", "").isdigit() or want not in folded)},
            [figure for figure in hard if not any(same(figure, o) for line in chosen for o in line.figures)],
        )

    while len(chosen) < _MOST_QUOTES:
        words, figures = left()
        if not words and not figures:
            break

        def gain(line: Line, words: set[str] = words, figures: list[Any] = figures) -> int:
            digits = set(literals(line.text))
            return sum(word in digits or word in line.folded for word in words) + sum(
                any(same(figure, other) for other in line.figures) for figure in figures
            )

        best = max((line for line in ranked if line not in chosen), key=gain, default=None)
        if best is None or gain(best) == 0:
            break
        chosen.append(best)
    return chosen


def _why(seen: Mapping[str, float]) -> str:
    """The plainest thing that speaks against a claim."""
    if seen["figure_order"] > 0.5:
        return "its figures seem to belong to other things in the card"
    if seen["figure_tie"] > 0.85:
        return "its figure stands beside other words in the card"
    if seen["negation_extra"]:
        return "it denies something that the card does not deny"
    if seen["total_extra"] or seen["extreme_extra"]:
        return "it says more than the card: 'all', 'only' or the like does not stand there"
    if seen["opposed"]:
        return "it has a word whose opposite stands in the card"
    if seen["uncovered_count"] >= 3:
        return "much of it stands nowhere in the card"
    return "no sentence of the card says this closely enough"
