"""The result of an evaluation: what was asked, what came back, how each part of it scored, figures with intervals."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.types import Answer, Verdict
from evals.datasets.models import AnyItem
from evals.saving import write_whole
from vectorstore.errors import UserError

Part = Literal["retrieval", "answers", "citations", "abstention", "claims", "conversations"]
PARTS: tuple[Part, ...] = get_args(Part)

# The name under which the assistant itself appears among the systems.
OURS = "assistant"
# The slice that leaves nothing out.
ALL = "all"


class Metric(BaseModel):
    """What one figure means.

    Args:
        key: `part.name`, such as `retrieval.recall@5`.
        title: a few words for a table's head.
        description: one sentence that a reader can check a value by.
        unit: `share` is 0 to 1 and shown as a percentage; `score` 0 to 1 and shown as it is.
        better: which way is better.
        required: the value that a guarantee demands, where one does.
        headline: belongs in the first table.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    title: str
    description: str
    unit: Literal["share", "score", "seconds", "tokens", "number"] = "share"
    better: Literal["higher", "lower"] = "higher"
    required: float | None = None
    headline: bool = False

    @property
    def part(self) -> str:
        """The part it belongs to."""
        return self.key.partition(".")[0]


class Measure(BaseModel):
    """One figure of one system.

    Args:
        metric: key of the metric.
        system: name of the system.
        slice: `all`, or conditions as `name:value` joined by a blank: `lang:en`, `style:named`, `kind:compare`,
            `lang:zh style:described`.
        value: the figure.
        low, high: ends of its 95% interval; None where there is none.
        n: items it rests on.
    """

    model_config = ConfigDict(frozen=True)

    metric: str
    system: str
    slice: str = ALL
    value: float
    low: float | None = None
    high: float | None = None
    n: int

    @property
    def part(self) -> str:
        """The part it belongs to."""
        return self.metric.partition(".")[0]


class FoundCard(BaseModel):
    """One card of a ranking."""

    card_id: str
    title: str = ""
    score: float = 0.0


class SentenceCheck(BaseModel):
    """One shown sentence of an answer beside what it cites.

    Args:
        text: the sentence without its markers.
        markers: the citations it carries.
        supported: all that it cites, together, supports it.
        unneeded: citations that it would be supported without, and that do not support it alone.
        missing_figures: figures of it that stand in no quote it cites.
    """

    text: str
    markers: list[int] = Field(default_factory=list)
    supported: bool
    unneeded: list[int] = Field(default_factory=list)
    missing_figures: list[str] = Field(default_factory=list)


class Failure(BaseModel):
    """What is wrong with one outcome, in plain words."""

    part: Part
    why: str


class Outcome(BaseModel):
    """One item put to one system once; several parts may score it.

    Args:
        task: what was done with it: `search` ranked cards, `answer` answered, `verify` checked a claim.
        system: who was asked.
        item: id of the item.
        found: the ranking, best first, at most ten; for an answer, what was retrieved for it.
        answer, verdict: what came back, by task.
        sentences: the answer's sentences, checked.
        signals: what the decision to answer rests on; `confidence` is the chance, 0 to 1, that the cards
            have an answer.
        seconds: how long it took.
        error: why nothing came back.
        values: metric key to this item's value (0 to 1; seconds and tokens as they are); a metric that does
            not apply to the item is absent.
        failures: everything that a reader should look at; empty where all is right.
    """

    task: Literal["search", "answer", "verify"]
    system: str
    item: str
    found: list[FoundCard] = Field(default_factory=list)
    answer: Answer | None = None
    verdict: Verdict | None = None
    sentences: list[SentenceCheck] = Field(default_factory=list)
    signals: dict[str, float] = Field(default_factory=dict)
    seconds: float = 0.0
    error: str = ""
    values: dict[str, float] = Field(default_factory=dict)
    failures: list[Failure] = Field(default_factory=list)


class SystemInfo(BaseModel):
    """Who was measured.

    Args:
        name: as in measures and outcomes.
        title: a few words for a table.
        role: the assistant, what a user would otherwise have, or the assistant with a part switched off.
        description: one sentence that says what it is.
        skipped: why it was not measured; empty where it was.
    """

    name: str
    title: str
    role: Literal["ours", "baseline", "ablation"]
    description: str = ""
    skipped: str = ""


