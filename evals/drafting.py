"""Questions for a user's own cards, drafted by the configured model for a person to edit."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

import prompts
from assistant.answering.failures import ModelError
from assistant.answering.fencing import plain, shortened
from assistant.names import NameIndex
from evals import figures
from evals.datasets import read_items
from evals.datasets.models import Single
from evals.structured import Budget, BudgetSpentError, ask
from vectorstore.cards import FIELDS, PaperCard
from vectorstore.corpus import builtin_cards
from vectorstore.errors import UserError
from vectorstore.language import Language, language_of
from vectorstore.latex import readable

if TYPE_CHECKING:
    from assistant import Assistant

Progress = Callable[[int, int, str], None]

_LANGUAGES: dict[Language, str] = {"en": "English", "zh": "Chinese (中文)"}
# An endpoint that fails this often in a row is down.
_FAILURES_IN_A_ROW = 3
_TITLE_TOKENS, _CARD_TOKENS = 100, 2_000
_LONGEST = 600
# A question must make sense to somebody who does not have the card before them.
_POINTS_AT_THE_CARD = re.compile(
    r"\b(?:this|the) (?:paper|card|study|article|abstract)\b|本文|该(?:论文|文|研究|卡片)|这(?:篇|张|项研究)",
    re.IGNORECASE,
)


class DraftQuestion(BaseModel):
    """One question as the model writes it."""

    question: str = Field(min_length=8, max_length=_LONGEST)
    answer: str = Field(min_length=2, max_length=2 * _LONGEST)
    key_facts: list[str] = Field(default_factory=list, max_length=12)


class DraftQuestions(BaseModel):
    """What the model is asked for."""

    questions: list[DraftQuestion] = Field(min_length=1, max_length=8)


class DraftReport(BaseModel):
    """What became of a run.

    Args:
        out: the file.
        written: questions added to it now.
        cards: cards that the model was asked about now.
        left: cards that it still has to be asked about.
        rejected: questions that the model wrote and that were not kept, since they say what the card does not,
            are in another language, cannot stand alone, or are there already.
        unusable: requests that brought nothing in the form asked for.
        calls: how often the model was asked.
        notes: what else the user should know.
    """

    out: Path
    written: int = 0
    cards: int = 0
    left: int = 0
    rejected: int = 0
    unusable: int = 0
    calls: int = 0
    notes: list[str] = Field(default_factory=list)


def draft_questions(
    assistant: "Assistant",
    out: Path,
    *,
    limit: int | None = None,
    max_calls: int | None = None,
    progress: Progress | None = None,
) -> DraftReport:
    """Draft questions about cards, in the form of a data set, and append them to a file.

    Each line has `"draft": true` until a person has looked at it and taken that out. Cards that are not built in
    are taken; where there are none, all are. They come in an order that has nothing to do with the collection's, so
    that a limit gives a fair sample. What stands in the file is never changed: a second run, or one after a kill,
    goes on with the cards that were not asked about, which a file beside it remembers, and questions that a person
    has removed do not come back.

    Args:
        assistant: its collection and its model.
        out: JSON lines; made if absent, with its folder.
        limit: questions to add at most; None means no limit.
        max_calls: how often the model may be asked; None means no limit.
        progress: called with (done, total, what).

    Returns:
        What was written, and what is left.

    Raises:
        UserError: no model is configured, it fails from the start, or the file has a line that cannot be read.
    """
    model = assistant.model()
    model.load()
    file = _File(out)
    cards = _own(assistant.cards())
    todo = [(card, lang) for card in cards for lang in _languages(card) if (card.id, lang) not in file.asked]
    report = DraftReport(out=out)
    budget = Budget(max_calls)
    failures = 0
    problem: ModelError | None = None
    done: set[str] = set()
    for at, (card, lang) in enumerate(todo):
        if progress is not None:
            progress(at, len(todo), "drafting questions")
        if failures >= _FAILURES_IN_A_ROW or (limit is not None and report.written >= limit):
            break
        try:
            drafts = ask(model, _prompt(card, lang), DraftQuestions, budget)
            failures = 0
        except BudgetSpentError:
            break
        except ModelError as error:
            failures, problem = failures + 1, error
            continue
        report.unusable += drafts is None
        kept = list(_checked(drafts.questions, card, lang, file) if drafts is not None else ())
        report.rejected += (len(drafts.questions) if drafts is not None else 0) - len(kept)
        kept = kept[: None if limit is None else limit - report.written]
        file.add(card.id, lang, kept)
        report.written += len(kept)
        done.add(card.id)
    if progress is not None:
        progress(len(todo), len(todo), "drafting questions")
    if problem is not None and not done:
        raise problem
    report.cards, report.calls = len(done), budget.calls
    report.left = len({card.id for card, lang in todo if (card.id, lang) not in file.asked})
    report.notes = _notes(report, problem, budget, todo=len(todo))
    return report


class _File:
    """The questions drafted so far, and beside them what was asked about."""

    def __init__(self, out: Path) -> None:
        self._out, self._asked_path = out, out.with_name(out.name + ".asked")
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            _mend_end(out)
            _mend_end(self._asked_path)
            items = read_items(out) if out.exists() and out.read_bytes().strip() else []
            lines = self._asked_path.read_text("utf-8").splitlines() if self._asked_path.exists() else []
        except OSError as error:
            raise UserError(f"{out}: cannot be written ({error.strerror or error})") from None
        self._ids = {item.id for item in items}
        self._questions = {_folded(item.asked) for item in items}
        self.asked = {(card_id, item.lang) for item in items for card_id in item.gold}
        for line in lines:
            value = json.loads(line)
            self.asked.add((value["card"], value["lang"]))

    def has(self, question: str) -> bool:
        """Whether a question is there already."""
        return _folded(question) in self._questions

    def add(self, card_id: str, lang: Language, drafts: Sequence[tuple[DraftQuestion, str]]) -> None:
        """Append questions about a card, then remember that it was asked about."""
        lines = []
        for draft, style in drafts:
            number = 1
            while (name := f"draft-{card_id}-{number}") in self._ids:
                number += 1
            self._ids.add(name)
            self._questions.add(_folded(draft.question))
            item = {"id": name, "draft": True, "kind": "single", "lang": lang, "style": style}
            item |= {"question": draft.question, "gold": [card_id], "answer": draft.answer}
            # As the data set reads it: what is written must be right before it is on disk.
            checked = Single.model_validate({**item, "key_facts": draft.key_facts})
            given = checked.model_dump(mode="json", include={*item, "key_facts"})
            lines.append(json.dumps({key: given[key] for key in (*item, "key_facts")}, ensure_ascii=False))
        _append(self._out, lines)
        _append(self._asked_path, [json.dumps({"card": card_id, "lang": lang}, ensure_ascii=False)])
        self.asked.add((card_id, lang))


def _append(path: Path, lines: Sequence[str]) -> None:
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)


def _mend_end(path: Path) -> None:
    """Take away a last line that a kill cut short, and end one that a person left open."""
    if not path.exists():
        return
    content = path.read_bytes()
    if not content or content.endswith(b"\n"):
        return
    last = content[content.rfind(b"\n") + 1 :]
    try:
        json.loads(last)
        whole = content + b"\n"
    except ValueError:
        whole = content[: len(content) - len(last)]
    temporary = path.with_name(path.name + ".new")
    temporary.write_bytes(whole)
    temporary.replace(path)


def _own(cards: Sequence[PaperCard]) -> list[PaperCard]:
    """The cards that are not built in, or all where there are none, in an order by chance that stays the same."""
    builtin = {card.id for card in builtin_cards()}
    own = [card for card in cards if card.id not in builtin] or list(cards)
    return sorted(own, key=lambda card: hashlib.sha256(card.id.encode()).digest())


def _languages(card: PaperCard) -> list[Language]:
    """The languages of the card's own text."""
    spoken = {language_of(text) for field in FIELDS if (text := card.text(field))}
    return [language for language in _LANGUAGES if language in spoken]


