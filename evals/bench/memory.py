"""Peak memory of a process."""

import resource
import sys
from pathlib import Path


def peak() -> int:
    """The most memory that this process has held so far, in bytes.

    Linux's `ru_maxrss` begins with what the parent held when it started the process, so the kernel's mark of the
    address space itself is read where there is one.
    """
    return _mark(Path("/proc/self/status")) or _maxrss(resource.RUSAGE_SELF)


def peak_with_children() -> int:
    """The same, with what each child process that still runs has held at most."""
    total = peak()
    for task in Path("/proc/self/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        total += sum(_mark(Path(f"/proc/{child}/status")) for child in children)
    return total


def _mark(status: Path) -> int:
    try:
        lines = status.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def _maxrss(who: int) -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(who).ru_maxrss * unit
