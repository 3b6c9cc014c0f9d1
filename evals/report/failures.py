"""Everything that went wrong, one entry for each question or claim, with all that shows why."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assistant.types import Citation
from evals.datasets.models import AnyItem, BaseQuestion, FollowUp, LabelledClaim, Topic, Unanswerable
from evals.results import OURS, PARTS, Failure, FoundCard, Judgement, Outcome, Part, Report, SentenceCheck
from vectorstore.language import language_of
from vectorstore.latex import readable

_QUOTE_MARKS = {"en": ("“", "”"), "zh": ("「", "」")}


@dataclass(frozen=True)
class Named:
    """A card by id and title; `gold` where it answers the question, `place` in a ranking."""

    card_id: str
    title: str
    gold: bool = False
    place: int = 0
    score: float = 0.0


@dataclass(frozen=True)
class Quote:
    """A citation with its words as people read them, in quotation marks."""

    marker: int
    card: Named
    field: str
    words: str


@dataclass(frozen=True)
class Entry:
    """One question or claim that failed somewhere.

    Args:
        anchor: its place in the page.
        item: what was asked.
        kind: its kind, with the style where it has one.
        failures: what is wrong, by part.
        turns: the conversation before it.
        expected: what would be right, in words.
        facts: key facts of a right answer.
        gold: the cards that answer it.
        ranking: the cards found.
        missing: gold cards that the ranking does not have.
        text: what the assistant said; empty where it only searched.
        status: how that answer or verdict is to be read.
        quotes: what it cites.
        sentences: its sentences as they were checked.
        remarks: notes of the answer, the reason of a verdict, an error.
        judgement: of a judging model.
    """

    anchor: str
    item: AnyItem
    kind: str
    failures: Sequence[Failure]
    turns: Sequence[str] = ()
    expected: str = ""
    facts: Sequence[str] = ()
    gold: Sequence[Named] = ()
    ranking: Sequence[Named] = ()
    missing: Sequence[Named] = ()
    text: str = ""
    status: str = ""
    quotes: Sequence[Quote] = ()
    sentences: Sequence[SentenceCheck] = ()
    remarks: Sequence[str] = ()
    judgement: Judgement | None = None

    @property
    def parts(self) -> list[Part]:
        """The parts that it failed in, in the suite's order."""
        failed = {failure.part for failure in self.failures}
        return [part for part in PARTS if part in failed]


@dataclass(frozen=True)
class Failures:
    """All entries, and what they can be filtered by.

    Args:
        entries: those with the most failures first.
        asked: how many questions and claims were put to the system.
        parts, languages, kinds: each with how many entries have it.
    """

    entries: Sequence[Entry]
    asked: int
    parts: Mapping[str, int] = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)


def failures(report: Report, system: str = OURS) -> Failures:
    """Gather what failed, over all tasks, for each question and claim.

    Args:
        report: what was measured.
        system: whose failures.
    """
    items = {item.id: item for item in report.items}
    titles = _titles(report)
    judged = {(each.system, each.item): each for each in report.judgements}
    by_item: dict[str, list[Outcome]] = {}
    for outcome in report.outcomes:
        if outcome.system == system:
            by_item.setdefault(outcome.item, []).append(outcome)
    entries: list[Entry] = []
    for item_id, outcomes in by_item.items():
        if any(outcome.failures for outcome in outcomes):
            anchor = f"f-{len(entries) + 1}-{re.sub(r'[^A-Za-z0-9]+', '-', item_id)[:60]}"
            entries.append(_entry(anchor, items[item_id], outcomes, titles, judged.get((system, item_id))))
    entries.sort(key=lambda entry: PARTS.index(entry.parts[0]))
    return Failures(
        entries,
        len(by_item),
        _counted([part for entry in entries for part in entry.parts], PARTS),
        _counted([entry.item.lang for entry in entries]),
        _counted([entry.kind for entry in entries]),
    )


def _counted(values: Sequence[str], order: Sequence[str] = ()) -> dict[str, int]:
    return {value: values.count(value) for value in order or sorted(set(values)) if value in values}


