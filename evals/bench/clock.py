"""Times one thing again and again: wall-clock percentiles and processor time."""

import gc
import resource
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from evals.bench.results import Timing

T = TypeVar("T")


def timing_of(seconds: Sequence[float], processor: float | None = None) -> Timing:
    """What measured times come to.

    Args:
        seconds: of each time, at least one.
        processor: seconds of processor time of all of them together; None where they are not known.
    """
    import numpy as np

    p50, p95 = np.percentile(np.asarray(seconds, float), (50, 95))
    each = processor / len(seconds) if processor is not None else None
    return Timing(p50=float(p50), p95=float(p95), longest=max(seconds), n=len(seconds), processor=each)


def timed(do: Callable[[T], object], inputs: Iterable[T], told: Callable[[int], None] | None = None) -> Timing:
    """Do one thing with each input in turn, and time it.

    Args:
        do: what is done.
        inputs: what it is done with, at least one; warm up before.
        told: called with how many are done.
    """
    return timing_of(*each_timed(do, inputs, told))


def each_timed(
    do: Callable[[T], object], inputs: Iterable[T], told: Callable[[int], None] | None = None
) -> tuple[list[float], float]:
    """As `timed`, but the seconds of each time, and the processor time of all of them together."""
    seconds: list[float] = []
    # A collection that an earlier task made due would fall into the time of a later one.
    gc.collect()
    processor = 0.0
    for one in inputs:
        spent, began = processor_time(), time.perf_counter()
        do(one)
        seconds.append(time.perf_counter() - began)
        processor += processor_time() - spent
        if told is not None:
            told(len(seconds))
    return seconds, processor


def processor_time() -> float:
    """Seconds of processor time that this process, its threads and its ended children have taken."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, whose))
