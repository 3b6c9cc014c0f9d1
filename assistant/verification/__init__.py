"""Checks every sentence against the exact words it rests on."""

from collections.abc import Sequence

from assistant.types import Verdict
from assistant.verification.checker import Assessment, Checker
from assistant.verification.draft import VerifiedDraft, citation_of, cited_cards, parse_draft, verify_draft
from vectorstore.cards import PaperCard

__all__ = [
    "Assessment",
    "Checker",
    "VerifiedDraft",
    "citation_of",
    "cited_cards",
    "parse_draft",
    "verify",
    "verify_draft",
]


def verify(claim: str, cards: Sequence[PaperCard], checker: Checker | None = None) -> Verdict:
    """Check one claim against cards.

    Args:
        claim: one sentence.
        cards: what it is said to rest on.
        checker: the check; without one, rules and words alone.

    Returns:
        Supported only where the check is sure; a claim it is unsure of is not.
    """
    assessment = (checker or Checker()).assess(claim, cards)
    titles = {card.id: card.title for card in cards}
    quotes = [
        citation_of(quote, titles[quote.card_id], marker) for marker, quote in enumerate(assessment.quotes, start=1)
    ]
    return Verdict(supported=assessment.label == "supported", quotes=quotes, reason=assessment.reason)
