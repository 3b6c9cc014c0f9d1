"""Runs the suite: asks every system its items, scores what comes back and makes the report."""

import os
import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals import corpus, datasets
from evals.asking import asked, systems_of, works_of
from evals.confidence import signals_of
from evals.datasets.models import AnyItem
from evals.measuring import measures_of
from evals.metrics import MEASURED
from evals.record import Record, code_version
from evals.results import OURS, Outcome, Part, Report, RunInfo
from evals.scoring import Scorer
from evals.selection import concerns, limited, parts_named
from evals.systems import Bench
from evals.systems.memory import Memory
from vectorstore.errors import UserError

if TYPE_CHECKING:
    from assistant import Assistant
    from assistant.settings import Settings
    from evals.systems import Progress


def run(
    parts: Sequence[str] | None = None,
    *,
    assistant: "Assistant | None" = None,
    settings: "Settings | None" = None,
    dataset: Path | str | Sequence[Path | str] | None = None,
    builtin: bool = True,
    limit: int | None = None,
    out: Path | str | None = None,
    cards: Path | str | None = None,
    without_aids: bool = False,
    baselines: bool = True,
    ablations: bool = True,
    context: bool = False,
    peers_python: Path | str | None = None,
    seed: int = 0,
    progress: "Progress | None" = None,
) -> Report:
    """Measure the assistant, what a user would otherwise have, and the assistant with parts switched off.

    Every outcome is written to `out` as it comes. An interrupted run goes on where it was, and a repeated
    one asks nothing again, until the collection, the code or the settings change.

    Args:
        parts: any of `retrieval`, `answers`, `citations`, `abstention`, `claims`, `conversations`; None for all.
        assistant: who is measured; None makes one from the settings.
        settings: configuration; read from the environment when not given.
        dataset: files of the user's own questions and claims, asked beside the built-in ones.
        builtin: False leaves the built-in ones out.
        limit: at most so many items of each kind, always the same ones.
        out: folder for outcomes and `report.json`; None for `evals` in the assistant's home.
        cards: a card file to measure on instead of the configured collection; its collection is made in `out`.
        without_aids: take the titles and questions of the built-in corpus from those cards.
        baselines, ablations: whether to measure the others too.
        context: measure passages without their card's title too, which embeds all of them anew.
        peers_python: interpreter that has `paper-qa`.
        seed: of the bootstrap.
        progress: called with (done, total, what).

    Returns:
        The report, which `out/report.json` holds too.

    Raises:
        UserError: a part, a data set, a card file or a setting cannot be used.
    """
    began = time.monotonic()
    started = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
    _need_libraries()
    tell: Progress = progress or (lambda done, total, what: None)
    wanted = parts_named(parts)
    questions = _Questions.read(dataset, builtin=builtin)
    place = _Place(Path(cards) if cards is not None else None, without_aids)
    folder, assistant = place.opened(assistant, settings, out, tell)
    bench = Bench(assistant, folder, Path(peers_python) if peers_python is not None else None, tell)
    items, note = questions.askable(bench, without_aids)
    items = limited([item for item in items if any(concerns(part, item) for part in wanted)], limit)
    if not items:
        raise UserError("nothing is left to ask: no question or claim is about these parts and this collection")
    memory = Memory(bench)
    works = works_of(
        bench, memory, items, wanted, with_baselines=baselines, with_ablations=ablations, with_context=context
    )
    content = corpus.content_of(bench.cards.values())
    record = Record(folder / "outcomes.jsonl", code_version())
    try:
        outcomes, reused = asked(works, record, _circumstances(bench, content), tell)
    finally:
        record.close()
        for work in works:
            work.close()
    by_id = {item.id: item for item in items}
    _add_signals(outcomes, by_id, memory, wanted, tell)
    tell(0, 1, "scoring")
    checker = assistant.checker()
    Scorer(
        by_id,
        bench.cards,
        lambda text, quotes: checker.assess(text, quotes).label == "supported",
        wanted,
        {work.system.info.name: work.parts for work in works if work.parts is not None},
    ).score(outcomes)
    measures = measures_of(outcomes, by_id, seed=seed)
    used = {measure.metric for measure in measures}
    report = Report(
        info=RunInfo(
            started=started,
            seconds=round(time.monotonic() - began, 1),
            parts=wanted,
            limit=limit,
            seed=seed,
            version=version("paper-card-assistant"),
            code=code_version(),
            datasets=questions.hashes(),
            corpus=corpus.described(list(bench.cards.values()), place.cards, without_aids=without_aids),
            cards=len(bench.cards),
            revision=content,
            embedder=bench.embedder.fingerprint,
            model=bench.model,
            machine=_machine(),
            reused=reused,
        ),
        systems=systems_of(works),
        metrics=[measured.metric for measured in MEASURED if measured.metric.key in used],
        measures=measures,
        items=items,
        outcomes=outcomes,
        notes=[note] if note else [],
    )
    report.save(folder / "report.json")
    tell(1, 1, "scoring")
    return report


