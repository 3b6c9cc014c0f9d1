"""What Ctrl-C does: it ends the program at once, or only the answer that a chat is waiting for."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

# Shells report a program that Ctrl-C ended as 128 + SIGINT.
INTERRUPTED = 130
_SHOW_CURSOR = b"\r\x1b[K\x1b[?25h"

_raises = threading.Event()


@contextmanager
def ended_by_ctrl_c() -> Iterator[None]:
    """Let Ctrl-C end the process with 130, quietly and at once.

    An exception instead would be raised wherever the program happens to be: inside an import it can be
    swallowed, printed, or leave a lock behind that the next import waits for. The store survives a kill.
    """
    # A program that runs us in a thread, or has a handler of its own, keeps it.
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _pressed)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def stopped_by_ctrl_c() -> Iterator[None]:
    """Let Ctrl-C raise `KeyboardInterrupt` here; a second one, before it got through, ends the process."""
    _raises.set()
    try:
        yield
    finally:
        _raises.clear()


def _pressed(number: int, frame: FrameType | None) -> None:
    if _raises.is_set():
        _raises.clear()
        raise KeyboardInterrupt
    _leave()


def _leave() -> NoReturn:
    # A progress bar hides the cursor. The buffered streams cannot be used: they may be what was interrupted.
    for descriptor in (1, 2):
        if os.isatty(descriptor):
            os.write(descriptor, _SHOW_CURSOR)
    os._exit(INTERRUPTED)
