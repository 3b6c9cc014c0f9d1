"""The run itself: servers up, readers in, store away and back, cards added, and everything checked afterwards."""

import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from evals.datasets import builtin_items
from evals.datasets.models import BaseQuestion
from evals.endurance.checks import growth, lost, traces, turns_of, wrong_answers
from evals.endurance.readers import Record, reader
from evals.load import browsers
from evals.standing import ChromaServer, PageServer, environment, model_server
from evals.visiting import Site
from vectorstore.cards import PaperCard
from vectorstore.errors import UserError
from vectorstore.readers import read_cards

# When the store goes away, and when cards come in, as shares of the run.
_RESTART_AT, _INGEST_AT = 0.3, 0.5
_AWAY_SECONDS = 2.0
_SAMPLE_SECONDS = 2.0
_NEW_CARDS = 20
# Of a run that is long enough to tell, memory is flat if it would grow by less than this share in as long again.
_LONG_MINUTES, _FLAT = 5.0, 0.1
# A model that is silent costs its reader this long; the default of a minute would fill the run with waiting.
_MODEL_SECONDS = 10


class Endurance(BaseModel):
    """What a run gave.

    Args:
        minutes: that readers asked.
        users: at once.
        workers: processes that answered.
        failing: share of the model's requests that failed.
        answers: shown, by who wrote them.
        text_p50: median of seconds from asking to the first words.
        text_p95: 95th percentile of the same.
        ratings: that the server took.
        wrong: answers that break a guarantee, a line each.
        lost: answers and ratings that were acknowledged and are not there, a line each.
        said: failures with a message, how often each.
        unsaid: failures without one.
        traces: errors in the server's log that nobody thought of.
        new_cards: how many came in meanwhile; 0 where that failed.
        new_answers: answers that cite one of them.
        memory: of the server towards the end, in MB; 0 where the system does not tell.
        memory_slope: in MB a minute over the last 40% of the time.
    """

    minutes: float
    users: int
    workers: int
    failing: float
    answers: dict[str, int]
    text_p50: float
    text_p95: float
    ratings: int
    wrong: list[str]
    lost: list[str]
    said: dict[str, int]
    unsaid: dict[str, int]
    traces: int
    new_cards: int
    new_answers: int
    memory: float
    memory_slope: float

    @property
    def flat(self) -> bool:
        """Whether memory stayed; a short run cannot tell, and counts as flat."""
        return self.minutes < _LONG_MINUTES or self.memory_slope * self.minutes < _FLAT * self.memory

    @property
    def ok(self) -> bool:
        """Whether everything held."""
        return bool(
            self.answers
            and self.new_cards
            and self.flat
            and not (self.wrong or self.lost or self.unsaid or self.traces)
        )

    @property
    def text(self) -> str:
        """The same as a table."""
        rows = [
            ("readers, minutes, workers", f"{self.users}, {self.minutes:g}, {self.workers}"),
            ("model requests that fail", f"{self.failing:.0%}"),
            ("answers", ", ".join(f"{count} {mode}" for mode, count in self.answers.items()) or "none"),
            ("Enter to the first words", f"p50 {self.text_p50:.2f} s, p95 {self.text_p95:.2f} s"),
            ("ratings", str(self.ratings)),
            ("wrong answers", str(len(self.wrong))),
            ("answers or ratings lost", str(len(self.lost))),
            ("failures with a message", str(sum(self.said.values()))),
            ("failures without one", str(sum(self.unsaid.values()))),
            ("unforeseen errors in the log", str(self.traces)),
            ("cards ingested meanwhile", f"{self.new_cards}, cited by {self.new_answers} answers"),
            ("memory at the end", f"{self.memory:.0f} MB, {self.memory_slope:+.1f} MB a minute"),
            ("everything held", "yes" if self.ok else "NO"),
        ]
        width = max(len(name) for name, _ in rows)
        lines = [f"{name:<{width}}  {value}" for name, value in rows]
        lines += [f"  said {times} x {message}" for message, times in self.said.items()]
        lines += [f"  UNSAID {times} x {message}" for message, times in self.unsaid.items()]
        lines += [f"  WRONG {line}" for line in self.wrong] + [f"  LOST {line}" for line in self.lost]
        return "\n".join(lines)


@dataclass(frozen=True)
class Plan:
    """What to run.

    Args:
        minutes: that readers ask.
        users: at once.
        failing: share of the model's requests that fail.
        tokens: that the model writes a second.
        pause: seconds that a reader reads, on average.
        workers: processes that answer.
        cards: a card file to ask about; the built-in corpus without it.
        home: state folder; a temporary one without it. Embedder and vectors in it are used.
        seed: of everything that chance decides.
    """

    minutes: float = 10.0
    users: int = 50
    failing: float = 1 / 3
    tokens: float = 50.0
    pause: float = 10.0
    workers: int = 1
    cards: Path | None = None
    home: Path | None = None
    seed: int = 0


