"""The result of a benchmark: figures with their baselines and targets, and the machine they were taken on."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError, computed_field

from evals.saving import write_whole
from vectorstore.errors import UserError

Unit = Literal["seconds", "tokens/s", "bytes", "share", "score", "number"]


class Timing(BaseModel):
    """The same thing done again and again.

    Args:
        p50, p95, longest: wall-clock seconds of one time.
        n: times that were measured, those to warm up left out.
        processor: seconds of processor time that one time took on average, all threads together; None where others
            took some too.
    """

    p50: float
    p95: float
    longest: float
    n: int
    processor: float | None = None


class Baseline(BaseModel):
    """What a figure is held against, measured in the same run."""

    name: str
    value: float


class Target(BaseModel):
    """What was set as a goal.

    Args:
        limit: the value that must be reached.
        of: what must reach it: the figure itself, its 95th percentile, or its ratio to the baseline.
        bound: whether it must be at most or at least the limit.
    """

    limit: float
    of: Literal["value", "p95", "ratio"] = "value"
    bound: Literal["at most", "at least"] = "at most"


class Figure(BaseModel):
    """One thing that was measured.

    Args:
        key: `section.name`.
        title: what it is, in a few words.
        value: the figure; of a timing, its median.
        unit: of the value, its 95th percentile and its baseline.
        p95: 95th percentile, where it was done several times.
        n: times that it was done.
        processor: seconds of processor time for one time, where they are known.
        baseline: what it is held against.
        target: what was set as a goal.
        note: what a reader must know to judge it.
    """

    key: str
    title: str
    value: float
    unit: Unit = "seconds"
    p95: float | None = None
    n: int = 1
    processor: float | None = None
    baseline: Baseline | None = None
    target: Target | None = None
    note: str = ""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def ratio(self) -> float | None:
        """The value as a multiple of the baseline's; None without one."""
        if self.baseline is None or not self.baseline.value:
            return None
        return self.value / self.baseline.value

    @computed_field  # type: ignore[prop-decorator]
    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without one."""
        if self.target is None:
            return None
        reached = {"value": self.value, "p95": self.p95, "ratio": self.ratio}[self.target.of]
        if reached is None:
            return False
        return reached <= self.target.limit if self.target.bound == "at most" else reached >= self.target.limit

    @property
    def section(self) -> str:
        """The section it belongs to."""
        return self.key.partition(".")[0]

    @classmethod
    def timed(
        cls,
        key: str,
        title: str,
        timing: Timing,
        *,
        baseline: Baseline | None = None,
        target: Target | None = None,
        note: str = "",
    ) -> "Figure":
        """A figure of something done again and again."""
        return cls(
            key=key,
            title=title,
            value=timing.p50,
            p95=timing.p95,
            n=timing.n,
            processor=timing.processor,
            baseline=baseline,
            target=target,
            note=note,
        )


class Missing(BaseModel):
    """What could not be measured, and why."""

    section: str
    why: str


class Machine(BaseModel):
    """What the figures were taken on.

    Args:
        processor: its name.
        instructions: those of its instruction sets that 8-bit products gain by.
        cores: that this process may use.
        memory: bytes.
        system: name and release.
        python: version.
        packages: versions of those that matter for speed.
        revision: of the checkout, with `+changes` where files differ from it; empty outside of one.
        code: hash of the code that was measured.
        load: processes that wanted a core before the run began, on average over a minute; figures of a busy machine
            are too high.
    """

    processor: str
    instructions: list[str]
    cores: int
    memory: int
    system: str
    python: str
    packages: dict[str, str]
    revision: str
    code: str
    load: float


class Report(BaseModel):
    """One run of the benchmark.

    Args:
        started: when, with the offset to UTC.
        seconds: it took.
        mode: `quick` or `full`.
        corpus: the cards it was run on.
        machine: where.
        sections: what was to be measured.
        figures: what was.
        missing: what was not.
    """

    started: str
    seconds: float = 0.0
    mode: Literal["quick", "full"]
    corpus: str
    machine: Machine
    sections: list[str]
    figures: list[Figure] = Field(default_factory=list)
    missing: list[Missing] = Field(default_factory=list)

    @property
    def busy(self) -> bool:
        """Whether others wanted so much of the machine that its figures say little."""
        return self.machine.load > 0.3 * self.machine.cores

    def save(self, path: Path) -> None:
        """Write it; a reader never meets half of it."""
        write_whole(path, self.model_dump_json(indent=1, exclude_none=True) + "\n")

    @classmethod
    def load(cls, path: Path) -> "Report":
        """Read it again.

        Raises:
            UserError: the file cannot be read or is none.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror or error})") from None
        except ValidationError:
            raise UserError(f"{path}: not a report of this benchmark") from None
