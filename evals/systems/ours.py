"""The assistant itself, asked through its public door."""

import time
from typing import TYPE_CHECKING

from assistant.types import Answered, EvidenceFound
from evals.datasets.models import AnyItem, FollowUp, LabelledClaim
from evals.metrics.ranking import DEPTH
from evals.results import OURS, FoundCard, Outcome, SystemInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant import Assistant
    from assistant.types import Answer, CardHit
    from assistant.verification import Checker

INFO = SystemInfo(name=OURS, title="this assistant", role="ours", description="The assistant as it is configured.")


class _Asked:
    """The assistant, made ready before it is measured."""

    def __init__(self, assistant: "Assistant", info: SystemInfo = INFO) -> None:
        self._assistant, self.info = assistant, info

    def prepare(self) -> None:
        """Open the collection and warm the embedder, which nothing that is measured pays for."""
        self._assistant.search("warm-up")


class Searching(_Asked):
    """`Assistant.search`."""

    def ask(self, item: AnyItem) -> Outcome:
        """Rank the cards for a question."""
        began = time.perf_counter()
        hits = self._assistant.search(item.asked, k=DEPTH)
        seconds = time.perf_counter() - began
        return Outcome(task="search", system=self.info.name, item=item.id, found=found(hits), seconds=seconds)


class Answering(_Asked):
    """`Assistant.answer`, with the conversation before a follow-up question led for real.

    Args:
        assistant: who is asked.
        info: under which name.
        remembers: False keeps the conversation from it.
    """

    def __init__(self, assistant: "Assistant", info: SystemInfo = INFO, *, remembers: bool = True) -> None:
        super().__init__(assistant, info)
        self._remembers = remembers

    def ask(self, item: AnyItem) -> Outcome:
        """Answer a question."""
        history: list[dict[str, str]] = []
        if isinstance(item, FollowUp) and self._remembers:
            for turn in item.turns[:-1]:
                answer, _, _ = self._answer(turn, history)
                history += [{"role": "user", "content": turn}, {"role": "assistant", "content": answer.text}]
        answer, hits, seconds = self._answer(item.asked, history)
        return Outcome(
            task="answer", system=self.info.name, item=item.id, found=found(hits), answer=answer, seconds=seconds
        )

    def _answer(self, question: str, history: "Sequence[dict[str, str]]") -> "tuple[Answer, list[CardHit], float]":
        hits: list[CardHit] = []
        began = time.perf_counter()
        for event in self._assistant.stream(question, history=history):
            if isinstance(event, EvidenceFound):
                hits = event.hits
            elif isinstance(event, Answered):
                return event.answer, hits, time.perf_counter() - began
        raise RuntimeError("the stream ended without an answer")


class Verifying(_Asked):
    """`Assistant.verify`, or the same with another check.

    Args:
        assistant: who is asked.
        info: under which name.
        checker: the check; None for the assistant's own.
    """

    def __init__(self, assistant: "Assistant", info: SystemInfo = INFO, checker: "Checker | None" = None) -> None:
        super().__init__(assistant, info)
        self._checker = checker

    def ask(self, item: AnyItem) -> Outcome:
        """Check a claim against its card."""
        from assistant.verification import verify

        if not isinstance(item, LabelledClaim):
            raise TypeError(f"{item.id} is no claim")
        began = time.perf_counter()
        if self._checker is None:
            verdict = self._assistant.verify(item.claim, [item.card])
        else:
            verdict = verify(item.claim, [self._assistant.card(item.card)], self._checker)
        seconds = time.perf_counter() - began
        return Outcome(task="verify", system=self.info.name, item=item.id, verdict=verdict, seconds=seconds)


def found(hits: "Sequence[CardHit]") -> list[FoundCard]:
    """Hits without their passages."""
    return [FoundCard(card_id=hit.card_id, title=hit.title, score=hit.score) for hit in hits[:DEPTH]]
