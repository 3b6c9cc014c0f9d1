"""A scripted model that writes as fast as a real one: fifty tokens a second."""

from collections.abc import Iterator
from contextlib import contextmanager

from scripted_exchange import BEHAVIOURS, Wire
from scripted_server import ScriptedServer

_A_TOKEN = 1 / 50
_TOKENS_PER_WORD = 4 / 3


def _paced(wire: Wire) -> None:
    """Three sentences of the evidence, word by word."""
    words = "".join(wire.asked.truth(which) for which in range(3)).split(" ")
    wire.head()
    for number in wire.ticks(_A_TOKEN * _TOKENS_PER_WORD):
        if number == len(words):
            break
        wire.event(f"{words[number]} ")
    wire.done()


@contextmanager
def paced_model() -> Iterator[ScriptedServer]:
    """A server of that model; its script is known only meanwhile, for it takes too long for tests of every script."""
    BEHAVIOURS["paced"] = _paced
    try:
        with ScriptedServer("paced") as server:
            yield server
    finally:
        del BEHAVIOURS["paced"]
