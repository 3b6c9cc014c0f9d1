"""An answer while it is being written: the unverified draft is shown dimmed and then taken away."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from assistant.cli.terminal import clean, console
from assistant.cli.wrapping import wrapped

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from assistant.types import Answer, Event


def watch(events: Iterable["Event"]) -> "Answer":
    """Follow the events of one question in the terminal.

    Args:
        events: from `Assistant.stream`.

    Returns:
        The verified answer; nothing of the draft is left on the screen.
    """
    from rich.live import Live

    from assistant.types import Answered, EvidenceFound, TextSoFar

    out = console()
    answer = None
    with Live(_spinner("searching"), console=out, transient=True, refresh_per_second=8) as live:
        for event in events:
            if isinstance(event, EvidenceFound):
                live.update(_spinner(f"reading {len(event.hits)} cards"))
            elif isinstance(event, Answered):
                answer = event.answer
            elif isinstance(event, TextSoFar):
                live.update(_draft(out, event.text))
            elif event.step != "writing":
                live.update(_spinner(event.step))
    if answer is None:
        raise RuntimeError("the stream of an answer ended without one")
    return answer


def _spinner(what: str) -> "RenderableType":
    from rich.spinner import Spinner
    from rich.text import Text

    return Spinner("dots", Text(what, style="dim"), style="dim")


def _draft(out: "Console", text: str) -> "RenderableType":
    from rich.text import Text

    lines = wrapped(Text(clean(text), style="dim"), out.width)
    # What does not fit on the screen cannot be taken away again, so only the end is shown.
    return Text("\n").join(lines[-max(1, out.height - 4) :])
