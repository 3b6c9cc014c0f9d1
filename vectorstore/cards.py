"""The paper card: one paper's id, category, tags and text fields, and the aids that help to find it."""

import hashlib
import json
import re
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

FieldName = Literal["tldr", "abstract", "motivation", "problem", "analysis", "method", "experiments", "contribution"]
FIELDS: tuple[FieldName, ...] = get_args(FieldName)

CATEGORY_PREFIXES = {
    "指令微调与对齐": "align",
    "推理与思维链": "reason",
    "效率与压缩": "effic",
    "Agent 与工具使用": "agent",
    "多模态基础模型": "mm",
    "模型架构": "arch",
    "LLM 预训练": "pretrain",
}
CATEGORY_NAMES = {
    "指令微调与对齐": "Instruction tuning & alignment",
    "推理与思维链": "Reasoning & chain of thought",
    "效率与压缩": "Efficiency & compression",
    "Agent 与工具使用": "Agents & tool use",
    "多模态基础模型": "Multimodal foundation models",
    "模型架构": "Model architecture",
    "LLM 预训练": "LLM pre-training",
}


class CardText(BaseModel):
    """The text fields of a card; an absent field is the empty string."""

    model_config = ConfigDict(frozen=True)

    tldr: str = ""
    abstract: str = ""
    motivation: str = ""
    problem: str = ""
    analysis: str = ""
    method: str = ""
    experiments: str = ""
    contribution: str = ""

    def text(self, field: FieldName) -> str:
        """The stored text of one field: what spans refer to."""
        value: str = getattr(self, field)
        return value


class CardAid(CardText):
    """Another wording of a card and the questions it answers: found by, never quoted."""

    questions: tuple[str, ...] = ()


class PaperCard(CardText):
    """One paper as it is stored and quoted."""

    id: str
    category: str
    tags: tuple[str, ...] = ()
    title: str
    aid: CardAid = Field(default_factory=CardAid)

    def content_hash(self) -> str:
        """Hex SHA-256 over everything the card holds: equal if and only if nothing changed."""
        content = json.dumps(self.model_dump(), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def category_prefix(category: str) -> str:
    """The id prefix of a category: fixed for the seven known ones, otherwise a short slug."""
    known = CATEGORY_PREFIXES.get(category)
    if known:
        return known
    slug = re.sub(r"[^a-z0-9]+", "-", category.lower()).strip("-")[:12].strip("-")
    return slug or "card"


def abstract_digest(abstract: str) -> str:
    """Hex SHA-256 of the abstract with every run of white space collapsed to one blank and the ends trimmed."""
    return hashlib.sha256(" ".join(abstract.split()).encode("utf-8", "surrogatepass")).hexdigest()


def card_id(category: str, abstract: str, digits: int = 6) -> str:
    """`<prefix>-<first digits of the abstract's digest>`: stable when cards are added, removed or moved."""
    return f"{category_prefix(category)}-{abstract_digest(abstract)[:digits]}"


def category_named(text: str) -> str:
    """The category that a user means by its Chinese or English name or its id prefix, in any case.

    A name that is none of the known ones is taken as it stands: users' own cards have their own categories.
    """
    folded = text.strip().casefold()
    for category, prefix in CATEGORY_PREFIXES.items():
        if folded in (category.casefold(), prefix, CATEGORY_NAMES[category].casefold()):
            return category
    return text.strip()
