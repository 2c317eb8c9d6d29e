"""Weak and strong scaling of a population over devices and hosts, on a CPU.

    python -m benchmarks.devices                  # a quarter of an hour
    python -m benchmarks.devices --layouts 1x1 1x4 4x1

A layout is PROCESSESxDEVICES: 2x1 is two processes of one device each, joined over
localhost as two hosts are. All train the same runs (CartPole; networks of 1282 and
99 842 parameters, the latter for 50 steps a game), and each device has a core of its
own. Strong scaling keeps the population, weak scaling the members on each device. Times
need a quiet machine with as many cores as devices; bytes and memory are read from the
compiled program. SimpleGA and SimpleES are made where they are evaluated, evosax's
Open_ES whole on every device.
"""

import json
import re
import signal
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from benchmarks._start import interruptible, start
from benchmarks._tables import markdown

if TYPE_CHECKING:
    from benchmarks._store import Store

Row = dict[str, Any]
CELLS = (
    *(("small", size, 20) for size in (256, 512, 2048, 4096)),
    *(("large", size, 3) for size in (256, 512)),
)
NAMING = ("strategy", "network", "population")
HEADER = (
    *("strategy", "parameters", "population", "layout", "generations/s"),
    *("strong", "weak", "MB/device", "bytes/generation"),
)


@dataclass(frozen=True)
class Args:
    """Time populations on layouts of processes and devices."""

    layouts: tuple[str, ...] = ("1x1", "1x2", "2x1")
    """PROCESSESxDEVICES each; the first is what the others are compared with."""
    strategies: tuple[str, ...] = ("SimpleGA", "SimpleES", "Open_ES")
    """Of neurojax, or of evosax."""
    repeats: int = 5
    """Timed repeats of each, of which the median counts."""
    out: Path = Path("results/devices")
    """Folder of the results."""
    resume: bool = True
    """Keep the timings of the folder that are done."""
    smoke: bool = False
    """Two small populations, timed once, to see that everything works."""


def main(args: Args) -> None:
    """Time what is not timed yet, print the table, write it."""
    check(args)
    # Else the processes that time would go on without this one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Imported here: --help answers before JAX is loaded.
    from benchmarks._store import Store

    store = Store(args.out, settings_of(args), args.resume)
    cells = cells_of(args)
    with interruptible(args.out):
        for layout in args.layouts:
            missing = [c for c in cells if not store.finished(_file(layout, c))]
            if missing:
                run_layout(layout, missing, 1 if args.smoke else args.repeats, store)
    kept = [
        store.finished(_file(name, c)) or [] for name in args.layouts for c in cells
    ]
    _write(args, store, [row for rows in kept for row in rows])


def settings_of(args: Args) -> Row:
    """What decides a timing; layouts and strategies may be added to a folder."""
    return {"repeats": args.repeats, "smoke": args.smoke}


def cells_of(args: Args) -> list[Row]:
    """What every layout is timed on."""
    cells = [
        {"strategy": name, "network": network, "population": size, "generations": count}
        for name in args.strategies
        for network, size, count in CELLS
    ]
    return [{**cell, "generations": 2} for cell in cells[:2]] if args.smoke else cells


def check(args: Args) -> None:
    """Refuse arguments that cannot be meant.

    Raises:
        SystemExit: naming the argument and its value.
    """
    for name in args.layouts:
        if not re.fullmatch("[1-9][0-9]*x[1-9][0-9]*", name):
            raise SystemExit(f"--layouts {name!r} must be PROCESSESxDEVICES, like 2x1.")
    known = ("SimpleGA", "SimpleES", "Open_ES")
    for name in args.strategies:
        if name not in known:
            raise SystemExit(f"--strategies {name!r} is unknown; choose from {known}.")
    for name in ("layouts", "strategies", "repeats"):
        if not getattr(args, name):
            raise SystemExit(f"--{name} needs at least one.")


def run_layout(layout: str, cells: list[Row], repeats: int, store: "Store") -> None:
    """Time cells on one layout, in processes of its own; each is kept when it is done.

    Raises:
        SystemExit: with what a process said that failed.
    """
    hosts, devices = map(int, layout.split("x"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        coordinator = f"127.0.0.1:{server.getsockname()[1]}"
    given = {"devices": devices, "hosts": hosts, "coordinator": coordinator}
    given |= {"cells": cells, "repeats": repeats}
    processes = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "benchmarks._devices_worker"),
                json.dumps({**given, "host": host}),
            ],
            stdout=subprocess.PIPE if host == 0 else subprocess.DEVNULL,
            text=True,
        )
        for host in range(hosts)
    ]
    try:
        for line in processes[0].stdout or ():
            if line.startswith("{"):  # gloo prints too
                row = {"layout": layout, **json.loads(line)}
                store.finish(_file(layout, row), [row])
                print(_words(row), flush=True)
        if any([process.wait() for process in processes]):
            raise SystemExit(f"layout {layout} failed; its processes said why above.")
    finally:
        for process in processes:
            process.kill()


def _file(layout: str, cell: Row) -> str:
    return "-".join([layout, *(str(cell[n]) for n in NAMING)])


def _words(row: Row) -> str:
    return (
        f"{row['layout']}  {row['strategy']:9s} {row['parameters']:6d} parameters "
        f"{row['population']:5d} members  {1 / row['seconds']:8.2f} generations/s"
    )


def table(rows: list[Row], reference: str) -> str:
    """A markdown table; speed-ups are over the layout `reference`."""
    lines = []
    of_reference = {_cell(row): row for row in rows if row["layout"] == reference}
    for row in sorted(rows, key=lambda row: (_cell(row)[:2], row["population"])):
        alone = of_reference[_cell(row)]
        share = of_reference.get(_cell(row, _devices(reference) / _devices(row)))
        weak = f"{share['seconds'] / row['seconds']:.2f}" if share else ""
        lines.append(
            [
                *(row["strategy"], row["parameters"], row["population"]),
                *(row["layout"], f"{1 / row['seconds']:.3g}"),
                *(f"{alone['seconds'] / row['seconds']:.2f}", weak),
                *(f"{row['memory'] / 1e6:.3g}", row["bytes"]),
            ]
        )
    return markdown(HEADER, lines).rstrip()


def _cell(row: Row, fraction: float = 1.0) -> tuple[str, int, float]:
    return row["strategy"], row["parameters"], row["population"] * fraction


def _devices(layout: str | Row) -> int:
    name = layout if isinstance(layout, str) else layout["layout"]
    hosts, devices = map(int, name.split("x"))
    return hosts * devices


def _write(args: Args, store: "Store", rows: list[Row]) -> None:
    # After the timings: this process starts no devices while others are measured.
    start("cpu")
    from benchmarks._store import record, write_parquet
    from neurojax.atomic import write_atomically

    write_parquet(args.out / "runs.parquet", rows)
    store.write_json("run.json", {**record(), "settings": asdict(args)})
    text = table(rows, args.layouts[0]) + "\n"
    write_atomically(args.out / "table.md", text.encode())
    print(f"\n{text}\nWrote {args.out}/table.md, run.json and runs.parquet.")


if __name__ == "__main__":
    main(tyro.cli(Args, prog="python -m benchmarks.devices", description=__doc__))
