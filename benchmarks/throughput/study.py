"""The study of speed: every rival on every work, each in a process of its own."""

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import partial

from benchmarks.shared.runner import Job, LeftOutError, Show, run_jobs
from benchmarks.shared.store import Row, Store, open_store
from benchmarks.throughput.args import Args
from benchmarks.throughput.works import LONG, WORKS, Rival


@dataclass
class Study:
    """A command's timings, one after the other and kept in a store."""

    args: Args
    store: Store

    @staticmethod
    def of(args: Args) -> "Study":
        """Open the folder."""
        return Study(args, open_store(args))

    def run(self) -> list[Row]:
        """Time what is not timed yet; the rows of all rivals that are installed."""
        jobs = [
            Job(f"{work}-{rival.name}", partial(_time, self.args, work, rival), _line)
            for work in self.args.works
            for rival in WORKS[work]
        ]
        return run_jobs(self.store, jobs, len(jobs))


def _time(args: Args, work: str, rival: Rival, show: Show) -> list[Row]:
    """One row of one rival.

    Raises:
        LeftOutError: with what the process said, as where the peer is not installed.
    """
    fraction = args.fraction if rival.peer == "torch" else 1.0
    command = [
        *(sys.executable, "-W", "ignore"),
        *("-m", f"benchmarks.peers.{rival.peer}", work),
        *("--threads", str(rival.threads)),
        *("--repeats", str(1 if work in LONG else args.repeats)),
        *("--seconds", str(args.seconds)),
        *("--fraction", str(fraction)),
        *(["--variant", rival.variant] if rival.variant else []),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if not done.stdout.strip():
        raise LeftOutError(*(done.stderr.strip().splitlines()[-1:] or ["no output"]))
    row = json.loads(done.stdout.strip().splitlines()[-1])
    if "error" in row:
        raise LeftOutError(row["error"])
    return [{**row, "peer": rival.label}]


def _line(rows: list[Row]) -> str:
    return f"{rows[0]['wall_ms']:.4g} ms, {rows[0]['cpu_ms']:.4g} CPU-ms"
