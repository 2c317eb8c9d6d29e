"""Wall and CPU time of repeated work, the same for neurojax and its peers."""

import ctypes
import resource
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

RunUnits = Callable[[int], None]
"""Runs that many units of work and returns only when they are finished."""


class Timing(NamedTuple):
    """Milliseconds for one unit of work."""

    wall_ms: float  # median over the repeats
    wall_ms_min: float
    cpu_ms: float  # median; all threads of this process, and its finished children
    units: int  # in one repeat
    repeats: int


def keep_memory() -> bool:
    """Has glibc keep freed memory for reuse in this process; False where it cannot.

    By default it gives arrays of megabytes back to the system and takes them anew, or
    does not, by the history of the process: the same forward pass of 30 000
    observations in torch then takes 3.5 or 9 ms.
    """
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not glibc
        return False
    trim_threshold, mmap_max = -1, -4  # malloc.h
    return bool(set_option(mmap_max, 0) and set_option(trim_threshold, 2**31 - 1))


def cpu_seconds() -> float:
    """CPU time that this process and its finished children have used so far."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def measure(run_units: RunUnits, units: int, repeats: int, warmup: int = 1) -> Timing:
    """Times `repeats` runs of `units` units each, after `warmup` runs not counted."""
    if units < 1 or repeats < 1:
        raise ValueError(f"units={units} and repeats={repeats} must be at least 1.")
    for _ in range(warmup):
        run_units(units)
    walls, cpus = [], []
    for _ in range(repeats):
        cpu, wall = cpu_seconds(), time.perf_counter()
        run_units(units)
        walls.append(1e3 * (time.perf_counter() - wall) / units)
        cpus.append(1e3 * (cpu_seconds() - cpu) / units)
    return Timing(
        wall_ms=statistics.median(walls),
        wall_ms_min=min(walls),
        cpu_ms=statistics.median(cpus),
        units=units,
        repeats=repeats,
    )


def calibrate(run_units: RunUnits, chunk: int, seconds: float) -> tuple[int, float]:
    """How many units, a multiple of `chunk`, take about `seconds`; and `compile_s`.

    `compile_s` is by how many seconds the first two calls of `chunk` units were slower
    than the third: tracing and compilation in JAX (the second too, where the state
    comes back with other types than it began with), set-up in eager libraries.
    """
    first, second, third = (_seconds(run_units, chunk) for _ in range(3))
    units = chunk * max(1, round(seconds / third))
    return units, max(0.0, first + second - 2 * third)


def _seconds(run_units: RunUnits, units: int) -> float:
    start = time.perf_counter()
    run_units(units)
    return time.perf_counter() - start
