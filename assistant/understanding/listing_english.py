"""How English sentences ask which papers, or how many, mention something."""

from dataclasses import replace

from assistant.understanding.asked import Asked, ListingKind
from assistant.understanding.english_forms import (
    ADJECTIVES,
    AGAIN,
    BEGINS,
    BUT_NOT,
    EVERYTHING,
    HEADS,
    INVERTED,
    NEITHER,
    NOTHING,
    ORDINARY,
    PAPERS_NAMED,
    SCOPED_HEADS,
    TENTATIVE_HEADS,
    TREND_SUBJECTS,
    heads_of,
)


def asked(words: str, scoped: bool) -> Asked | None:
    """What a sentence asks for; see `listing_of`."""
    for kind, match in heads_of(words, INVERTED):
        return Asked(kind, match["term"])
    for kind, head in heads_of(words, (*HEADS, *SCOPED_HEADS) if scoped else HEADS):
        whole = scoped or kind == "count" or EVERYTHING.search(head[0]) is not None
        if (found := _after(kind, words[head.end() :], whole)) is not None:
            return found
    for kind, head in heads_of(words, TENTATIVE_HEADS):
        if (found := _after(kind, words[head.end() :], False)) is not None and not found.topical:
            return replace(found, tentative=True)
    for kind, match in heads_of(words, ADJECTIVES):
        if not ORDINARY.match(match["term"]):
            return Asked(kind, match["term"])
    return None


def of_which_papers(words: str) -> Asked:
    """Which papers a question about their number in each category and the like is about."""
    for papers in PAPERS_NAMED.finditer(words):
        if (found := _after("list", words[papers.end() :], False)) is not None:
            return found
    for subject in TREND_SUBJECTS:
        match = subject.search(words)
        if match and not ORDINARY.match(match["term"]):
            return Asked("list", match["term"])
    return Asked("list")


def _after(kind: ListingKind, rest: str, whole: bool) -> Asked | None:
    """What follows the word for papers: a verb and its object, or nothing more where `whole` allows that."""
    if NOTHING.fullmatch(rest):
        return Asked(kind) if whole else None
    rest = f" {rest.lstrip()}"
    match = BEGINS.match(rest)
    if match is None:
        return None
    wanted, unwanted = rest[match.end() :], ""
    if match["not"]:
        return Asked(kind, "", wanted)
    if neither := NEITHER.match(wanted):
        return Asked(kind, "", wanted[neither.end() :].replace(" nor ", " or "))
    if negation := BUT_NOT.search(wanted):
        wanted, unwanted = wanted[: negation.start()], wanted[negation.end() :]
    # "compare with or mention X", "use X and report results on Y": one object, or one more.
    if first := AGAIN.match(wanted):
        wanted = wanted[first.end() :]
    wanted = AGAIN.sub(lambda found: f" {found['joint']}", wanted)
    return Asked(kind, wanted, unwanted, topical=match["concerns"] is not None, tentative=match["other"] is not None)
