"""Readers who hold conversations, rate answers, and note down everything that the server acknowledged."""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from evals.visiting import Lost, Refused, Said, Site, Visitor

_FOLLOWUPS = ("And what was it tested on?", "How does it work?", "它的效果如何?", "show all")
_RATED = 0.3
_AFTER_FAILURE_SECONDS = 1.0
# Addresses and numbers differ from one message to the next.
_VARYING = re.compile(r"https?://\S+|\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Kept:
    """An answer that the page showed as kept.

    Args:
        question: as asked.
        said: what came of it.
    """

    question: str
    said: Said


@dataclass
class Record:
    """What all readers met.

    Args:
        answers: that the page showed.
        ratings: by the turn's id, with the comment, of those that the server took.
        said: failures with a message, how often each.
        unsaid: failures without one.
    """

    answers: list[Kept] = field(default_factory=list)
    ratings: dict[str, tuple[str, str]] = field(default_factory=dict)
    said: Counter[str] = field(default_factory=Counter)
    unsaid: Counter[str] = field(default_factory=Counter)


async def reader(
    client: httpx.AsyncClient,
    site: Site,
    questions: Sequence[str],
    until: float,
    pause: float,
    chance: random.Random,
    record: Record,
) -> None:
    """Hold one conversation after another.

    Args:
        client: reaches the server.
        site: what the server offers.
        questions: to begin with; may grow meanwhile.
        until: no question is asked after this, by `time.monotonic`.
        pause: seconds of reading between two questions, on average.
        chance: decides everything else.
        record: is added to.
    """
    visitor = Visitor(client, site, f"{chance.getrandbits(64):x}")
    await asyncio.sleep(chance.uniform(0, pause))
    opened = follows = False
    while time.monotonic() < until:
        try:
            if not opened:
                await visitor.opens()
                opened = True
            if not follows:
                visitor.begins_anew()
            question = chance.choice(_FOLLOWUPS if follows else questions)
            said = await visitor.asks(question)
            if said.failed:
                record.said[_alike(said.failed)] += 1
                await asyncio.sleep(_AFTER_FAILURE_SECONDS)
                continue
            record.answers.append(Kept(question, said))
            follows = chance.random() < 0.6
            if chance.random() < _RATED:
                rating, comment = chance.choice(["up", "down"]), chance.choice(["", "the second sentence", "很好"])
                await visitor.rates(said.turn, rating, comment)
                record.ratings[said.turn] = (rating, comment)
        except Refused as error:
            record.said[_alike(str(error))] += 1
            await asyncio.sleep(_AFTER_FAILURE_SECONDS)
        except (httpx.HTTPError, Lost, ValueError, LookupError, TypeError) as error:
            record.unsaid[f"{type(error).__name__}: {_alike(str(error))}"] += 1
            await asyncio.sleep(_AFTER_FAILURE_SECONDS)
        await asyncio.sleep(chance.expovariate(1 / pause))


def _alike(message: str) -> str:
    return _VARYING.sub("…", message)[:200]
