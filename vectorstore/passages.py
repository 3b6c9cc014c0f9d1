"""Passages: the exact spans of a card that are embedded, searched and quoted."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from vectorstore.cards import FieldName

Language = Literal["en", "zh"]


class Passage(BaseModel):
    """`card.<field>[start:end] == text`, character for character."""

    model_config = ConfigDict(frozen=True)

    card_id: str
    field: FieldName
    language: Language
    start: int
    end: int
    text: str
