"""A model writes from evidence, and what it wrote is checked before it counts."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

from assistant.answering.ahead import Ahead
from assistant.answering.evidence import numbered
from assistant.answering.llm import NO_ANSWER, LLMAnswerer
from assistant.answering.model import ModelError
from assistant.assembly import abstained, from_verified
from assistant.settings import Settings
from assistant.types import Answer, CardHit, DraftClaim, Event, Query, Step, TextSoFar
from vectorstore.cards import PaperCard

if TYPE_CHECKING:
    from assistant.answering.model import ChatModel
    from assistant.verification import Checker


class Writer:
    """Has the model write and checks it.

    Args:
        model: who writes.
        checker: gives the check that every sentence must pass.
        settings: how much evidence and how long a prompt.
        fetch: called with the evidence's cards while the model writes: has at hand what the check will want of them.
    """

    def __init__(
        self,
        model: "ChatModel",
        checker: "Callable[[], Checker]",
        settings: Settings,
        fetch: Callable[[Sequence[PaperCard]], object] | None = None,
    ) -> None:
        self.model, self.settings = model, settings
        self._checker, self._fetch = checker, fetch or (lambda cards: None)

    def written(
        self,
        query: Query,
        history: Sequence[Mapping[str, Any]],
        hits: Sequence[CardHit],
        cards: Mapping[str, PaperCard],
        notes: list[str],
        *,
        evenly: bool = False,
    ) -> Generator[Event, None, Answer | None]:
        """Let the model write, and check it; gives None (with a note why) where nothing of it can be shown.

        Args:
            query: the question.
            history: the conversation so far.
            hits: the cards found, best first, with the passages that become evidence.
            cards: the cards by id.
            notes: remarks for the answer; this adds its own.
            evenly: the cards are set side by side: each gets as much room as the others.
        """
        from assistant.verification import cited_cards, parse_draft, verify_draft

        yield Step(step="writing")
        evidence = numbered(hits, cards, self.settings.evidence, evenly=evenly)
        answerer = LLMAnswerer(self.model, context_tokens=self.settings.context_tokens)
        checker = self._checker().remembering()

        def prepare(claim: DraftClaim) -> None:
            cited = [cards[card_id] for card_id in cited_cards(claim, evidence)]
            if cited:
                checker.prepare(claim.text, cited)

        try:
            with closing(answerer.draft(query, evidence, history)) as draft, Ahead(prepare) as ahead:
                shown = dict.fromkeys(each.passage.card_id for each in evidence)
                ahead.begin(partial(self._fetch, [cards[card_id] for card_id in shown]))
                for _ in draft:
                    ahead.told(draft.text)
                    yield TextSoFar(text=draft.text)
        except ModelError as error:
            notes.append(str(error))
            return None
        if draft.text == NO_ANSWER:
            return abstained(query, hits, "", notes=notes, usage=draft.usage)
        yield Step(step="checking")
        claims = parse_draft(draft.text)
        verified = verify_draft(claims, evidence, cards, checker, language=query.language)
        if not verified.text:
            notes.append("nothing the model wrote was supported by the cards; these are the cards' own sentences")
            return None
        return from_verified(query, verified, cards, draft.usage, notes)