@dataclass(frozen=True)
class _Questions:
    """What may be asked, and where it comes from."""

    items: Sequence[AnyItem]
    files: Sequence[Path]
    builtin: bool

    @classmethod
    def read(cls, dataset: Path | str | Sequence[Path | str] | None, *, builtin: bool) -> "_Questions":
        given = [dataset] if isinstance(dataset, str | Path) else list(dataset or ())
        files = [Path(each) for each in given]
        items: list[AnyItem] = list(datasets.builtin_items()) if builtin else []
        for path in files:
            items += datasets.read_items(path, known=items)
        return cls(items, files, builtin)

    def askable(self, bench: Bench, without_aids: bool) -> tuple[list[AnyItem], str]:
        items = corpus.as_strangers(self.items) if without_aids else self.items
        ours = [item.id for item in datasets.builtin_items()] if self.builtin else []
        return corpus.askable(items, bench.cards, ours)

    def hashes(self) -> dict[str, str]:
        found = {}
        if self.builtin:
            text = "\n".join(item.model_dump_json() for item in datasets.builtin_items())
            found["built-in"] = sha256(text.encode()).hexdigest()[:12]
        return found | {path.name: sha256(path.read_bytes()).hexdigest()[:12] for path in self.files}


@dataclass(frozen=True)
class _Place:
    """Which collection is measured."""

    cards: Path | None
    without_aids: bool

    def opened(
        self,
        assistant: "Assistant | None",
        settings: "Settings | None",
        out: Path | str | None,
        progress: "Progress",
    ) -> "tuple[Path, Assistant]":
        """The folder of the run, and who is measured, ready to be asked."""
        from assistant import Assistant
        from assistant.settings import load_settings

        if self.without_aids and self.cards is None:
            raise UserError("aids can be taken away only from the cards of a file; give it with --cards FILE")
        if assistant is not None and self.cards is not None:
            raise UserError("give an assistant or a card file, not both")
        settings = assistant.settings if assistant is not None else settings or load_settings()
        folder = Path(out) if out is not None else settings.home / "evals"
        folder.mkdir(parents=True, exist_ok=True)
        if self.cards is not None:
            home = folder / ("collection-without-aids" if self.without_aids else "collection")
            assistant = corpus.collection_of(
                self.cards, home, settings, without_aids=self.without_aids, progress=progress
            )
        assistant = assistant or Assistant(settings, progress=progress)
        assistant.ready()
        return folder, assistant


def _need_libraries() -> None:
    try:
        import ir_measures  # noqa: F401
        import scipy  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"the evaluation needs {error.name}, which is not installed; type "
            "pip install 'paper-card-assistant[eval]', or pip install '.[eval]' in a checkout"
        ) from None


def _circumstances(bench: Bench, content: str) -> dict[str, Any]:
    """What every outcome depends on, beside who was asked what."""
    assistant, settings = bench.assistant, bench.assistant.settings
    written: dict[str, Any] = {}
    if bench.model is not None:
        named = ("openai_base_url", "verify", "evidence", "model_max_tokens", "context_tokens")
        written = {"model": bench.model} | {name: getattr(settings, name) for name in named}
    return {
        "content": content,
        "code": code_version(),
        "assistant": f"{type(assistant).__module__}.{type(assistant).__qualname__}",
        "embedder": bench.embedder.fingerprint,
        "model": written,
    }


def _add_signals(
    outcomes: Iterable[Outcome],
    items: Mapping[str, AnyItem],
    memory: Memory,
    parts: Sequence[Part],
    progress: "Progress",
) -> None:
    """What the assistant's decision to answer rested on, for the questions it was asked out of the blue."""
    if "abstention" not in parts:
        return
    theirs = [each for each in outcomes if each.task == "answer" and each.system == OURS]
    theirs = [each for each in theirs if concerns("abstention", items[each.item])]
    retriever = memory.retriever()
    for done, outcome in enumerate(theirs, start=1):
        outcome.signals = signals_of(items[outcome.item].asked, retriever)
        progress(done, len(theirs), "confidence")


def _machine() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{platform.system()} {platform.machine()}, {cores} cores, Python {platform.python_version()}"
