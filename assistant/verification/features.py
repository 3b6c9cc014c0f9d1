"""What can be seen of a claim beside a card: where its words, names and figures stand, and which way they point."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.names import fold, looks_like_name
from assistant.verification.opposites import opposed
from assistant.verification.wording import PATTERNS, matches
from vectorstore.figures import Figure, backed, figures_of, plain, same
from vectorstore.language import language_of
from vectorstore.passages import Passage
from vectorstore.segment import content_terms, terms

_CLAUSE = re.compile(
    r"[;:!?，；：。！？、()（）]|,(?!\d)|\.(?!\d)|\band\b|\bwhile\b|\bwhereas\b|\bbut\b|和|与|并|而|且|但|以及"
)
_NAME = re.compile(r"[A-Za-z0-9∇τ]+(?:[-_.+@/][A-Za-z0-9∇τ]+)*\+{0,2}")
# One word of Latin letters, or a short run of Chinese: what can lean towards a figure.
_UNIT = re.compile(r"[A-Za-z][A-Za-z0-9+.@\-]*|[\u3400-\u9fff]{2,4}")
_CJK = re.compile(r"[\u3400-\u9fff]")
_HYPHEN = re.compile(r"[-/]")
_LATIN_WORD = re.compile(r"[A-Za-z0-9∇τ]+(?:[-_.+@/^]+[A-Za-z0-9∇τ]+)*")
_PARTS = re.compile(r"[-_.+@/^]+")
# Letters of a name, up to which it has to stand as a word of its own.
_SHORT_NAME = 3
# What joins the members of a list or the ends of a range.
_JOINT = re.compile(r"(?:,|、|，|/|-|–|~|;|；|\band\b|\bor\b|\bto\b|和|与|及|到|至|\brespectively\b|分别|\s)*")
# Characters around a figure that say what it is a figure of.
_AROUND = 60
_SHORT_WORD = 2


@dataclass(frozen=True)
class Line:
    """One passage of a card with everything the check looks at, worked out once."""

    passage: Passage
    text: str
    terms: frozenset[str]
    figures: tuple[Figure, ...]
    folded: str


@lru_cache(maxsize=4_096)
def line_of(passage: Passage) -> Line:
    """The passage prepared for checking."""
    text = plain(passage.text)
    return Line(passage, text, frozenset(terms(text)), figures_of(text), fold(text))


@dataclass(frozen=True)
class Statement:
    """A claim prepared for checking."""

    text: str
    terms: tuple[str, ...]
    figures: tuple[Figure, ...]
    names: tuple[str, ...]
    language: str


@lru_cache(maxsize=4_096)
def statement_of(claim: str) -> Statement:
    """The claim prepared for checking."""
    text = plain(claim)
    names = tuple(dict.fromkeys(token for token in _NAME.findall(text) if looks_like_name(token)))
    return Statement(text, tuple(content_terms(text)), figures_of(text), names, language_of(text))


def on_one_level(lines: Sequence[Line], cosines: Sequence[float]) -> list[float]:
    """Cosines as if all lines were in one language: an embedder puts a claim nearer to whatever is in its own.

    Args:
        lines: a card's passages.
        cosines: similarity of the claim to each.

    Returns:
        The cosines, those of the language that is further off on average raised by the difference.
    """
    by_language: dict[str, list[float]] = {}
    for line, cosine in zip(lines, cosines, strict=True):
        by_language.setdefault(line.passage.language, []).append(cosine)
    means = {language: sum(found) / len(found) for language, found in by_language.items()}
    return [
        cosine + max(means.values()) - means[line.passage.language] for line, cosine in zip(lines, cosines, strict=True)
    ]


def missing_figures(statement: Statement, lines: Sequence[Line]) -> list[Figure]:
    """Hard figures of a claim that stand nowhere in the lines."""
    known = [figure for line in lines for figure in line.figures]
    return [f for f in statement.figures if f.hard and not any(backed(f, other) for other in known)]


def held_terms(statement: Statement, lines: Sequence[Line], title: str) -> frozenset[str]:
    """The terms of a claim that stand in the lines or in the title."""
    return frozenset(statement.terms) & frozenset().union(*(line.terms for line in lines), terms(title))


def missing_latin(statement: Statement, held: frozenset[str]) -> list[str]:
    """Words of Latin letters in a Chinese claim that stand nowhere in the card: there they name things."""
    if statement.language != "zh":
        return []
    return [
        term
        for term in statement.terms
        if term.isascii() and term.isalpha() and len(term) > _SHORT_WORD and term not in held
    ]


def missing_names(statement: Statement, texts: Sequence[str]) -> list[str]:
    """Names of a claim that stand in none of some texts, singular and plural being the same.

    A compound (`LLM-generated`, `Mixtral-8x7B-Instruct`) stands there where every part that is written as a
    name does.
    """
    if not statement.names:
        return []
    folded = "".join(_folded(text) for text in texts)
    words = frozenset().union(*map(_name_words, texts))
    return [name for name in statement.names if not _stands(name, folded, words)]


def _stands(name: str, folded: str, words: frozenset[str]) -> bool:
    if _is_written(name, folded, words):
        return True
    parts = [part for part in _HYPHEN.split(name) if part]
    if len(parts) < 2:
        return False
    named = [part for part in parts if looks_like_name(part) or part.isdigit()]
    return bool(named) and all(_is_written(part, folded, words) for part in named)


def _is_written(name: str, folded: str, words: frozenset[str]) -> bool:
    """A short name as a word of its own, for its letters stand in many others; a longer one wherever it stands."""
    wanted = fold(name).rstrip("s")
    return wanted in (folded if len(wanted) > _SHORT_NAME or wanted.isdigit() else words)


_folded = lru_cache(maxsize=4_096)(fold)


@lru_cache(maxsize=4_096)
def _name_words(text: str) -> frozenset[str]:
    """Every word of Latin letters and each of its parts, folded, without the ending of a plural."""
    words = _LATIN_WORD.findall(text)
    parts = [part for word in words for part in _PARTS.split(word)]
    return frozenset(fold(word).rstrip("s") for word in (*words, *parts) if word)


def features(
    statement: Statement,
    lines: Sequence[Line],
    chosen: Sequence[Line],
    title: str,
    cosines: Sequence[float] | None,
    rarity: Mapping[str, float],
) -> dict[str, float]:
    """Everything seen, as numbers for the fitted weights.

    Args:
        statement: the claim.
        lines: the card's passages.
        chosen: the passages that carry the claim best.
        title: the card's title: its names are the card's.
        cosines: similarity of the claim to each line, or None.
        rarity: inverse document frequency of terms; unknown ones count as rare.
    """
    everything = frozenset().union(*(line.terms for line in lines)) | frozenset(terms(title))
    carried = frozenset().union(*(line.terms for line in chosen)) | frozenset(terms(title))
    weight = {term: rarity.get(term, 6.0) for term in statement.terms}
    total = sum(weight.values()) or 1.0
    # Only words of a language that the card speaks can be missing from it.
    uncovered = [term for term in statement.terms if term not in everything]
    seen: dict[str, float] = {
        "uncovered": sum(weight[t] for t in uncovered) / total,
        "uncovered_count": float(min(len(uncovered), 8)),
        "uncovered_rarest": max((weight[t] for t in uncovered), default=0.0) / 6.0,
        "uncarried": sum(weight[t] for t in statement.terms if t not in carried) / total,
        "length": min(len(statement.text), 300) / 100.0,
        "chinese": float(statement.language == "zh"),
        "figures": float(min(len(statement.figures), 4)),
        "soft_missing": float(
            sum(not f.hard and not any(same(f, o) for line in lines for o in line.figures) for f in statement.figures)
        ),
    }
    best = " ".join(line.text for line in chosen[:2])
    for kind in PATTERNS:
        claimed, given = matches(kind, statement.text), matches(kind, best)
        seen[f"{kind}_extra"] = float(min(max(len(claimed) - len(given), 0), 2))
        seen[f"{kind}_claimed"] = float(bool(claimed))
        seen[f"{kind}_lost"] = float(bool(given) and not claimed)
    texts = [line.text for line in lines]
    seen["total_nowhere"] = float(bool(seen["total_claimed"]) and not any(matches("total", text) for text in texts))
    seen["opposed"] = float(min(opposed(statement.text, [line.text for line in chosen[:2]]), 3))
    seen["opposed_anywhere"] = float(min(opposed(statement.text, texts), 3))
    worst, order = figure_ties(statement, lines)
    seen["figure_tie"] = worst
    seen["figure_order"] = order
    if cosines:
        ranked = sorted(cosines, reverse=True)
        seen["cosine"] = (ranked[0] - 0.9) * 10
        seen["cosine_mean"] = (sum(ranked[:3]) / len(ranked[:3]) - 0.9) * 10
    else:
        seen["cosine"] = seen["cosine_mean"] = 0.0
    return seen


def figure_ties(statement: Statement, lines: Sequence[Line]) -> tuple[float, float]:
    """How badly the claim's figures are tied to other things than in the card.

    For each figure the words around it in the claim are compared with those around it wherever the card
    has it. With several figures in one sentence of the card, the words that the claim gives to one must
    not be nearer to another there.

    Returns:
        The worst figure's share of words that stand elsewhere, and how surely the worst pair's words are
        crossed over; each from 0 (good) to 1 (bad).
    """
    hard = [figure for figure in statement.figures if figure.hard]
    if not hard:
        return 0.0, 0.0
    worst = crossed = 0.0
    for figure in hard:
        around = _terms_around(statement.text, figure)
        places = [(line, other) for line in lines for other in line.figures if same(figure, other)]
        same_language = [place for place in places if place[0].passage.language == statement.language] or places
        if not same_language or not around:
            continue
        overlaps = [len(around & _terms_around(line.text, other)) / len(around) for line, other in same_language]
        worst = max(worst, 1.0 - max(overlaps))
    for place, one in enumerate(hard):
        for two in hard[place + 1 :]:
            if same(one, two):
                continue
            verdict = _crossed(statement, one, two, lines)
            if verdict is not None:
                crossed = max(crossed, verdict)
    return worst, crossed


def _crossed(statement: Statement, one: Figure, two: Figure, lines: Sequence[Line]) -> float | None:
    """How surely the claim gives each of two figures what the card gives to the other; None where it cannot be told.

    Every term that the claim shares with a line that has both figures votes: it leans towards the figure it
    stands nearer to, there and here. Of figures that stand side by side in both, their order tells.
    """
    verdicts = []
    for line in lines:
        first = next((figure for figure in line.figures if same(one, figure)), None)
        second = next((figure for figure in line.figures if same(two, figure) and figure is not first), None)
        if first is None or second is None:
            continue
        same_language = line.passage.language == statement.language
        here, there = _positions(statement.text), _positions(line.text)
        if _side_by_side(statement.text, one, two) and _side_by_side(line.text, first, second):
            turned = (one.start < two.start) != (first.start < second.start)
            verdicts.append((same_language, 1.0, _kept_in_order(here, there) if turned else 0.0))
            continue
        agreement = sureness = 0.0
        for term in here.keys() & there.keys():
            lean_here = _lean(statement.text, here[term], one, two)
            lean_there = _lean(line.text, there[term], first, second)
            agreement += lean_here * lean_there
            sureness += abs(lean_here * lean_there)
        if sureness > 0.05:
            verdicts.append((same_language, sureness, (1.0 - agreement / sureness) / 2))
    if not verdicts:
        return None
    return max(verdicts)[2]


def _side_by_side(text: str, one: Figure, two: Figure) -> bool:
    """Whether two figures are members of one list, or the ends of one range."""
    first, second = sorted((one, two), key=lambda figure: figure.start)
    return _JOINT.fullmatch(text, first.end, second.start) is not None


def _kept_in_order(here: Mapping[str, list[int]], there: Mapping[str, list[int]]) -> float:
    """The share of pairs of terms that stand in the same order in two texts; 1 where there is none."""
    shared = sorted(here.keys() & there.keys(), key=lambda term: here[term])
    kept = [there[one] < there[two] for place, one in enumerate(shared) for two in shared[place + 1 :]]
    return sum(kept) / len(kept) if kept else 1.0


def _positions(text: str) -> dict[str, list[int]]:
    """Where each content term of a text stands; figures themselves are left out."""
    found: dict[str, list[int]] = {}
    for match in _UNIT.finditer(text):
        for term in content_terms(match.group()):
            if not term.isdigit():
                found.setdefault(term, []).append((match.start() + match.end()) // 2)
    return found


def _lean(text: str, places: Sequence[int], one: Figure, two: Figure) -> float:
    """From 1 (beside the first figure) to -1 (beside the second); a clause's end counts as distance."""
    to_one = min(_distance(text, place, one) for place in places)
    to_two = min(_distance(text, place, two) for place in places)
    return (to_two - to_one) / (to_one + to_two + 10.0)


def _distance(text: str, place: int, figure: Figure) -> float:
    middle = (figure.start + figure.end) // 2
    low, high = sorted((place, middle))
    scale = 3.0 if _CJK.search(text) else 1.0
    return scale * (high - low) + 40.0 * len(_CLAUSE.findall(text, low, high))


def _terms_around(text: str, figure: Figure) -> frozenset[str]:
    window = text[max(0, figure.start - _AROUND) : figure.start] + " " + text[figure.end : figure.end + _AROUND]
    return frozenset(content_terms(window))
