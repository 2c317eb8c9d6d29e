"""The study of devices: every layout in processes of its own, cell after cell."""

import contextlib
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.devices.args import Args
from benchmarks.shared.runner import Job, run_jobs
from benchmarks.shared.store import Row, Store, open_store

CELLS = (
    *(("small", size, 20) for size in (256, 512, 2048, 4096)),
    *(("large", size, 3) for size in (256, 512)),
)
ROW_SECONDS = 1800.0  # a row takes about a minute; a layout that hangs has none
END_SECONDS = 60.0  # after the last row
NAMING = ("strategy", "network", "population")


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
        """Time what is not timed yet; the rows of all cells."""
        number = len(self.args.layouts) * len(cells_of(self.args))
        with contextlib.closing(self._jobs()) as jobs:  # ends the processes
            return run_jobs(self.store, jobs, number)

    def _jobs(self) -> Generator[Job, None, None]:
        cells = cells_of(self.args)
        for layout in self.args.layouts:
            names = ["-".join([layout, *(str(c[n]) for n in NAMING)]) for c in cells]
            finished = [self.store.finished(name) is not None for name in names]
            missing = [c for c, done in zip(cells, finished, strict=True) if not done]
            with _timed(layout, missing, self.args.repeats) as timed:
                for name in names:
                    yield Job(name, lambda show, timed=timed: [next(timed)], _line)


def cells_of(args: Args) -> list[Row]:
    """What every layout is timed on."""
    cells = [
        {"strategy": name, "network": network, "population": size, "generations": count}
        for name in args.strategies
        for network, size, count in CELLS
    ]
    return [{**cell, "generations": 2} for cell in cells[:2]] if args.smoke else cells


@contextlib.contextmanager
def _timed(layout: str, cells: list[Row], repeats: int) -> Iterator[Iterator[Row]]:
    """One layout at work; the rows of these cells as they come."""
    if not cells:
        yield iter(())
        return
    processes = _started(layout, cells, repeats)
    try:
        yield _rows(layout, processes)
        if not all([_has_ended_well(process) for process in processes]):
            raise SystemExit(f"layout {layout} failed; its processes said why above.")
    finally:
        for process in processes:
            process.kill()


def _has_ended_well(process: "subprocess.Popen[Any]") -> bool:
    try:
        return process.wait(END_SECONDS) == 0
    except subprocess.TimeoutExpired:
        return False


def _started(
    layout: str, cells: list[Row], repeats: int
) -> list["subprocess.Popen[Any]"]:
    hosts, devices = map(int, layout.split("x"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        coordinator = f"127.0.0.1:{server.getsockname()[1]}"
    given = {"devices": devices, "hosts": hosts, "coordinator": coordinator}
    given |= {"cells": cells, "repeats": repeats}
    return [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "benchmarks.devices.worker"),
                json.dumps({**given, "host": host}),
            ],
            stdin=subprocess.PIPE,  # closed with this process, which ends it
            stdout=subprocess.PIPE if host == 0 else subprocess.DEVNULL,
            text=True,
        )
        for host in range(hosts)
    ]


def _rows(layout: str, processes: list["subprocess.Popen[Any]"]) -> Iterator[Row]:
    """What host 0 prints.

    Raises:
        SystemExit: if it ends before the last row, having said why.
    """
    while line := _next_line(layout, processes):
        if line.startswith("{"):  # gloo prints too
            yield {"layout": layout, **json.loads(line)}
    raise SystemExit(f"layout {layout} failed; its processes said why above.")


def _next_line(layout: str, processes: list["subprocess.Popen[Any]"]) -> str:
    """What host 0 prints next; nothing once it has ended."""
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        for process in processes:
            process.kill()

    timer = threading.Timer(ROW_SECONDS, end)
    timer.start()
    try:
        line = processes[0].stdout.readline() if processes[0].stdout else ""
    finally:
        timer.cancel()
    if is_late.is_set():
        raise SystemExit(
            f"layout {layout} gave no row for {ROW_SECONDS / 60:.0f} minutes and was "
            "ended; time fewer devices, or on an idle machine."
        )
    return line


def _line(rows: list[Row]) -> str:
    row = rows[0]
    return f"{row['parameters']} parameters  {1 / row['seconds']:.2f} generations/s"
