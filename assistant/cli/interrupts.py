"""Ctrl-C, remembered: libraries turn its exception into one of their own now and then."""

import signal
import threading
from types import FrameType

_seen = threading.Event()


def watch_for_ctrl_c() -> None:
    """From now on remember Ctrl-C; it is raised as `KeyboardInterrupt` as always."""
    _seen.clear()
    # A program that runs us in a thread, or has a handler of its own, keeps it.
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _remember)


def _remember(number: int, frame: FrameType | None) -> None:
    _seen.set()
    raise KeyboardInterrupt


def was_interrupted() -> bool:
    """Whether Ctrl-C was pressed, whatever exception it became."""
    return _seen.is_set()


def forget_ctrl_c() -> None:
    """The interruption has been dealt with."""
    _seen.clear()
