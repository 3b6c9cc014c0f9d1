"""The full card file and the development sets, where they lie beside the checkout."""

from functools import cache
from pathlib import Path

from vectorstore.cards import PaperCard
from vectorstore.readers import read_cards

SHARED = Path(__file__).resolve().parents[2] / "shared"
CARD_FILE = SHARED / "corpus" / "paper_cards.txt"


@cache
def full_cards() -> tuple[PaperCard, ...]:
    """All cards of the full file, read once for all tests."""
    return tuple(read_cards(CARD_FILE).cards)
