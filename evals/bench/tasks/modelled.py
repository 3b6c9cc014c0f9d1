"""What the assistant adds to the time of a language model: until it is asked, and to check what it wrote."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from evals.bench.clock import processor_time, timed, timing_of
from evals.bench.tasks.cards import questions
from evals.bench.tasks.opening import assistant_at
from evals.datasets import builtin_items
from evals.datasets.models import LabelledClaim
from evals.exchange import cited
from evals.paced import PacedModel
from evals.systems import Progress, Unavailable

if TYPE_CHECKING:
    from assistant import Assistant
    from assistant.types import DraftClaim, Evidence
    from assistant.verification import Checker
    from vectorstore.cards import PaperCard

# Fast enough that what is measured does not wait for it.
_TOKENS = 2_000.0
_SENTENCES = 10
_WARMING = 3


class _Noting(PacedModel):
    """The scripted model, which notes when it was asked."""

    def __init__(self) -> None:
        super().__init__(_TOKENS)
        self.heard: list[tuple[float, float]] = []
        """When, and how much processor time this process had taken by then."""

    async def _replied(
        self, body: Mapping[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.heard.append((time.perf_counter(), processor_time()))
        await super()._replied(body, reader, writer)


def first_request(tell: Progress, *, home: str, limit: int) -> dict[str, Any]:
    """From a question to the arrival of the first request at the model.

    Args:
        home: the assistant's, its collection ready.
        limit: how many questions about one paper, after some to warm up.
    """
    from assistant import Assistant
    from assistant.settings import load_settings

    warming, asked = questions(limit, kinds=["single"])
    model = _Noting()
    with model:
        assistant = Assistant(
            load_settings(
                home=Path(home),
                model="scripted-model",
                openai_base_url=model.base_url,
                openai_api_key=SecretStr("none"),
            )
        )
        for question in warming[:5]:
            assistant.answer(question)
        until: list[float] = []
        processor = 0.0
        for done, question in enumerate(asked, start=1):
            model.heard.clear()
            spent, began = processor_time(), time.perf_counter()
            assistant.answer(question)
            # Where the assistant answers without the model there is nothing to measure.
            if model.heard:
                heard, taken = model.heard[0]
                until.append(heard - began)
                processor += taken - spent
            tell(done, len(asked), "asking a scripted model")
    if not until:
        raise Unavailable("the scripted model was never asked")
    return {"timing": timing_of(until, processor).model_dump(), "asked": len(until), "of": len(asked)}


def verification(tell: Progress, *, home: str, limit: int, reworded: bool, ahead: bool) -> dict[str, Any]:
    """Check drafts of ten sentences with their markers.

    Args:
        home: the assistant's, its collection ready.
        limit: how many drafts, after some to warm up.
        reworded: the sentences are the evaluation suite's claims, true and false, each about another card; otherwise
            they are those of the evidence as they stand.
        ahead: what an answer does while the model writes was done before: the cards' vectors are at hand, and all but
            the last sentence were judged.
    """
    from assistant.verification import cited_cards, parse_draft, verify_draft

    assistant = assistant_at(home)
    drafts = _of_claims(assistant, limit) if reworded else _of_evidence(assistant, limit)
    if len(drafts) <= _WARMING:
        raise Unavailable("no draft has ten sentences")
    passed: list[int] = []

    def claims_of(draft: _Draft) -> "list[DraftClaim]":
        return parse_draft(draft.text)[:_SENTENCES]

    def check(draft: _Draft) -> None:
        verified = verify_draft(claims_of(draft), draft.evidence, draft.cards, draft.checker, language="en")
        passed.append(sum(claim.supported for claim in verified.claims))

    warm, chosen = drafts[:_WARMING], drafts[_WARMING:]
    for draft in warm:
        check(draft)
    for draft in chosen if ahead else []:
        assistant._collection.fetch_vectors(draft.cards.values())
        for claim in claims_of(draft)[:-1]:
            cited = [draft.cards[card_id] for card_id in cited_cards(claim, draft.evidence)]
            draft.checker.prepare(claim.text, cited)
    timing = timed(check, chosen, lambda done: tell(done, len(chosen), "checking drafts"))
    return {"timing": timing.model_dump(), "passed": sum(passed) / len(passed)}


@dataclass(frozen=True)
class _Draft:
    """What a model may have written, from what, and its check."""

    text: str
    evidence: "Sequence[Evidence]"
    cards: "Mapping[str, PaperCard]"
    checker: "Checker"


def _of_evidence(assistant: "Assistant", limit: int) -> list[_Draft]:
    from assistant.answering.evidence import numbered
    from assistant.verification import parse_draft

    drafts = []
    for question in questions(kinds=["single"])[1]:
        hits = assistant.search(question)
        cards = {hit.card_id: assistant.card(hit.card_id) for hit in hits}
        evidence = numbered(hits, cards, assistant.settings.evidence)
        text = "".join(cited(each.passage.text.rstrip(".。 "), each.number) for each in evidence)
        if len(parse_draft(text)) >= _SENTENCES:
            drafts.append(_Draft(text, evidence, cards, assistant.checker().remembering()))
        if len(drafts) == limit + _WARMING:
            break
    return drafts


def _of_claims(assistant: "Assistant", limit: int) -> list[_Draft]:
    from assistant.types import Evidence
    from vectorstore.disagreements import quotable_passages

    claims = [each for each in builtin_items() if isinstance(each, LabelledClaim) and each.lang == "en"]
    cards = {card.id: card for card in assistant.cards()}
    claims = [claim for claim in claims if claim.card in cards]
    drafts = []
    for start in range(0, len(claims) - _SENTENCES + 1, _SENTENCES):
        chosen = claims[start : start + _SENTENCES]
        about = {claim.card: cards[claim.card] for claim in chosen}
        numbers = {card_id: number for number, card_id in enumerate(about, 1)}
        evidence = [
            Evidence(number=numbers[card.id], title=card.title, passage=quotable_passages(card)[0], score=1.0)
            for card in about.values()
        ]
        text = "".join(cited(claim.claim.rstrip("."), numbers[claim.card]) for claim in chosen)
        drafts.append(_Draft(text, evidence, about, assistant.checker().remembering()))
    return drafts[: limit + _WARMING]