def endure(plan: Plan) -> Endurance:
    """Run it.

    Raises:
        UserError: a part does not start.
    """
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        home = plan.home or Path(temporary) / "home"
        new = _written_cards(Path(temporary) / "new.jsonl")
        chroma = stack.enter_context(ChromaServer(Path(temporary) / "chroma"))
        settings = {
            "ASSISTANT_HOME": str(home),
            "ASSISTANT_STORE": chroma.url,
            "ASSISTANT_BUILTIN_CORPUS": "false" if plan.cards else "true",
            "ASSISTANT_MODEL": "scripted",
            "ASSISTANT_MODEL_TIMEOUT": str(_MODEL_SECONDS),
            "OPENAI_BASE_URL": stack.enter_context(model_server(plan.tokens, plan.failing, plan.seed)),
        }
        if plan.cards and not _ingested(plan.cards, settings):
            raise UserError(f"{plan.cards} could not be ingested")
        server = stack.enter_context(PageServer(settings, workers=plan.workers))
        record, samples, came_in = asyncio.run(_under_load(plan, server, chroma, settings, new))
        server.stop()
        turns = turns_of(home, record)
        modes = Counter[str](turn.answer.mode for turn in turns.values() if turn.answer.status == "answered")
        modes["without an answer in the cards"] = len(turns) - modes.total()
        fresh = {card.id for card in read_cards(new).cards}
        level, slope = growth(samples)
        text = [kept.said.text for kept in record.answers] or [float("nan")]
        return Endurance(
            minutes=plan.minutes,
            users=plan.users,
            workers=plan.workers,
            failing=plan.failing,
            answers=dict(modes),
            text_p50=float(np.percentile(text, 50)),
            text_p95=float(np.percentile(text, 95)),
            ratings=len(record.ratings),
            wrong=wrong_answers(record, turns, _cards(plan, new)),
            lost=lost(record, turns),
            said=dict(record.said),
            unsaid=dict(record.unsaid),
            traces=traces(server.said),
            new_cards=len(fresh) if came_in else 0,
            new_answers=sum(any(c.card_id in fresh for c in turn.answer.citations) for turn in turns.values()),
            memory=level,
            memory_slope=slope,
        )


async def _under_load(
    plan: Plan, server: PageServer, chroma: ChromaServer, settings: dict[str, str], new: Path
) -> tuple[Record, list[tuple[float, float]], bool]:
    """Readers, incidents and samples of memory side by side."""
    record, questions = Record(), _questions(plan)
    samples: list[tuple[float, float]] = []
    began = time.monotonic()
    seconds = 60 * plan.minutes
    until = began + seconds

    async def incidents() -> bool:
        await asyncio.sleep(_RESTART_AT * seconds)
        await asyncio.to_thread(chroma.stop)
        await asyncio.sleep(_AWAY_SECONDS)
        await asyncio.to_thread(chroma.start)
        await asyncio.sleep(max(0.0, began + _INGEST_AT * seconds - time.monotonic()))
        came_in = await asyncio.to_thread(_ingested, new, settings)
        # As many as there are of the others, so that they are asked about.
        names = [card.title.split(":")[0] for card in read_cards(new).cards]
        questions.extend(f"How does {name} plan ahead?" for name in names for _ in range(len(questions) // len(names)))
        return came_in

    async def watched() -> None:
        while time.monotonic() < until:
            samples.append((time.monotonic(), server.memory()))
            await asyncio.sleep(_SAMPLE_SECONDS)

    async with browsers(server.url) as client:
        site = await Site.of(client)
        async with asyncio.TaskGroup() as group:
            happened = group.create_task(incidents())
            group.create_task(watched())
            for number in range(plan.users):
                chance = random.Random(1000 * plan.seed + number)  # noqa: S311 (no secret)
                group.create_task(reader(client, site, questions, until, plan.pause, chance, record))
    return record, samples, happened.result()


def _ingested(cards: Path, settings: dict[str, str]) -> bool:
    """Whether `assistant ingest` of a file ended well, in a process of its own beside the server."""
    command = [sys.executable, "-m", "assistant", "ingest", str(cards)]
    done = subprocess.run(command, env=environment(**settings), capture_output=True)  # noqa: S603 (our own program)
    return done.returncode == 0


def _cards(plan: Plan, new: Path) -> dict[str, PaperCard]:
    from vectorstore.corpus import builtin_cards

    held = read_cards(plan.cards).cards if plan.cards else builtin_cards()
    return {card.id: card for card in (*held, *read_cards(new).cards)}


def _questions(plan: Plan) -> list[str]:
    if plan.cards:
        return [f"What does {card.title.split(':')[0]} do?" for card in read_cards(plan.cards).cards]
    return [item.question for item in builtin_items() if isinstance(item, BaseQuestion)]


def _written_cards(path: Path) -> Path:
    """New cards, of papers that do not exist."""
    kinds: Sequence[str] = ("gardens", "kitchens", "tramways", "lighthouses")
    with path.open("w", encoding="utf-8") as file:
        for number in range(_NEW_CARDS):
            name, kind = f"Brindlewick{number}", kinds[number % len(kinds)]
            card = {
                "id": f"endurance-{number}",
                "category": "Notes",
                "title": f"{name}: planning {kind} ahead",
                "abstract": f"{name} plans {kind} ahead by drawing up a calendar of what each season needs. "
                f"It reaches {number + 40}.5% on the Larkmeadow test of {kind}, where plans made by hand stay below.",
            }
            file.write(json.dumps(card) + "\n")
    return path
