"""One tiny question to the configured model, for `assistant doctor`."""

import time

import prompts
from assistant.answering.model import ChatModel

_SHOWN = 60


def probe(model: ChatModel, timeout: float = 20.0) -> str:
    """Ask the model to say a word.

    Args:
        model: the configured model.
        timeout: seconds to wait at most.

    Returns:
        One line: what came back and how long it took.

    Raises:
        ModelError: what is wrong, and what to do.
    """
    model.load()
    began = time.monotonic()
    said = model.complete([{"role": "user", "content": prompts.load("probe").fill()}], timeout=timeout)
    words = " ".join(said.split())
    shown = words if len(words) <= _SHOWN else words[:_SHOWN].rstrip() + "…"
    return f"{model.endpoint} replied {shown!r} in {time.monotonic() - began:.1f} s"
