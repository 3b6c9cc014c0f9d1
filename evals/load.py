"""Many users at once: has them ask a server, and says how long they wait.

assistant serve --no-open --port 7860
python -m evals.load http://127.0.0.1:7860 --page --users 50 --seconds 120 --pause 10

Without an address it starts a server of its own with a scripted model, once for each number of workers:

python -m evals.load --users 50 --pause 10 --workers 1 2 4 --chroma
"""

import argparse
import asyncio
import itertools
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, aclosing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
import numpy as np
from pydantic import BaseModel

from evals.datasets import builtin_items
from evals.datasets.models import Single
from evals.standing import ChromaServer, PageServer, model_server
from evals.visiting import Endpoint, Lost, Refused, Site, Visitor, called
from vectorstore.errors import UserError

_FOLLOWUPS = ("And what was it tested on?", "What does it do differently from earlier work?", "它的实验结果如何?")
"""What a reader asks next, whatever was asked first."""

_FAILURES = (httpx.HTTPError, Refused, Lost, ValueError, LookupError)
_AFTER_FAILURE_SECONDS = 0.5


class Load(BaseModel):
    """What a run of many users gave; seconds are wall-clock, percentiles over all answers.

    Args:
        users: at once.
        seconds: that the run took.
        answers: that came, verified.
        errors: what went wrong, how often each.
        first_p50: median from asking to the first event of the queue; of the page, to the first that it shows.
        first_p95: 95th percentile of the same.
        text_p50: median from asking to the first words of the answer; for programs, to the verified answer.
        text_p95: 95th percentile of the same.
        answer_p50: median from asking to the verified answer.
        answer_p95: 95th percentile of the same.
        answer_max: the longest.
        workers: processes that answered, where the server was our own; 0 otherwise.
        processor: seconds of processor time that one answer cost the server; 0 where that is not known.
    """

    users: int
    seconds: float
    answers: int
    errors: dict[str, int]
    first_p50: float
    first_p95: float
    text_p50: float
    text_p95: float
    answer_p50: float
    answer_p95: float
    answer_max: float
    workers: int = 0
    processor: float = 0.0

    @property
    def text(self) -> str:
        """The same in a few lines."""
        failed = sum(self.errors.values())
        by = f", {self.workers} worker{'s' if self.workers > 1 else ''}" if self.workers else ""
        cost = f", {1000 * self.processor:.0f} ms of processor time each" if self.processor else ""
        rate = self.answers / self.seconds if self.seconds else 0.0
        lines = [
            f"{self.users} users{by}, {self.seconds:.0f} s: {self.answers} answers ({rate:.1f}/s{cost}), "
            f"{failed} errors",
            f"first event  p50 {self.first_p50:.2f} s  p95 {self.first_p95:.2f} s",
            f"first text   p50 {self.text_p50:.2f} s  p95 {self.text_p95:.2f} s",
            f"answer       p50 {self.answer_p50:.2f} s  p95 {self.answer_p95:.2f} s  longest {self.answer_max:.2f} s",
        ]
        return "\n".join(lines + [f"{times} x {error}" for error, times in self.errors.items()])


@dataclass
class _Seen:
    """What the users have met so far."""

    first: list[float] = field(default_factory=list)
    text: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)

    def answered(self, first: float, text: float, whole: float) -> None:
        self.first.append(first)
        self.text.append(text)
        self.whole.append(whole)

    def went_wrong(self, what: str) -> None:
        self.errors[what] = self.errors.get(what, 0) + 1