def _titles(report: Report) -> dict[str, str]:
    """Titles of cards, as far as anything in the report says them."""
    found: dict[str, str] = {}
    for outcome in report.outcomes:
        answer = outcome.answer
        cited = [*(answer.citations if answer else ()), *(outcome.verdict.quotes if outcome.verdict else ())]
        near = answer.suggestions if answer else ()
        for each in (*outcome.found, *cited, *near):
            if each.title:
                found.setdefault(each.card_id, readable(each.title))
    return found


def _entry(
    anchor: str,
    item: AnyItem,
    outcomes: Sequence[Outcome],
    titles: Mapping[str, str],
    judgement: Judgement | None,
) -> Entry:
    gold = set(item.gold)
    search = next((each for each in outcomes if each.task == "search"), None)
    answered = next((each for each in outcomes if each.task != "search"), None)
    # What was retrieved for the answer explains the answer; a search alone has only its own ranking.
    found = (answered and answered.found) or (search.found if search else [])
    found_ids = {each.card_id for each in found}
    text, status, quotes, remarks = _said(answered, titles, gold)
    remarks += [each.error for each in outcomes if each.error and each.error not in remarks]
    return Entry(
        anchor=anchor,
        item=item,
        kind=f"{item.kind}, {item.style}" if hasattr(item, "style") else item.kind,
        failures=_distinct(outcomes),
        turns=item.turns[:-1] if isinstance(item, FollowUp) else (),
        expected=_expected(item),
        facts=item.key_facts if isinstance(item, BaseQuestion) else (),
        gold=[Named(each, _grade(item, each) + titles.get(each, ""), True) for each in item.gold],
        ranking=[_ranked(place, each, gold) for place, each in enumerate(found, start=1)],
        missing=[Named(each, titles.get(each, ""), True) for each in item.gold if found and each not in found_ids],
        text=text,
        status=status,
        quotes=quotes,
        sentences=answered.sentences if answered else (),
        remarks=remarks,
        judgement=judgement,
    )


def _distinct(outcomes: Sequence[Outcome]) -> list[Failure]:
    found = {(failure.part, failure.why): failure for each in outcomes for failure in each.failures}
    return list(found.values())


def _ranked(place: int, found: FoundCard, gold: set[str]) -> Named:
    return Named(found.card_id, readable(found.title), found.card_id in gold, place, found.score)


def _grade(item: AnyItem, card_id: str) -> str:
    if not isinstance(item, Topic) or card_id not in item.graded:
        return ""
    return "(related) " if item.graded[card_id] == 1 else ""


def _expected(item: AnyItem) -> str:
    """What would have been right."""
    if isinstance(item, LabelledClaim):
        verdict = "True: the card says so." if item.supported else "False: the card does not say so."
        return f"{verdict} {item.note}".strip()
    if isinstance(item, Unanswerable):
        return f"To say that the cards do not answer this. {item.why}".strip()
    return item.answer


def _said(
    outcome: Outcome | None, titles: Mapping[str, str], gold: set[str]
) -> tuple[str, str, list[Quote], list[str]]:
    """Text, status, quotes and remarks of an answer or a verdict."""
    if outcome is None:
        return "", "", [], []
    if outcome.verdict is not None:
        verdict = outcome.verdict
        status = "accepted as supported" if verdict.supported else "rejected as not supported"
        return "", status, _quotes(verdict.quotes, titles, gold), [verdict.reason] if verdict.reason else []
    answer = outcome.answer
    if answer is None:
        return "", "nothing came back", [], []
    remarks = [*answer.notes]
    if answer.dropped:
        remarks.append(f"sentences that the check removed: {answer.dropped}")
    status = "" if answer.status == "answered" else "said that the cards do not answer this"
    return answer.text, status, _quotes(answer.citations, titles, gold), remarks


def _quotes(citations: Sequence[Citation], titles: Mapping[str, str], gold: set[str]) -> list[Quote]:
    quotes = []
    for each in citations:
        left, right = _QUOTE_MARKS[language_of(each.quote)]
        card = Named(each.card_id, readable(each.title) or titles.get(each.card_id, ""), each.card_id in gold)
        label = "TL;DR" if each.field == "tldr" else each.field.capitalize()
        quotes.append(Quote(each.marker, card, label, f"{left}{readable(each.quote)}{right}"))
    return quotes
