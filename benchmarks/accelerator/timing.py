"""One row: a rival's work on a population, timed in this process."""

from functools import partial
from importlib import import_module
from typing import Any

from benchmarks.accelerator.args import Args
from benchmarks.accelerator.launches import launches
from benchmarks.accelerator.works import IMITATION, IMITATION_BATCH, LASTING
from benchmarks.peers.command import Build, Options
from benchmarks.peers.measure import calibrate, measure
from benchmarks.peers.plays import PLAYS
from benchmarks.shared.store import Row

IMITATIONS = {"neurojax": "evolution", "evosax": "imitation"}


def timed(work: str, by: str, population: int, args: Args) -> Row:
    """Milliseconds of a unit, seconds of compiling, and what else is known of it.

    Raises:
        ImportError: if the peer is not installed.
    """
    options = Options(
        work=work,
        threads=1,
        repeats=args.repeats,
        seconds=args.seconds,
        fraction=1.0,
        population=population,
    )
    built = build(work, by)(options)
    units, compile_s = calibrate(built.run_units, built.chunk, args.seconds)
    timing = measure(built.run_units, units, args.repeats)
    row: Row = timing._asdict() | {"compile_s": compile_s} | built.check()
    if by == "neurojax" and work in LASTING:
        found = launches(partial(built.run_units, built.chunk))
        if found is not None:
            row["launches_per_step"] = found / built.chunk / PLAYS[work].max_steps
    return row


def build(work: str, by: str) -> Build:
    """The function that makes a work.

    Raises:
        ImportError: if the peer is not installed.
    """
    if work == IMITATION:
        module: Any = import_module(f"benchmarks.peers.{by}.works")
        return partial(getattr(module, IMITATIONS[by]), "ga_ce", IMITATION_BATCH)
    return import_module(f"benchmarks.peers.{by}.play").plays()[work]
