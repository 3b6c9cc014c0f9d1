"""Progress bars on stderr; silence where stderr is not a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from assistant.cli.terminal import clean, console

Progress = Callable[[int, int, str], None]


def _silent(done: int, total: int, what: str) -> None:
    """No one is watching."""


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Give a function that shows (done, total, what) as a bar; total 0 means unknown.

    Nothing is drawn before the first call, and nothing is left afterwards.
    """
    if not sys.stderr.isatty():
        yield _silent
        return

    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=console(sys.stderr),
        transient=True,
    )
    tasks: dict[str, TaskID] = {}
    watching = True

    def show(done: int, total: int, what: str) -> None:
        # An assistant keeps this function; what it reports after its set-up must not draw into an answer.
        if not watching:
            return
        if what not in tasks:
            bars.start()
            for earlier in tasks.values():
                bars.update(earlier, visible=False)
            tasks[what] = bars.add_task(clean(what), total=total or None)
        bars.update(tasks[what], completed=done, total=total or None, visible=True)

    try:
        yield show
    finally:
        watching = False
        bars.stop()
