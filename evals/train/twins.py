"""Makes a false twin of a true statement: the same words with one thing wrong, by rules in both languages."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.names import fold, looks_like_name
from evals.train.opposites import ADDED_MORE, DENIED, LESS, MORE, PHRASES_MORE, TURNED, Pairs
from vectorstore.figures import Figure, figures_of, same
from vectorstore.language import language_of

_NAME = re.compile(r"[A-Za-z0-9∇τ]+(?:[-_.+@/][A-Za-z0-9∇τ]+)*\+{0,2}")
_WORD = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
_CHINESE = re.compile(r"[\u3400-\u9fff]+")
_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")
_COUNTS_EN = "two three four five six seven eight nine ten eleven twelve thirteen fifteen twenty thirty".split()
_COUNTS_ZH = list("二三四五六七八九十两")
_ENDINGS = ("ing", "ed", "tion", "ity", "ly", "al", "ic", "ive", "er", "es", "s", "")
_SHORTEST_WORD = 4
_STOPPED = frozenset(
    "with that this from into their them than then when while where which these those have been".split()
)


@dataclass(frozen=True)
class Surroundings:
    """What a card offers to be wrong with.

    Args:
        figures: the figures of its text, as (figure, its words).
        names: names in its text.
        words: ordinary words of its text by language.
        neighbours: statements that are true of similar cards, by language, each with the names it uses.
        own_name: the name its method goes by, or nothing.
    """

    figures: Sequence[tuple[Figure, str]]
    names: Sequence[str]
    words: dict[str, Sequence[str]]
    neighbours: dict[str, Sequence[str]]
    own_name: str = ""


Rule = Callable[[str, Surroundings, random.Random], str | None]


def surroundings(texts: Sequence[str], neighbours: Sequence[str], own_name: str = "") -> Surroundings:
    """Collect what some texts of one card offer; all texts went through `figures.plain`."""
    figures = [(figure, text[figure.start : figure.end]) for text in texts for figure in figures_of(text)]
    names = dict.fromkeys(name for text in texts for name in _names(text))
    english = dict.fromkeys(word for text in texts if language_of(text) == "en" for word in _plain_words(text))
    chinese = dict.fromkeys(word for text in texts if language_of(text) == "zh" for word in _cut(text))
    by_language: dict[str, list[str]] = {"en": [], "zh": []}
    for other in neighbours:
        by_language[language_of(other)].append(other)
    words: dict[str, Sequence[str]] = {"en": list(english), "zh": list(chinese)}
    return Surroundings(figures, list(names), words, dict(by_language), own_name)


def twin(text: str, around: Surroundings, draw: random.Random, tries: int = 4) -> tuple[str, str] | None:
    """A false twin and the kind of its fault; None where no rule fits.

    Args:
        text: a true statement that went through `figures.plain`.
        around: what its card offers.
        draw: source of chance.
        tries: how many rules are tried.
    """
    for _ in range(tries):
        kind = draw.choices(list(RULES), weights=[weight for _, weight in RULES.values()])[0]
        made = RULES[kind][0](text, around, draw)
        if made and made != text:
            return made, kind
    return None


def weakened(text: str, draw: random.Random) -> str | None:
    """The statement with less claimed, so still true; None where it claims nothing outright."""
    return _by_pairs(text, LESS, draw)


def _names(text: str) -> list[str]:
    return [name for name in _NAME.findall(text) if looks_like_name(name)]


def _plain_words(text: str) -> list[str]:
    found = [word for word in _WORD.findall(text) if word.islower() and len(word) >= _SHORTEST_WORD]
    return [word for word in found if word not in _STOPPED]


def _cut(text: str) -> list[str]:
    import rjieba

    return [word for run in _CHINESE.findall(text) for word in rjieba.cut(run) if len(word) >= 2]


def _figure(text: str, around: Surroundings, draw: random.Random) -> str | None:
    """A figure becomes another one of the card, or now and then one close to it."""
    found = list(figures_of(text))
    if not found:
        return None
    chosen = draw.choice(found)
    words = text[chosen.start : chosen.end]
    digits = _DIGITS.search(words)
    if digits is None:
        counts = _COUNTS_EN if words[0].isascii() else _COUNTS_ZH
        for place, count in enumerate(counts):
            if re.search(rf"\b{count}\b" if count.isascii() else count, words.lower()):
                near = counts[max(0, place - 2) : place] + counts[place + 1 : place + 3]
                return (
                    text[: chosen.start]
                    + re.sub(count, draw.choice(near), words, count=1, flags=re.I)
                    + text[chosen.end :]
                )
        return None
    others = [
        written.group()
        for figure, spelled in around.figures
        if not same(figure, chosen) and (figure.unit == chosen.unit or draw.random() < 0.2)
        if (written := _DIGITS.search(spelled)) and written.group() != digits.group()
    ]
    new = draw.choice(others) if others and draw.random() < 0.8 else _near(digits.group(), draw)
    start = chosen.start + digits.start()
    return text[:start] + new + text[start + len(digits.group()) :]


def _near(digits: str, draw: random.Random) -> str:
    whole, dot, part = digits.partition(".")
    kind = draw.randrange(3)
    if dot and kind == 0:
        return f"{int(whole.replace(',', '')) + draw.choice([-1, 1, 2, 10])}.{part}"
    if kind == 1 and len(whole) > 1:
        return whole[:-1] + dot + part
    value = int(whole.replace(",", ""))
    step = draw.choice([1, 2, 5, 10, 100]) if value > 10 else draw.choice([1, 2, 3])
    return f"{max(value + draw.choice([-1, 1]) * step, 0)}{dot}{part}"


def _figures_crossed(text: str, around: Surroundings, draw: random.Random) -> str | None:
    """Two figures of the statement change places."""
    found = [(f, text[f.start : f.end]) for f in figures_of(text) if f.hard]
    pairs = [
        (a, b) for i, a in enumerate(found) for b in found[i + 1 :] if not same(a[0], b[0]) and a[0].unit == b[0].unit
    ]
    if not pairs:
        return None
    (one, first), (two, second) = draw.choice(pairs)
    return text[: one.start] + second + text[one.end : two.start] + first + text[two.end :]


def _names_crossed(text: str, around: Surroundings, draw: random.Random) -> str | None:
    """Two names of the statement change places."""
    found = [match for match in _NAME.finditer(text) if looks_like_name(match.group())]
    pairs = [(a, b) for i, a in enumerate(found) for b in found[i + 1 :] if fold(a.group()) != fold(b.group())]
    if not pairs:
        return None
    one, two = draw.choice(pairs)
    return text[: one.start()] + two.group() + text[one.end() : two.start()] + one.group() + text[two.end() :]


def _name(text: str, around: Surroundings, draw: random.Random) -> str | None:
    """A name becomes another one of the card."""
    found = [match for match in _NAME.finditer(text) if looks_like_name(match.group())]
    if not found:
        return None
    chosen = draw.choice(found)
    others = [name for name in around.names if fold(name).rstrip("s") not in fold(text)]
    if not others:
        return None
    return text[: chosen.start()] + draw.choice(others) + text[chosen.end() :]


def _word(text: str, around: Surroundings, draw: random.Random) -> str | None:
    """One or two words become others of the card that look alike."""
    for _ in range(draw.choice([1, 1, 2])):
        changed = _one_word(text, around, draw)
        if changed is None:
            return None
        text = changed
    return text


def _one_word(text: str, around: Surroundings, draw: random.Random) -> str | None:
    language = language_of(text)
    here = _plain_words(text) if language == "en" else _cut(text)
    if not here:
        return None
    chosen = draw.choice(here)
    if language == "en":
        ending = next(end for end in _ENDINGS if chosen.endswith(end))
        others = [
            w for w in around.words["en"] if w.endswith(ending) and w[:5] not in text and (ending or w[-1] != "s")
        ]
    else:
        others = [w for w in around.words["zh"] if len(w) == len(chosen) and w not in text]
    if not others:
        return None
    new = draw.choice(others)
    return re.sub(rf"\b{re.escape(chosen)}\b", new, text, count=1) if language == "en" else text.replace(chosen, new, 1)


def _words_crossed(text: str, around: Surroundings, draw: random.Random) -> str | None:
    """Two things that are told apart change places: rather than, than, from ... to."""
    patterns = (
        r"(?P<a>\b[\w-]+(?: [\w-]+)?) (?P<j>rather than|instead of|over|than) (?P<b>[\w-]+(?: [\w-]+)?)",
        r"(?<=from )(?P<a>[\w.%-]+(?: [\w.%-]+){0,2}) (?P<j>to) (?P<b>[\w.%-]+)",
        r"(?P<a>[\u3400-\u9fffA-Za-z]{2,6})(?P<j>而非|而不是|优于|超过|高于|低于)(?P<b>[\u3400-\u9fffA-Za-z]{2,6})",
        r"(?P<a>[\w-]+) (?P<j>and|before|after|while|causes|improves) (?P<b>[\w-]+)(?= respectively|, respectively)",
    )
    for pattern in draw.sample(patterns, len(patterns)):
        found = list(re.finditer(pattern, text))
        if found:
            match = draw.choice(found)
            return (
                text[: match.start()]
                + match["b"]
                + text[match.end("a") : match.start("b")]
                + match["a"]
                + text[match.end() :]
            )
    return None


def _by_pairs(text: str, pairs: dict[str, Pairs], draw: random.Random) -> str | None:
    language = language_of(text)
    table = pairs[language]
    if language == "en":
        places = [
            (m.start(), m.end(), table[m.group().lower()]) for m in _WORD.finditer(text) if m.group().lower() in table
        ]
    else:
        import rjieba

        places, at = [], 0
        for word in rjieba.cut(text):
            if word in table:
                places.append((at, at + len(word), table[word]))
            at += len(word)
    if not places:
        return None
    start, end, new = draw.choice(places)
    made = text[:start] + (new.capitalize() if text[start].isupper() else new) + text[end:]
    return re.sub(r" {2,}", " ", made)


def _turned(text: str, around: Surroundings, draw: random.Random) -> str | None:
    return _by_pairs(text, TURNED, draw)


def _denied(text: str, around: Surroundings, draw: random.Random) -> str | None:
    return _by_pairs(text, DENIED, draw)


def _overstated(text: str, around: Surroundings, draw: random.Random) -> str | None:
    language = language_of(text)
    phrases = [(pattern, new) for pattern, new in PHRASES_MORE[language] if pattern.search(text)]
    if phrases and draw.random() < 0.7:
        pattern, new = draw.choice(phrases)
        return pattern.sub(new, text, count=1)
    if draw.random() < 0.75:
        return _by_pairs(text, MORE, draw)
    return _with_tail(text, draw.choice(ADDED_MORE[language]))


def _with_tail(text: str, tail: str) -> str:
    body = text.rstrip("。.;； ")
    return body + tail + ("。" if language_of(text) == "zh" else ".")


def clause(text: str, other: str) -> str:
    """Two statements as one sentence."""
    if language_of(text) == "zh":
        return _with_tail(text, draw_joint("zh") + other.rstrip("。.;； "))
    lowered = other[0].lower() + other[1:] if other[:2].istitle() and not looks_like_name(other.split()[0]) else other
    return _with_tail(text, draw_joint("en") + lowered.rstrip(". "))


def draw_joint(language: str) -> str:
    """What joins two statements."""
    return ",并且" if language == "zh" else ", and "


def _extended(text: str, around: Surroundings, draw: random.Random) -> str | None:
    """Something that is true of a similar card is added."""
    others = [other for other in around.neighbours[language_of(text)] if len(other) < 200]
    return clause(text, _renamed(draw.choice(others), around)) if others and len(text) < 200 else None


def unrelated(language: str, around: Surroundings, draw: random.Random) -> str | None:
    """What is true of a similar card, said of this one."""
    others = around.neighbours[language]
    return _renamed(draw.choice(others), around) if others else None


def _renamed(other: str, around: Surroundings) -> str:
    names = _names(other)
    return other.replace(names[0], around.own_name) if names and around.own_name else other


RULES: dict[str, tuple[Rule, float]] = {
    "figure": (_figure, 5.0),
    "figures-crossed": (_figures_crossed, 6.0),
    "names-crossed": (_names_crossed, 2.5),
    "name": (_name, 1.2),
    "word": (_word, 2.2),
    "words-crossed": (_words_crossed, 1.0),
    "turned": (_turned, 2.5),
    "denied": (_denied, 2.5),
    "overstated": (_overstated, 1.8),
    "extended": (_extended, 0.5),
}