def load(
    url: str,
    *,
    users: int = 30,
    seconds: float = 120.0,
    pause: float = 0.0,
    turns: int = 3,
    page: bool = False,
    questions: Sequence[str] | None = None,
    auth: tuple[str, str] | None = None,
    seed: int = 0,
) -> Load:
    """Have users ask a server, each one question after another, and measure.

    Args:
        url: of a server that `assistant serve` runs.
        users: at once.
        seconds: after which nobody asks again; answers under way are waited for, and everyone asks once.
        pause: seconds that a user reads an answer before asking again, on average (exponential); they also begin
            within that time, and not all at once.
        turns: questions of a conversation, all but the first of them follow-ups; of the page only.
        page: ask as the page's chat does, which streams and keeps the conversation, and not as a program.
        questions: what conversations begin with; those about one card of the evaluation suite without it.
        auth: name and password, where the server asks for them.
        seed: of the order of questions and of the pauses.

    Raises:
        UserError: there is no such server.
    """
    plan = _Plan(tuple(questions or _questions()), seconds, pause, turns, page)
    return asyncio.run(_loaded(url.rstrip("/"), users, plan, auth, seed))


@dataclass(frozen=True)
class _Plan:
    """What each user does; see `load`."""

    questions: Sequence[str]
    seconds: float
    pause: float
    turns: int
    page: bool


async def _loaded(url: str, users: int, plan: _Plan, auth: tuple[str, str] | None, seed: int) -> Load:
    seen = _Seen()
    async with browsers(url, auth) as client:
        site = await Site.of(client)
        visitors = [Visitor(client, site, f"{seed}-{each}-{time.time_ns():x}") for each in range(users)]
        await asyncio.gather(*(visitor.opens() if plan.page else visitor.arrives() for visitor in visitors))
        asks = _reader if plan.page else partial(_program, client, site.endpoint("answer"))
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for each, visitor in enumerate(visitors):
                chance = random.Random(seed + each)  # noqa: S311 (no secret)
                group.create_task(asks(visitor, plan, began + plan.seconds, chance, seen))
        took = time.perf_counter() - began
    first, text, whole = (np.asarray(values or [float("nan")]) for values in (seen.first, seen.text, seen.whole))
    return Load(
        users=users,
        seconds=took,
        answers=len(seen.whole),
        errors=seen.errors,
        first_p50=float(np.percentile(first, 50)),
        first_p95=float(np.percentile(first, 95)),
        text_p50=float(np.percentile(text, 50)),
        text_p95=float(np.percentile(text, 95)),
        answer_p50=float(np.percentile(whole, 50)),
        answer_p95=float(np.percentile(whole, 95)),
        answer_max=float(whole.max()),
    )


def browsers(url: str, auth: tuple[str, str] | None = None) -> httpx.AsyncClient:
    """A client with a connection for each of many users."""
    unlimited = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    return httpx.AsyncClient(base_url=url, timeout=120, limits=unlimited, auth=auth)


async def _reader(visitor: Visitor, plan: _Plan, until: float, chance: random.Random, seen: _Seen) -> None:
    """Holds one conversation after another on the page."""
    for asked in itertools.count():
        await _pause(plan, chance)
        if asked and time.perf_counter() > until:
            return
        follows = asked % plan.turns
        if not follows:
            visitor.begins_anew()
        try:
            said = await visitor.asks(chance.choice(_FOLLOWUPS if follows else plan.questions))
        except _FAILURES as error:
            seen.went_wrong(f"{type(error).__name__}: {error}")
            await asyncio.sleep(_AFTER_FAILURE_SECONDS)
            continue
        if said.failed:
            seen.went_wrong(f"the page says: {said.failed}")
        else:
            seen.answered(said.first, said.text, said.whole)


async def _program(
    client: httpx.AsyncClient,
    endpoint: Endpoint,
    visitor: Visitor,
    plan: _Plan,
    until: float,
    chance: random.Random,
    seen: _Seen,
) -> None:
    """Calls the endpoint for programs, one question at a time."""
    for asked in itertools.count():
        await _pause(plan, chance)
        if asked and time.perf_counter() > until:
            return
        inputs = [chance.choice(plan.questions), *[None] * (endpoint.inputs - 1)]
        body = {"data": inputs, "fn_index": endpoint.number, "session_hash": f"{chance.getrandbits(64):x}"}
        began, first = time.perf_counter(), None
        try:
            async with aclosing(called(client, body, visitor.headers)) as events:
                async for event in events:
                    waited = time.perf_counter() - began
                    first = waited if first is None else first
                    if event["msg"] == "process_completed" and event["success"]:
                        seen.answered(first, waited, waited)
                    elif event["msg"] == "process_completed":
                        seen.went_wrong(str(event["output"].get("error")))
        except _FAILURES as error:
            seen.went_wrong(f"{type(error).__name__}: {error}")
            await asyncio.sleep(_AFTER_FAILURE_SECONDS)


