"""The typed value of every step from question to verified answer."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from vectorstore.cards import FieldName
from vectorstore.passages import Language, Passage

Status = Literal["answered", "insufficient_evidence"]
Mode = Literal["llm", "extractive", "catalog"]


class Filters(BaseModel):
    """Which cards may be used; empty means all. Categories, tags and cards are each an 'any of'."""

    model_config = ConfigDict(frozen=True)

    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.categories or self.tags or self.cards)


class Query(BaseModel):
    """A question understood: its language and its wording without the conversation around it."""

    model_config = ConfigDict(frozen=True)

    question: str
    standalone: str
    language: Language
    filters: Filters = Filters()


class CardHit(BaseModel):
    """One card found, with its best passages (best first)."""

    card_id: str
    title: str
    score: float
    passages: list[Passage] = Field(default_factory=list)


class Evidence(BaseModel):
    """One numbered passage that an answerer may cite as `[number]`."""

    number: int
    title: str
    passage: Passage
    score: float


class DraftClaim(BaseModel):
    """One sentence of a draft and the evidence numbers it points at; not yet checked."""

    text: str
    evidence: tuple[int, ...] = ()


class Citation(BaseModel):
    """The exact words that carry a claim: `quote == card.<field>[start:end]`."""

    marker: int
    card_id: str
    title: str
    field: FieldName
    quote: str
    start: int
    end: int


class Claim(BaseModel):
    """A sentence after the check; `supported` ones are shown, the others are kept to say why not."""

    text: str
    markers: list[int] = Field(default_factory=list)
    supported: bool
    reason: str = ""


class Verdict(BaseModel):
    """What the check says of one claim."""

    supported: bool
    quotes: list[Citation] = Field(default_factory=list)
    reason: str = ""


class Usage(BaseModel):
    """Tokens a model reported; zeros where none wrote."""

    input_tokens: int = 0
    output_tokens: int = 0


class Answer(BaseModel):
    """A verified answer; see the README for each field."""

    text: str
    status: Status
    mode: Mode
    language: Language
    citations: list[Citation] = Field(default_factory=list)
    claims: list[Claim] = Field(default_factory=list)
    cards: list[str] = Field(default_factory=list)
    suggestions: list[CardHit] = Field(default_factory=list)
    dropped: int = 0
    notes: list[str] = Field(default_factory=list)
    usage: Usage = Usage()


class EvidenceFound(BaseModel):
    """Event: retrieval is done."""

    type: Literal["evidence"] = "evidence"
    hits: list[CardHit]


class TextSoFar(BaseModel):
    """Event: the unverified draft as far as it is written."""

    type: Literal["text"] = "text"
    text: str


class Answered(BaseModel):
    """Event: the last one, the verified answer."""

    type: Literal["answer"] = "answer"
    answer: Answer


Event = EvidenceFound | TextSoFar | Answered
