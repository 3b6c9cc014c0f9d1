"""The typed value of every step from question to verified answer."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from vectorstore.cards import FieldName
from vectorstore.passages import Language, Passage

Status = Literal["answered", "insufficient_evidence"]
Mode = Literal["llm", "extractive", "catalog"]
Kind = Literal["single", "compare", "topic", "list", "count", "trend", "chat"]
Facet = Literal["category", "tag", "benchmark", "model"]
StepName = Literal["understanding", "searching", "writing", "checking"]


class Filters(BaseModel):
    """Which cards may be used; empty means all. Categories, tags and cards are each an 'any of'."""

    model_config = ConfigDict(frozen=True)

    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.categories or self.tags or self.cards)


class Selection(BaseModel):
    """Which of the cards that the filters leave a question is about, by what they mention.

    Args:
        mentions: terms; each item is an 'any of', and all items must be met.
        without: terms that must not be mentioned.
    """

    model_config = ConfigDict(frozen=True)

    mentions: tuple[tuple[str, ...], ...] = ()
    without: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.mentions or self.without)


class Query(BaseModel):
    """A question understood.

    Args:
        question: as asked, clean.
        standalone: its wording without the conversation around it.
        language: of the question, and so of the answer.
        filters: which cards may be used, from the caller and from the question's own words.
        kind: what sort of answer it wants; `chat` is small talk, or about no paper at all.
        selection: for list, count and trend questions, which cards.
        sides: for comparisons, what is compared, each as one would search for it.
        facet: for trends, what is counted.
        show_all: the whole list is wanted, however long.
        sure: whether the rules are sure of `kind` and `standalone`; a model may be asked where they are not.
    """

    model_config = ConfigDict(frozen=True)

    question: str
    standalone: str
    language: Language
    filters: Filters = Filters()
    kind: Kind = "single"
    selection: Selection = Selection()
    sides: tuple[str, ...] = ()
    facet: Facet | None = None
    show_all: bool = False
    sure: bool = True


class CardHit(BaseModel):
    """One card found, with its best passages (best first)."""

    card_id: str
    title: str
    score: float
    passages: list[Passage] = Field(default_factory=list)


class CardRow(BaseModel):
    """A card as one row of a table; the summary is its TL;DR, or the beginning of what it has instead."""

    card_id: str
    title: str
    category: str
    tags: list[str]
    summary: str


class CardPage(BaseModel):
    """Some rows of those that were found, how many were, and how many cards there are."""

    rows: list[CardRow]
    found: int
    total: int


class CardPoint(BaseModel):
    """A card's place on the map of the collection; x and y from 0 to 1, near those of cards that are like it."""

    card_id: str
    title: str
    category: str
    x: float
    y: float


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


class Cell(BaseModel):
    """One cell of a table: words and the markers of what carries them; both empty where the cards are silent."""

    text: str = ""
    markers: list[int] = Field(default_factory=list)


class Table(BaseModel):
    """A table of an answer: a row for each heading, a cell for each column."""

    columns: list[str]
    headings: list[str]
    rows: list[list[Cell]]


class Bar(BaseModel):
    """One counted value and the cards behind it; the count is their number."""

    label: str
    cards: list[str]


class Answer(BaseModel):
    """A verified answer; see the README for each field."""

    text: str
    status: Status
    mode: Mode
    language: Language
    kind: Kind = "single"
    citations: list[Citation] = Field(default_factory=list)
    claims: list[Claim] = Field(default_factory=list)
    cards: list[str] = Field(default_factory=list)
    table: Table | None = None
    bars: list[Bar] = Field(default_factory=list)
    followups: list[str] = Field(default_factory=list)
    suggestions: list[CardHit] = Field(default_factory=list)
    dropped: int = 0
    notes: list[str] = Field(default_factory=list)
    usage: Usage = Usage()


class Step(BaseModel):
    """Event: what begins now."""

    type: Literal["step"] = "step"
    step: StepName


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


Event = Step | EvidenceFound | TextSoFar | Answered
