"""`python killed_study.py STUDY OUT KILLS SEED OPTION ...`: killed again and again.

Each process goes on from what is on disk and is killed (SIGKILL) at a random instant;
every second one once a cell of its own is half done. The last process ends the study.
They are forked before JAX has started a thread, so that importing is paid for once.
Prints how many were killed, and how many of them left a half-done cell.
"""

import importlib
import multiprocessing
import os
import random
import runpy
import signal
import sys
import time
from pathlib import Path

from benchmarks.shared import trained

FORK = multiprocessing.get_context("fork")
LONGEST = 12.0  # seconds until a kill
POLL = 0.002


def go_on(study, options):
    trained.SECONDS_BETWEEN_CHECKPOINTS = 0.01  # half-done cells, small as they are
    sys.argv = ["x", *options]
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    runpy.run_module(f"benchmarks.{study}", run_name="__main__")


def half_done(out):
    """Rows of half-done cells, with the time of each file."""
    found = out.glob("checkpoints/*/rows.json")
    return {(path, path.stat().st_mtime_ns) for path in found if path.exists()}


def kill(process, out, draws, is_half):
    before, began = half_done(out), time.monotonic()
    process.start()
    seconds = draws.uniform(0.0, LONGEST)
    while process.is_alive() and (is_half or time.monotonic() - began < seconds):
        if is_half and half_done(out) - before:
            time.sleep(draws.uniform(0.0, 0.1))
            break
        time.sleep(POLL)
    process.kill()
    process.join()
    return process.exitcode == -signal.SIGKILL


def main():
    study, out, kills, seed, *options = sys.argv[1:]
    out, draws = Path(out), random.Random(int(seed))
    options += ["--out", str(out)]
    for name in ("study", "report"):
        importlib.import_module(f"benchmarks.{study}.{name}")
    killed = halves = 0
    for number in range(int(kills)):
        process = FORK.Process(target=go_on, args=(study, options))
        if not kill(process, out, draws, number % 2 == 1):
            break  # it was done
        killed += 1
        halves += bool(half_done(out))
    last = FORK.Process(target=go_on, args=(study, options))
    last.start()
    last.join()
    print(killed, halves)
    sys.exit(last.exitcode)


if __name__ == "__main__":
    main()
