"""Many users at once: asks a running server over its queue, and says how long they wait.

assistant serve --no-open --port 7860
python -m evals.load http://127.0.0.1:7860 --users 30 --seconds 120
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
from pydantic import BaseModel

from evals.datasets import builtin_items
from evals.datasets.models import Single
from vectorstore.errors import UserError


class Load(BaseModel):
    """What a run of many users gave; seconds are wall-clock, percentiles over all answers.

    Args:
        users: at once.
        seconds: that the run took.
        answers: that came, verified.
        errors: what went wrong, how often each.
        first_p50: median from asking to the first event of the queue; of the page, to the first that it shows.
        first_p95: 95th percentile of the same.
        answer_p50: median from asking to the verified answer.
        answer_p95: 95th percentile of the same.
        answer_max: the longest.
    """

    users: int
    seconds: float
    answers: int
    errors: dict[str, int]
    first_p50: float
    first_p95: float
    answer_p50: float
    answer_p95: float
    answer_max: float

    @property
    def text(self) -> str:
        """The same in a few lines."""
        failed = sum(self.errors.values())
        lines = [
            f"{self.users} users, {self.seconds:.0f} s: {self.answers} answers, {failed} errors",
            f"first event  p50 {self.first_p50:.2f} s  p95 {self.first_p95:.2f} s",
            f"answer       p50 {self.answer_p50:.2f} s  p95 {self.answer_p95:.2f} s  longest {self.answer_max:.2f} s",
        ]
        return "\n".join(lines + [f"{times} x {error}" for error, times in self.errors.items()])


@dataclass
class _Seen:
    """What the users have met so far."""

    first: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)


def load(
    url: str,
    *,
    users: int = 30,
    seconds: float = 120.0,
    pause: float = 0.0,
    page: bool = False,
    questions: Sequence[str] | None = None,
    auth: tuple[str, str] | None = None,
    seed: int = 0,
) -> Load:
    """Have users ask a server, each one question after another, and measure.

    Args:
        url: of a server that `assistant serve` runs.
        users: at once.
        seconds: after which nobody asks again; answers under way are waited for.
        pause: seconds that a user reads an answer before asking again, on average (exponential).
        page: ask as the page's chat does, which streams and keeps the conversation, and not as a program.
        questions: what they ask; those about one card of the evaluation suite without it.
        auth: name and password, where the server asks for them.
        seed: of the order of questions and of the pauses.

    Raises:
        UserError: there is no such server.
    """
    return asyncio.run(_loaded(url.rstrip("/"), users, seconds, pause, page, questions or _questions(), auth, seed))


@dataclass(frozen=True)
class _Endpoint:
    """What the queue needs to know of one endpoint.

    Args:
        number: by which the queue knows it.
        inputs: that it takes; the question is the first.
        shows: how the first event begins that a user sees something of.
    """

    number: int
    inputs: int
    shows: str


async def _loaded(
    url: str,
    users: int,
    seconds: float,
    pause: float,
    page: bool,
    questions: Sequence[str],
    auth: tuple[str, str] | None,
    seed: int,
) -> Load:
    seen = _Seen()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits, auth=auth) as client:
        endpoint = await _endpoint(client, "asked" if page else "answer")
        began = time.perf_counter()
        until = began + seconds
        # Each user is a browser of its own: with several workers the server tells them apart by a cookie.
        await asyncio.gather(
            *(
                _user(client, endpoint, questions, until, pause, random.Random(seed + each), seen)  # noqa: S311
                for each in range(users)
            )
        )
        took = time.perf_counter() - began
    first, whole = (np.asarray(values or [float("nan")]) for values in (seen.first, seen.whole))
    return Load(
        users=users,
        seconds=took,
        answers=len(seen.whole),
        errors=seen.errors,
        first_p50=float(np.percentile(first, 50)),
        first_p95=float(np.percentile(first, 95)),
        answer_p50=float(np.percentile(whole, 50)),
        answer_p95=float(np.percentile(whole, 95)),
        answer_max=float(whole.max()),
    )


async def _endpoint(client: httpx.AsyncClient, name: str) -> _Endpoint:
    """What the queue needs to know of an endpoint."""
    try:
        config = (await client.get("/config")).raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise UserError(f"no server answers at {client.base_url}: {error}; start one with `assistant serve`") from None
    for dependency in config["dependencies"]:
        if dependency["api_name"] == name:
            return _Endpoint(
                int(dependency["id"]), len(dependency["inputs"]), "process_generating" if name == "asked" else ""
            )
    raise UserError(f"the server at {client.base_url} has no endpoint {name}")


async def _user(
    client: httpx.AsyncClient,
    endpoint: _Endpoint,
    questions: Sequence[str],
    until: float,
    pause: float,
    chance: random.Random,
    seen: _Seen,
) -> None:
    cookies = httpx.Cookies()
    opening = await client.get("/", headers={"Accept": "text/html"})
    cookies.update(opening.cookies)
    kept = "; ".join(f"{name}={value}" for name, value in cookies.items())
    headers = {"Cookie": kept} if kept else {}
    while time.perf_counter() < until:
        try:
            await _asked(client, endpoint, chance.choice(questions), headers, f"{chance.getrandbits(64):x}", seen)
        except (httpx.HTTPError, ValueError, KeyError) as error:
            _count(seen, f"{type(error).__name__}: {error}")
            await asyncio.sleep(0.5)
        if pause:
            await asyncio.sleep(chance.expovariate(1 / pause))


async def _asked(
    client: httpx.AsyncClient, endpoint: _Endpoint, question: str, headers: dict[str, str], session: str, seen: _Seen
) -> None:
    inputs = [question, *[None] * (endpoint.inputs - 1)]
    body = {"data": inputs, "fn_index": endpoint.number, "session_hash": session}
    began = time.perf_counter()
    (await client.post("/gradio_api/queue/join", json=body, headers=headers)).raise_for_status()
    first, failed = None, False
    events = client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}, headers=headers)
    async with events as answering:
        answering.raise_for_status()
        async for line in answering.aiter_lines():
            if not line.startswith("data:"):
                continue
            event: dict[str, Any] = json.loads(line[5:])
            waited = time.perf_counter() - began
            if first is None and event["msg"].startswith(endpoint.shows):
                first = waited
            # The page shows what went wrong in place of an answer.
            failed = failed or "answer failed" in line
            if event["msg"] == "process_completed":
                if failed:
                    _count(seen, "the page says that it failed")
                elif event["success"]:
                    seen.first.append(waited if first is None else first)
                    seen.whole.append(waited)
                else:
                    _count(seen, str(event["output"].get("error")))
                return
    _count(seen, "the answer did not come")


def _count(seen: _Seen, error: str) -> None:
    seen.errors[error] = seen.errors.get(error, 0) + 1


def _questions() -> list[str]:
    return [item.question for item in builtin_items() if isinstance(item, Single)]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; exits with 1 where there was an error."""
    parser = argparse.ArgumentParser(prog="python -m evals.load", description=__doc__.split("\n\n")[0])
    parser.add_argument("url", help="of a server that `assistant serve` runs")
    parser.add_argument("--users", type=int, default=30, help="at once (%(default)s)")
    parser.add_argument("--seconds", type=float, default=120.0, help="how long they ask (%(default)s)")
    parser.add_argument(
        "--pause", type=float, default=0.0, help="seconds between two questions of a user (%(default)s)"
    )
    parser.add_argument("--page", action="store_true", help="ask as the page's chat does, not as a program")
    parser.add_argument("--auth", metavar="NAME:PASSWORD", help="for a server that asks for them")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(arguments)
    name, _, password = (given.auth or "").partition(":")
    try:
        result = load(
            given.url,
            users=given.users,
            seconds=given.seconds,
            pause=given.pause,
            page=given.page,
            auth=(name, password) if name else None,
        )
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(result.model_dump_json(indent=2) if given.json else result.text)
    return 1 if result.errors else 0


if __name__ == "__main__":
    raise SystemExit(main())
