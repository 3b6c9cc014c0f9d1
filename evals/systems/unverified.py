"""The assistant with its check switched off: a model's draft shown as it came, with the citations it claims."""

import time

from assistant.types import Answer, Answered, Citation, EvidenceFound, TextSoFar, Usage
from evals.datasets.models import AnyItem, FollowUp
from evals.results import Outcome, SystemInfo
from evals.systems import Bench, Unavailable
from evals.systems.ours import found


class Unverified:
    """What a user would be shown if nothing were checked."""

    def __init__(self, bench: Bench) -> None:
        self.info = SystemInfo(
            name="no-verification",
            title="no verification",
            role="ablation",
            description="The model's draft as it came; every marker cites the passage of that number.",
        )
        self._bench = bench

    def prepare(self) -> None:
        """See that there is something to leave unchecked."""
        if self._bench.model is None:
            raise Unavailable(
                "no language model is configured; an answer without one is made of whole passages, and nothing "
                "in it needs the check"
            )

    def ask(self, item: AnyItem) -> Outcome:
        """Answer a question."""
        from assistant.answering.evidence import numbered
        from assistant.verification import parse_draft

        assistant = self._bench.assistant
        if isinstance(item, FollowUp):
            raise TypeError("a conversation is led with checked answers only")
        began = time.perf_counter()
        draft, hits, checked = "", [], None
        for event in assistant.stream(item.asked):
            if isinstance(event, EvidenceFound):
                hits = event.hits
            elif isinstance(event, TextSoFar):
                draft = event.text
            elif isinstance(event, Answered):
                checked = event.answer
        seconds = time.perf_counter() - began
        if checked is None:
            raise RuntimeError("the stream ended without an answer")
        outcome = Outcome(task="answer", system=self.info.name, item=item.id, found=found(hits), seconds=seconds)
        claims = parse_draft(draft)
        if not claims:
            outcome.answer = checked
            return outcome
        passages = {each.number: each for each in numbered(hits, self._bench.cards, assistant.settings.evidence)}
        citations: dict[int, Citation] = {}
        for number in (number for claim in claims for number in claim.evidence if number in passages):
            passage = passages[number].passage
            citations[number] = Citation(
                marker=number,
                card_id=passage.card_id,
                title=passages[number].title,
                field=passage.field,
                quote=passage.text,
                start=passage.start,
                end=passage.end,
            )
        text = " ".join(claim.text + "".join(f" [{number}]" for number in claim.evidence) for claim in claims)
        outcome.answer = Answer(
            text=text,
            status="answered",
            mode="llm",
            language=checked.language,
            citations=list(citations.values()),
            cards=list(dict.fromkeys(citation.card_id for citation in citations.values())),
            usage=Usage.model_validate(checked.usage.model_dump()),
        )
        return outcome