async def _pause(plan: _Plan, chance: random.Random) -> None:
    if plan.pause:
        await asyncio.sleep(chance.expovariate(1 / plan.pause))


def _questions() -> list[str]:
    return [item.question for item in builtin_items() if isinstance(item, Single)]


@contextmanager
def _own(workers: int, home: Path, tokens: float, *, chroma: bool) -> Iterator[PageServer]:
    """A server of our own with a scripted model, and with a Chroma server where one is wanted."""
    with ExitStack() as stack:
        settings = {"ASSISTANT_HOME": str(home)}
        if tokens:
            settings |= {"OPENAI_BASE_URL": stack.enter_context(model_server(tokens)), "ASSISTANT_MODEL": "scripted"}
        else:
            settings |= {"ASSISTANT_MODEL": "none"}
        if chroma:
            settings["ASSISTANT_STORE"] = stack.enter_context(ChromaServer(home / "chroma")).url
        yield stack.enter_context(PageServer(settings, workers=workers))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; exits with 1 where there was an error."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", nargs="?", help="of a server that `assistant serve` runs; without it one of our own")
    parser.add_argument("--users", type=int, default=30, help="at once (%(default)s)")
    parser.add_argument("--seconds", type=float, default=120.0, help="how long they ask (%(default)s)")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds that a user reads, on average (%(default)s)")
    parser.add_argument("--turns", type=int, default=3, help="questions of one conversation (%(default)s)")
    parser.add_argument("--page", action="store_true", help="ask as the page's chat does, not as a program")
    parser.add_argument("--auth", metavar="NAME:PASSWORD", help="for a server that asks for them")
    own = parser.add_argument_group("a server of our own, always asked as the page's chat does")
    own.add_argument("--workers", type=int, nargs="+", default=[1], help="a run for each number of processes")
    own.add_argument("--tokens", type=float, default=50.0, help="that its model writes a second; 0 is no model")
    own.add_argument("--chroma", action="store_true", help="keep the cards in a `chroma run` server")
    own.add_argument("--home", type=Path, help="its state folder; a temporary one without it")
    parser.add_argument("--json", action="store_true", help="print JSON, one line a run")
    given = parser.parse_args(arguments)
    name, _, password = (given.auth or "").partition(":")
    measured = partial(load, users=given.users, seconds=given.seconds, pause=given.pause, turns=given.turns)
    failed = False
    try:
        if given.url:
            auth = (name, password) if name else None
            runs = iter([measured(given.url, page=given.page, auth=auth)])
        else:
            runs = _runs(given.workers, given.home, given.tokens, given.chroma, measured)
        for result in runs:
            print(result.model_dump_json() if given.json else result.text, flush=True)
            failed = failed or bool(result.errors)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return int(failed)


def _runs(
    workers: Sequence[int], home: Path | None, tokens: float, chroma: bool, measured: Callable[..., Load]
) -> Iterator[Load]:
    """A run for each number of workers; a server's first start sets the collection up."""
    with tempfile.TemporaryDirectory() as temporary:
        for number in workers:
            with _own(number, home or Path(temporary), tokens, chroma=chroma) as server:
                before = server.processor_seconds()
                result = measured(server.url, page=True)
                cost = (server.processor_seconds() - before) / max(1, result.answers)
                yield result.model_copy(update={"workers": number, "processor": cost})


if __name__ == "__main__":
    raise SystemExit(main())
