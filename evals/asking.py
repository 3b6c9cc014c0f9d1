"""Puts items to systems one by one, and takes over what an earlier run already asked."""

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Literal

from assistant.verification import Checker
from evals.datasets.models import AnyItem, FollowUp
from evals.record import Record, key_of
from evals.results import Outcome, Part, SystemInfo
from evals.selection import concerns
from evals.systems import Bench, Progress, System, Unavailable
from evals.systems.ablations import ablations
from evals.systems.baselines import Dense, Keywords, Tutorial, TutorialAnswers
from evals.systems.memory import Memory
from evals.systems.naive import NaiveCheck
from evals.systems.ours import Answering, Searching, Verifying
from evals.systems.paperqa import PaperQA
from evals.systems.unverified import Unverified

Task = Literal["search", "answer", "verify"]
_DOING: Mapping[Task, str] = {"search": "searching", "answer": "answering", "verify": "checking claims"}
_LONGEST_ERROR = 500
_CONVERSATIONS: tuple[Part, ...] = ("conversations",)
_JUDGED: tuple[Part, ...] = ("retrieval", "answers", "abstention", "conversations")
_REFUSED: tuple[Part, ...] = ("abstention",)
_SHOWN: tuple[Part, ...] = ("answers", "citations")


@dataclass
class Work:
    """One system and what it is asked.

    Args:
        task: what is done.
        system: by whom.
        items: with what.
        parts: what its outcomes are scored for; None for everything that is measured.
        skipped: why it was not measured after all.
    """

    task: Task
    system: System
    items: Sequence[AnyItem]
    parts: Collection[Part] | None = None
    skipped: str = ""

    def close(self) -> None:
        """Let go of whatever the system holds."""
        close: Callable[[], None] | None = getattr(self.system, "close", None)
        if close is not None:
            close()


def works_of(
    bench: Bench,
    memory: Memory,
    items: Sequence[AnyItem],
    parts: Sequence[Part],
    *,
    with_baselines: bool,
    with_ablations: bool,
    with_context: bool = False,
) -> list[Work]:
    """Who is asked what.

    Args:
        bench: what systems are made from.
        memory: the assistant's indexes, for its ablations.
        items: everything that may be asked.
        parts: what is measured.
        with_baselines, with_ablations: whether others than the assistant are.
        with_context: whether passages without context are among the ablations.
    """

    def chosen(*wanted: Part) -> list[AnyItem]:
        active = [part for part in wanted if part in parts]
        return [item for item in items if any(concerns(part, item) for part in active)]

    assistant = bench.assistant
    searched, claims = chosen("retrieval"), chosen("claims")
    works = [
        Work("search", Searching(assistant), searched),
        Work("answer", Answering(assistant), chosen("answers", "citations", "abstention", "conversations")),
        Work("verify", Verifying(assistant), claims),
    ]
    if with_baselines:
        tutorial = Tutorial(bench)
        rankers = (tutorial, Keywords(bench), Dense(bench, memory), PaperQA(bench))
        works += [Work("search", ranker, chosen("retrieval", "conversations")) for ranker in rankers]
        answered = chosen("answers", "abstention", "conversations")
        works.append(Work("answer", TutorialAnswers(tutorial), answered, _JUDGED))
        works.append(Work("verify", NaiveCheck(bench), claims))
    if with_ablations:
        works += [Work("search", ranker, searched) for ranker in ablations(bench, memory, context=with_context)]
        rules = SystemInfo(
            name="rules-alone",
            title="rules alone",
            role="ablation",
            description="The check without the network that reads a claim beside its passages.",
        )
        collection = assistant._collection
        checker = Checker(collection.closeness, collection.rarity)
        works.append(Work("verify", Verifying(assistant, rules, checker), claims))
        trusting = SystemInfo(
            name="premises-unchecked",
            title="premises unchecked",
            role="ablation",
            description="Questions that take for granted what a card does not say are answered like any other.",
        )
        believing = copy(assistant)
        believing.settings = assistant.settings.model_copy(update={"premises": False})
        works.append(Work("answer", Answering(believing, trusting), chosen("abstention"), _REFUSED))
        forgetful = SystemInfo(
            name="no-history",
            title="no history",
            role="ablation",
            description="Follow-up questions without the conversation before them.",
        )
        unremembering = Answering(assistant, forgetful, remembers=False)
        works.append(Work("answer", unremembering, chosen("conversations"), _CONVERSATIONS))
        out_of_the_blue = [each for each in chosen("answers", "citations") if not isinstance(each, FollowUp)]
        works.append(Work("answer", Unverified(bench), out_of_the_blue, _SHOWN))
    return [work for work in works if work.items]


def asked(
    works: Sequence[Work], record: Record, circumstances: Mapping[str, Any], progress: Progress
) -> tuple[list[Outcome], int]:
    """Every outcome, taken over from the record or got by asking.

    A system that turns out not to be available is marked as skipped and gives none.

    Args:
        works: who is asked what.
        record: of earlier runs; what is asked now goes into it at once.
        circumstances: everything else that an outcome depends on.
        progress: told of every question.

    Returns:
        The outcomes, not scored yet, and how many were taken over.
    """
    outcomes: list[Outcome] = []
    reused = 0
    for work in works:
        info = work.system.info
        keys = {item.id: key_of(work.task, info, item, circumstances) for item in work.items}
        known = {item_id: found for item_id, key in keys.items() if (found := record.get(key)) is not None}
        reused += len(known)
        todo = [item for item in work.items if item.id not in known]
        what = f"{info.title}: {_DOING[work.task]}"
        try:
            if todo:
                progress(0, len(todo), what)
                work.system.prepare()
            for done, item in enumerate(todo, start=1):
                known[item.id] = outcome = _ask(work, item)
                # What failed may go well next time: it is not remembered.
                if not outcome.error:
                    record.put(keys[item.id], outcome)
                progress(done, len(todo), what)
        except Unavailable as reason:
            work.skipped = str(reason)
            reused -= len(work.items) - len(todo)
            continue
        outcomes += [known[item.id] for item in work.items]
    return outcomes, reused


def systems_of(works: Sequence[Work]) -> list[SystemInfo]:
    """Who was measured, and who could not be."""
    found: dict[str, SystemInfo] = {}
    for work in works:
        info = work.system.info
        if info.name not in found or found[info.name].skipped:
            found[info.name] = info.model_copy(update={"skipped": work.skipped})
    return list(found.values())


def _ask(work: Work, item: AnyItem) -> Outcome:
    try:
        return work.system.ask(item)
    except Unavailable:
        raise
    except Exception as error:  # one question that breaks a system is a finding, not the end of the run
        said = f"{type(error).__name__}: {error}"[:_LONGEST_ERROR]
        return Outcome(task=work.task, system=work.system.info.name, item=item.id, error=said)