class Judgement(BaseModel):
    """What a judging model says of one answer.

    Args:
        system, item: whose answer to what.
        correctness, faithfulness: 0 to 1; None where the judge gave no usable verdict.
        reason: its words.
    """

    system: str
    item: str
    correctness: float | None = None
    faithfulness: float | None = None
    reason: str = ""


class RunInfo(BaseModel):
    """Under what circumstances a report came about.

    Args:
        started: ISO 8601 with time zone.
        seconds: how long the run took; outcomes taken over from an earlier run took none.
        parts: what was measured.
        limit: at most so many items of each kind; None for all.
        seed: of the bootstrap.
        version: of the package.
        code: a hash of the code measured.
        datasets: file names with a hash of their content.
        corpus: what the collection holds, in words.
        cards: how many.
        revision: the store's.
        embedder: fingerprint.
        model: the language model that wrote; None for none.
        judge: the model that graded; None for none.
        machine: processor, cores, Python.
        reused: outcomes taken over from an earlier or interrupted run.
    """

    started: str
    seconds: float = 0.0
    parts: list[Part]
    limit: int | None = None
    seed: int = 0
    version: str = ""
    code: str = ""
    datasets: dict[str, str] = Field(default_factory=dict)
    corpus: str = ""
    cards: int = 0
    revision: str = ""
    embedder: str = ""
    model: str | None = None
    judge: str | None = None
    machine: str = ""
    reused: int = 0


class Report(BaseModel):
    """Everything an evaluation found; `report.json` is this.

    Args:
        info: circumstances.
        systems: who was measured, the assistant first; those that could not be are here with the reason.
        metrics: what each figure means, in the order to show them.
        measures: all figures.
        items: what was asked.
        outcomes: what came back and how it scored.
        judgements: a judging model's verdicts, where one was asked.
        notes: what a reader must know beside the figures.
    """

    info: RunInfo
    systems: list[SystemInfo] = Field(default_factory=list)
    metrics: list[Metric] = Field(default_factory=list)
    measures: list[Measure] = Field(default_factory=list)
    items: list[AnyItem] = Field(default_factory=list)
    outcomes: list[Outcome] = Field(default_factory=list)
    judgements: list[Judgement] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)

    def measure(self, metric: str, system: str = OURS, slice: str = ALL) -> Measure | None:
        """One figure; None where it was not measured."""
        return next(
            (each for each in self.measures if each.metric == metric and each.system == system and each.slice == slice),
            None,
        )

    def metric(self, key: str) -> Metric | None:
        """What a key means; None where the report does not have it."""
        return next((each for each in self.metrics if each.key == key), None)

    def item(self, item_id: str) -> AnyItem | None:
        """One question or claim."""
        return next((each for each in self.items if each.id == item_id), None)

    def failures(self, system: str = OURS, parts: Iterable[Part] = PARTS) -> list[Outcome]:
        """The outcomes of one system in which something of these parts is wrong."""
        wanted = set(parts)
        return [
            each
            for each in self.outcomes
            if each.system == system and any(failure.part in wanted for failure in each.failures)
        ]

    def broken(self) -> list[Measure]:
        """The assistant's figures that fall short of what a guarantee demands."""
        demanded = {metric.key: metric.required for metric in self.metrics if metric.required is not None}
        return [
            each
            for each in self.measures
            if each.system == OURS and each.slice == ALL and each.value < demanded.get(each.metric, each.value)
        ]

    def reference(self) -> "Report":
        """As much of the report as a later one needs to be compared with it: the assistant's value for each item."""
        return self.model_copy(
            update={
                "systems": [each for each in self.systems if each.name == OURS],
                "measures": [each for each in self.measures if each.system == OURS and each.slice == ALL],
                "outcomes": [
                    Outcome(
                        task=each.task,
                        system=each.system,
                        item=each.item,
                        error=each.error,
                        values=dict(each.values),
                    )
                    for each in self.outcomes
                    if each.system == OURS
                ],
                "judgements": [],
            }
        )

    def save(self, path: Path) -> None:
        """Write `report.json`; a reader never meets half of it."""
        write_whole(path, self.model_dump_json(indent=1, exclude_defaults=True) + "\n")

    @classmethod
    def load(cls, path: Path) -> "Report":
        """Read a report.

        Raises:
            UserError: the file cannot be read or is no report of this version.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror or error})") from None
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in problem["loc"]) or "the file"
            raise UserError(
                f"{path}: not a report of this suite ({place}: {problem['msg']}); "
                "make one with `assistant eval --out DIR`"
            ) from None
