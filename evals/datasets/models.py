"""What can be asked of the assistant and what would be right: one model for each kind of question, and claims."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from vectorstore.passages import Language


class Item(BaseModel):
    """What every line of a data set has.

    Args:
        id: names the line in reports; unique over all files of a run.
        lang: the language it is worded in.
        draft: a model wrote it and no person has looked at it yet.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    id: str = Field(min_length=1, max_length=200)
    lang: Language
    draft: bool = False

    @property
    def asked(self) -> str:
        """What is put to the assistant."""
        raise NotImplementedError


class BaseQuestion(Item):
    """A question with its gold.

    Args:
        gold: ids of the cards that answer it.
        answer: a right answer in words, for people and for a judge.
        key_facts: short strings a right answer holds; those with digits are looked for literally.
    """

    kind: str
    question: str = Field(min_length=1, max_length=4_000)
    gold: tuple[str, ...] = ()
    answer: str = ""
    key_facts: tuple[str, ...] = ()

    @property
    def asked(self) -> str:
        """The question."""
        return self.question

    @model_validator(mode="after")
    def _has_gold(self) -> Self:
        if not self.gold and not isinstance(self, Unanswerable | List | Count):
            raise ValueError("gold needs at least one card id")
        return self


class Single(BaseQuestion):
    """About one card, which it names or describes."""

    kind: Literal["single"]
    style: Literal["named", "described"]


class Compare(BaseQuestion):
    """About two or more cards at once."""

    kind: Literal["compare"]


class Topic(BaseQuestion):
    """What the collection has about a subject.

    Args:
        graded: relevance of cards: 2 squarely about it, 1 related.
    """

    kind: Literal["topic"]
    graded: dict[str, Literal[1, 2]] = Field(default_factory=dict)


class List(BaseQuestion):
    """Which cards mention a term; gold is complete.

    Args:
        term: what the cards mention.
        category: only cards of this category count.
    """

    kind: Literal["list"]
    term: str = ""
    category: str = ""


class Count(BaseQuestion):
    """How many cards mention a term; gold is complete."""

    kind: Literal["count"]
    term: str = ""
    category: str = ""


class Unanswerable(BaseQuestion):
    """What the cards do not say; the right answer is to say so.

    Args:
        why: what is missing.
    """

    kind: Literal["unanswerable"]
    why: str = ""

    @model_validator(mode="after")
    def _has_no_gold(self) -> Self:
        if self.gold:
            raise ValueError("an unanswerable question has no gold")
        return self


class FollowUp(BaseQuestion):
    """The last question of a conversation.

    Args:
        turns: all questions of the conversation, the last one included.
    """

    kind: Literal["followup"]
    turns: tuple[str, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _ends_with_the_question(self) -> Self:
        if self.turns[-1] != self.question:
            raise ValueError("the last of turns must be the question itself")
        return self


class Typo(BaseQuestion):
    """About one card whose name is misspelt."""

    kind: Literal["typo"]


class LabelledClaim(Item):
    """A statement about one card, true or false.

    Args:
        claim: the statement.
        card: id of the card it is said to rest on.
        supported: whether the card says so.
        kind: what was done to make it, such as `paraphrase` or `wrong-figure`.
        note: why it is false.
    """

    kind: str = Field(min_length=1, max_length=60)
    claim: str = Field(min_length=1, max_length=2_000)
    card: str = Field(min_length=1)
    supported: bool
    note: str = ""

    @property
    def asked(self) -> str:
        """The claim."""
        return self.claim

    @property
    def gold(self) -> tuple[str, ...]:
        """The card it is about."""
        return (self.card,)


Question = Single | Compare | Topic | List | Count | Unanswerable | FollowUp | Typo
QUESTION_KINDS = ("single", "compare", "topic", "list", "count", "unanswerable", "followup", "typo")


def _kind_of(value: Any) -> str:
    """A line with a claim is a claim whatever its kind says; any other is a question of its kind."""
    if isinstance(value, dict):
        return "claim" if "claim" in value else str(value.get("kind", ""))
    return "claim" if isinstance(value, LabelledClaim) else str(getattr(value, "kind", ""))


AnyItem = Annotated[
    Annotated[Single, Tag("single")]
    | Annotated[Compare, Tag("compare")]
    | Annotated[Topic, Tag("topic")]
    | Annotated[List, Tag("list")]
    | Annotated[Count, Tag("count")]
    | Annotated[Unanswerable, Tag("unanswerable")]
    | Annotated[FollowUp, Tag("followup")]
    | Annotated[Typo, Tag("typo")]
    | Annotated[LabelledClaim, Tag("claim")],
    Discriminator(_kind_of),
]
