"""Cards written in the card text format, for tests that read them back, and what is said of a file that cannot be."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from vectorstore.cards import FieldName, PaperCard
from vectorstore.errors import CardFormatError
from vectorstore.readers import read_cards

Written = Callable[..., Path]

AREA = "基础/前沿模型 (含LLM)"
ABSTRACT_LINE = "查看完整摘要 (Abstract)"
LABELS: tuple[tuple[str, FieldName], ...] = (
    ("TL;DR:", "tldr"),
    ("🎯 研究动机", "motivation"),
    ("❓ 解决问题", "problem"),
    ("🔍 现象分析", "analysis"),
    ("🛠️ 主要方法", "method"),
    ("📊 数据与实验", "experiments"),
    ("⭐ 主要贡献", "contribution"),
)


def rendered_card(card: PaperCard, area: str = AREA) -> str:
    """One card as the format has it, without a line break at its end."""
    lines = [area, card.category, " ".join(f"#{tag}" for tag in card.tags)] if card.tags else [area, card.category]
    lines += [f"{label}{card.text(field)}" for label, field in LABELS if card.text(field)]
    return "\n".join([*lines, ABSTRACT_LINE, card.abstract])


def rendered(sections: Iterable[tuple[str, Sequence[PaperCard]]]) -> str:
    """A whole file: a heading with its count above the cards of each section."""
    lines = []
    for name, cards in sections:
        lines += [f"{name}{len(cards)} 篇", *(rendered_card(card) for card in cards)]
    return "\n".join(lines)


def card(abstract: str = "We propose Wobble. It reaches 12.5%.", **fields: object) -> PaperCard:
    """A card of the section that most tests use, with the given fields."""
    given: dict[str, object] = {
        "id": "x",
        "category": "模型架构",
        "title": "x",
        "tags": ("LLM",),
        "motivation": "很慢。",
    }
    return PaperCard.model_validate(given | {"abstract": abstract} | fields)


def complaint(path: Path, *, force: bool = False) -> CardFormatError:
    """The error that reading a file raises; a file that can be read fails the test."""
    with pytest.raises(CardFormatError) as raised:
        read_cards(path, force=force)
    return raised.value
