"""The command line that every peer shares: options in, one JSON row out."""

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from typing import NamedTuple

from benchmarks.peers.measure import RunUnits, Timing, calibrate, keep_memory, measure

MISSING = 3
"""Exit status when the peer is not installed."""


class Work(NamedTuple):
    """Something to time."""

    run_units: RunUnits
    check: Callable[[], dict[str, float]]  # that the work was done: losses, returns
    chunk: int = 1  # `run_units` takes multiples of this
    done: float | None = (
        None  # share of one long unit that is run, once, without warm-up
    )


class Options(NamedTuple):
    """What the command line asked for."""

    work: str
    threads: int
    repeats: int
    seconds: float
    fraction: float
    variant: str | None = None
    population: int | None = None  # members; None: the work's own number


Build = Callable[[Options], Work]


def command(
    peer: str,
    packages: tuple[str, ...],
    works: Callable[[], dict[str, Build]],
    statement: str,
) -> int:
    """Runs the work that the command line names, prints its row, returns the status.

    The work `import` times `statement` in fresh processes.

    `works` imports the peer. It is called after the threads are limited, because
    thread pools are made at import.
    """
    options = _parse()
    _limit_threads(options.threads)
    row: dict[str, object] = {"peer": peer, "work": options.work}
    row["keeps_memory"] = keep_memory()
    # Whatever the libraries print goes to stderr: stdout carries the row alone.
    stdout = os.dup(1)
    os.dup2(2, 1)
    try:
        if options.work == "import":
            row |= _time_import(statement, options.repeats)._asdict()
            row |= {"compile_s": 0.0, "threads": options.threads}
        else:
            row |= _timings(options, works())
        row["versions"] = _versions(packages)
        status = 0
    except ImportError as error:
        remedy = "pip install neurojax[bench-peers]"
        row["error"] = f"{peer} cannot be imported ({error}): {remedy}"
        status = MISSING
    os.write(stdout, (json.dumps(row, allow_nan=False) + "\n").encode())
    return status


def _timings(options: Options, builds: dict[str, Build]) -> dict[str, object]:
    if options.work not in builds:
        known = ", ".join(["import", *builds])
        raise SystemExit(f"No work is called {options.work!r}; there are {known}.")
    work = builds[options.work](options)
    if work.done is None:
        units, compile_s = calibrate(work.run_units, work.chunk, options.seconds)
        timing = measure(work.run_units, units, options.repeats)
        extra = {}
    else:
        compile_s = 0.0
        timing = measure(work.run_units, 1, options.repeats, warmup=0)
        timing = timing._replace(
            wall_ms=timing.wall_ms / work.done,
            wall_ms_min=timing.wall_ms_min / work.done,
            cpu_ms=timing.cpu_ms / work.done,
        )
        extra = {"extrapolated": work.done < 1}
    row = timing._asdict() | {"compile_s": compile_s, "threads": options.threads}
    return row | extra | {"variant": options.variant, "check": work.check()}


def _time_import(statement: str, repeats: int) -> Timing:
    """Times `statement` in fresh processes, after one that warms the disk's cache."""
    code = (
        f"import time; w, c = time.perf_counter(), time.process_time(); {statement};"
        "print(time.perf_counter() - w, time.process_time() - c)"
    )
    arguments = [sys.executable, "-W", "ignore", "-c", code]
    rows = []
    for _ in range(repeats + 1):
        finished = subprocess.run(arguments, capture_output=True, text=True)
        if finished.returncode:
            raise ImportError(finished.stderr.strip().splitlines()[-1])
        rows.append([1e3 * float(word) for word in finished.stdout.split()[-2:]])
    walls, cpus = map(sorted, zip(*rows[1:], strict=True))
    middle = repeats // 2
    return Timing(walls[middle], walls[0], cpus[middle], units=1, repeats=repeats)


def _limit_threads(threads: int) -> None:
    """Keeps this process on `threads` cores; XLA, OpenMP and BLAS follow."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)
    if hasattr(os, "sched_setaffinity"):  # Linux
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[-threads:])


def _versions(packages: tuple[str, ...]) -> dict[str, str]:
    versions = {name: importlib.metadata.version(name) for name in packages}
    return {"python": platform.python_version()} | versions


def _parse() -> Options:
    parser = argparse.ArgumentParser()
    parser.add_argument("work")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of one repeat")
    parser.add_argument("--fraction", type=float, default=1.0, help="of a long work")
    parser.add_argument("--variant", help="another way to write the same work")
    parser.add_argument("--population", type=int, help="members of a population")
    return Options(**vars(parser.parse_args()))
