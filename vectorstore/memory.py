"""Gives freed memory back to the system."""

import ctypes
from contextlib import suppress


def give_back() -> None:
    """Have the C library return what was freed; it keeps it, in pieces too small for what the next step asks for.

    Does nothing where the library is not glibc.
    """
    with suppress(OSError, TypeError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