def _prompt(card: PaperCard, lang: Language) -> str:
    lines = [f"{field}: {plain(readable(card.text(field)))}" for field in FIELDS if card.text(field)]
    return prompts.load("new_questions").fill(
        language=_LANGUAGES[lang],
        title=shortened(plain(readable(card.title)), _TITLE_TOKENS),
        card=shortened("\n".join(lines), _CARD_TOKENS),
    )


def _checked(
    drafts: Sequence[DraftQuestion], card: PaperCard, lang: Language, file: _File
) -> Iterator[tuple[DraftQuestion, str]]:
    """The drafts worth a person's time, each with its style; facts that the card does not have are taken out."""
    names = NameIndex.build([card])
    held = figures.written("\n".join([card.title, *(readable(card.text(field)) for field in FIELDS)]))
    seen: set[str] = set()
    for draft in drafts:
        question, answer = plain(draft.question), plain(draft.answer)
        if (
            language_of(question) != lang
            or _POINTS_AT_THE_CARD.search(question)
            or figures.written(question) - held
            or figures.written(answer) - held
            or file.has(question)
            or _folded(question) in seen
        ):
            continue
        seen.add(_folded(question))
        facts = [fact for fact in map(plain, draft.key_facts) if fact and not figures.written(fact) - held]
        kept = DraftQuestion(question=question, answer=answer, key_facts=facts[:4])
        yield kept, "named" if names.cards_named(question) else "described"


def _folded(question: str) -> str:
    return "".join(character for character in question.casefold() if character.isalnum())


def _notes(report: DraftReport, problem: ModelError | None, budget: Budget, todo: int) -> list[str]:
    notes = []
    if not todo:
        notes.append("every card was asked about already")
    if problem is not None:
        notes.append(f"the model failed: {problem}")
    elif report.left and budget.is_spent:
        notes.append(f"the budget of {budget.max_calls} calls is spent")
    if report.left:
        notes.append(f"{report.left} cards are left; the same command goes on with them")
    if report.unusable:
        notes.append(f"{report.unusable} replies were not of the form asked for; a stronger model may do better")
    return notes
