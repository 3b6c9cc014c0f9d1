"""A card as one text: what a user without this package would index."""

from vectorstore.cards import FIELDS, PaperCard


def card_text(card: PaperCard) -> str:
    """Title, tags and every field as they stand, a paragraph each; none of the aids."""
    fields = (card.text(field) for field in FIELDS)
    return "\n\n".join(part for part in (card.title, ", ".join(card.tags), *fields) if part.strip())
