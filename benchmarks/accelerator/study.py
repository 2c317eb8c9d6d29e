"""Rows of the study in the order of what they tell, until the time is over."""

import gc
import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import jax
import pyarrow.parquet as pq

from benchmarks.accelerator.args import Args
from benchmarks.accelerator.peaks import peaks
from benchmarks.accelerator.timing import timed
from benchmarks.accelerator.works import WORKS, num_weights
from benchmarks.shared.record import describe_device
from benchmarks.shared.runner import Job, LeftOutError, Show, run_jobs
from benchmarks.shared.store import Row, Store, open_store

MAIN_POPULATION = 4096  # the most telling: large enough to fill a card, usual in papers
TARGET = "target_easy"
MEMORY_SHARE = 0.25  # of the memory, for a population's weights


@dataclass
class Study:
    """A command's rows, one after the other and kept in a store."""

    args: Args
    store: Store
    began: float = field(default_factory=time.perf_counter)
    waiting: list[str] = field(default_factory=list)  # what the time did not allow

    @staticmethod
    def of(args: Args) -> "Study":
        """Open the folder; one of another device is refused."""
        return Study(args, open_store(args, card=describe_device()))

    def run(self) -> list[Row]:
        """Measure what is not measured yet and the minutes allow."""
        order = in_order(self.args)
        num_jobs = 1 + len(order) + self.args.target
        return run_jobs(self.store, self._jobs(order), num_jobs)

    @property
    def left(self) -> float:
        """Seconds."""
        return 60 * self.args.minutes - (time.perf_counter() - self.began)

    def _jobs(self, order: list[tuple[str, str, int]]) -> Iterator[Job]:
        yield Job("peaks", self._peaks, _peaks_line)
        # The time to a target tells more than every other population.
        late = [row for row in order if _rank(self.args, row) > 1]
        for row in order[: len(order) - len(late)]:
            yield from self._job(row)
        if self.args.target:
            yield from self._target_job()
        for row in late:
            yield from self._job(row)

    def _job(self, row: tuple[str, str, int]) -> Iterator[Job]:
        name = _name(row)
        if self.store.finished(name) is None and self._expected(row) > self.left:
            self.waiting.append(name)
            return
        yield Job(name, partial(self._timed, row), _line)

    def _target_job(self) -> Iterator[Job]:
        if self.store.finished(TARGET) is None and self.left <= 0:
            self.waiting.append(TARGET)
            return
        yield Job(TARGET, self._target, _target_line)

    def _expected(self, row: tuple[str, str, int]) -> float:
        """Seconds that a row takes, by the nearest smaller population's; 0: unknown."""
        work, by, population = row
        for smaller in sorted(self.args.populations, reverse=True):
            if smaller <= population:
                found = self.store.finished(_name((work, by, smaller)))
                if found is not None:
                    return found[0]["row_seconds"] * population / smaller
        return 0.0

    def _peaks(self, show: Show) -> list[Row]:
        return [{"work": "peaks", "by": "device", **peaks(self.args.smoke)}]

    def _timed(self, row: tuple[str, str, int], show: Show) -> list[Row]:
        """One row of one rival.

        Raises:
            LeftOutError: if the peer does not import, or the memory is too small.
        """
        work, by, population = row
        if 4 * num_weights(work) * population > MEMORY_SHARE * _memory():
            raise LeftOutError("its weights take more than a quarter of the memory")
        began = time.perf_counter()
        try:
            measured = timed(work, by, population, self.args)
        except ImportError as error:
            raise LeftOutError(f"{by} does not import ({error})") from None
        except jax.errors.JaxRuntimeError as error:
            if "RESOURCE_EXHAUSTED" not in str(error):
                raise
            raise LeftOutError("out of memory") from None
        finally:
            jax.clear_caches()
            gc.collect()
        measured["row_seconds"] = time.perf_counter() - began
        return [{"work": work, "by": by, "population": population, **measured}]

    def _target(self, show: Show) -> list[Row]:
        """PGPE on the easy swing-up until it is solved, by the control study."""
        folder = self.args.out / TARGET
        options = ["--tasks", "easy", "--methods", "pgpe", "--seeds", "1"]
        options += ["--to-target", "--device", self.args.device, "--out", str(folder)]
        options += ["--smoke"] if self.args.smoke else []
        command = [sys.executable, "-m", "benchmarks.control", *options]
        # This process holds most of the card's memory already.
        shared = {**os.environ, "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
        limit = max(30.0, self.left)
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=limit, env=shared
            )
        except subprocess.TimeoutExpired:
            raise LeftOutError("the time is over; the next call goes on") from None
        if done.returncode:
            raise LeftOutError(done.stderr.strip().splitlines()[-1])
        last = pq.read_table(folder / "runs.parquet").to_pylist()[-1]
        return [{**last, "work": TARGET, "by": "neurojax"}]


def _name(row: tuple[str, str, int]) -> str:
    """Of the row's cell."""
    return "-".join(map(str, row))


def in_order(args: Args) -> list[tuple[str, str, int]]:
    """Work, by whom and population of every row, the most telling first."""
    rows = [
        (work, by, population)
        for work in args.works
        for by in WORKS[work]
        for population in args.populations
        if by == "neurojax" or by in args.peers
    ]
    return sorted(rows, key=partial(_rank, args))


def _rank(args: Args, row: tuple[str, str, int]) -> int:
    """0 for ours at the main population; one more for each step away from it."""
    work, by, population = row
    populations = sorted(args.populations, key=_distance)
    largest = max(populations)
    telling = list(dict.fromkeys([populations[0], largest, *populations]))
    return min(telling.index(population), 2) + WORKS[work].index(by)


def _distance(population: int) -> float:
    return abs(math.log(population / MAIN_POPULATION))


def _memory() -> float:
    """Bytes of the first device, or of this machine."""
    statistics = jax.devices()[0].memory_stats()
    if statistics and "bytes_limit" in statistics:
        return statistics["bytes_limit"]
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _peaks_line(rows: list[Row]) -> str:
    row = rows[0]
    return (
        f"copy {row['copy_gb_s']:.4g} GB/s, products {row['f32_tflop_s']:.3g} (f32) "
        f"and {row['bf16_tflop_s']:.3g} (bf16) TFLOP/s"
    )


def _line(rows: list[Row]) -> str:
    row = rows[0]
    return f"{row['wall_ms']:.4g} ms, compiled in {row['compile_s']:.1f} s"


def _target_line(rows: list[Row]) -> str:
    row = rows[0]
    return (
        f"score {row['score']:.4g} after {row['seconds']:.1f} s, {row['generation']} "
        "generations"
    )
