"""Speed of neurojax against its peers, each in a process of its own, in one run.

    python -m benchmarks.throughput               # against the peers that are installed
    python -m benchmarks.throughput --works sgd_32 play_cartpole play_ant

Times are per unit of work: a generation (ga_*, es_*, seed_ga, cartpole), a step
(sgd_32), an epoch (seed_sgd), a sweep of six sizes (sweep_*), an import. seed_ga and
seed_sgd are the reference study's loops with their evaluation: every unit ends with the
cross-entropy and the sampled macro-F1 of one network on 50 000 rows. A unit of play_*
is one evaluation of a fixed population in an environment (benchmarks/peers/_play.py); a
second table gives its environment steps per CPU-second, steps after an end left out.

Peers come with `pip install neurojax[bench-peers]`; one that is missing is left out and
named. Every side runs at the number of threads at which it is fastest. Wall time is the
median over repeats, after a warm-up; compile time is apart.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import tyro

from benchmarks._start import start
from benchmarks.peers._play import PLAYS

Row = dict


@dataclass(frozen=True)
class Rival:
    """One way to do a work: a module of `benchmarks.peers` and its options."""

    peer: str
    variant: str | None = None
    threads: int = 1

    @property
    def label(self) -> str:
        """Its name in the table."""
        return self.peer + (f", {self.variant}" if self.variant else "")


def _ours(*variants: str | None) -> tuple[Rival, ...]:
    cores = os.cpu_count() or 1
    return tuple(
        Rival("neurojax", variant, threads)
        for variant in variants
        for threads in sorted({1, cores})
    )


EVOJAX_PLAYS = ("play_cartpole", "play_cartpole_good", "play_swing_up")
TORCH = (Rival("torch"), Rival("torch", "batched"))
WORKS: dict[str, tuple[Rival, ...]] = {
    "ga_ce_3200": (*_ours(None, "table"), *TORCH, Rival("evosax")),
    "ga_ce_32": (*_ours(None, "table", "rbg"), *TORCH, Rival("evosax")),
    "es_ce_3200": (*_ours(None, "table"), *TORCH, Rival("evosax")),
    "es_ce_32": (*_ours(None, "table"), Rival("torch"), Rival("evosax")),
    "ga_f1_3200": (*_ours(None, "table"), *TORCH),
    "ga_f1_32": (*_ours(None, "table"), *TORCH),
    "sgd_32": (*_ours(None), *TORCH),
    "seed_ga": (*_ours(None, "table"), Rival("torch")),
    "seed_sgd": (*_ours(None), Rival("torch")),
    "sweep_dl": (*_ours(None), Rival("torch")),
    "sweep_ga": (*_ours(None), Rival("torch")),
    "cartpole": (
        *_ours(None),
        Rival("evosax"),
        Rival("evojax"),
        Rival("evotorch"),
    ),
    **{
        play: (
            *_ours(None),
            Rival("evosax"),
            *([Rival("evojax")] if play in EVOJAX_PLAYS else []),
            *([Rival("qdax")] if play == "play_ant" else []),
        )
        for play in PLAYS
    },
    "import": tuple(
        Rival(peer) for peer in ("neurojax", "torch", "evosax", "evojax", "evotorch")
    ),
}
LONG = ("sweep_dl", "sweep_ga")


@dataclass(frozen=True)
class Args:
    """Time neurojax and its peers."""

    works: tuple[str, ...] = tuple(WORKS)
    """What to time."""
    repeats: int = 5
    """Timed repeats of each, of which the median counts."""
    seconds: float = 1.0
    """Length of one repeat."""
    fraction: float = 1.0
    """Share of PyTorch's long sweeps that is run; the rest is extrapolated."""
    out: Path = Path("results/throughput")
    """Folder of the results."""
    smoke: bool = False
    """One short work, to see that everything works."""


def main(args: Args) -> None:
    """Time every work, print the table, write it."""
    unknown = [work for work in args.works if work not in WORKS]
    if unknown:
        raise SystemExit(f"--works {unknown[0]!r} is unknown; choose from {[*WORKS]}.")
    if args.smoke:
        args = Args(("ga_ce_32",), 1, 0.1, 0.05, args.out, True)
    rows = []
    for work in args.works:
        rows += _present([_time(rival, work, args) for rival in WORKS[work]])
        print(table([row for row in rows if row["work"] == work]), flush=True)
    print(steps_table(rows))
    _write(args, rows)


def _time(rival: Rival, work: str, args: Args) -> Row:
    """Run one rival in its own process; a row, with `error` if it is missing."""
    fraction = args.fraction if rival.peer == "torch" else 1.0
    command = [
        *(sys.executable, "-W", "ignore"),
        *("-m", f"benchmarks.peers.{rival.peer}_loop", work),
        *("--threads", str(rival.threads)),
        *("--repeats", str(1 if work in LONG else args.repeats)),
        *("--seconds", str(args.seconds)),
        *("--fraction", str(fraction)),
        *(["--variant", rival.variant] if rival.variant else []),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if not done.stdout.strip():
        error = done.stderr.strip().splitlines()[-1:] or ["no output"]
        return {"peer": rival.label, "work": work, "error": error[0]}
    row = json.loads(done.stdout.strip().splitlines()[-1])
    return {**row, "peer": rival.label}


def _present(rows: list[Row]) -> list[Row]:
    """The rows of those that ran; what is missing is printed."""
    for row in rows:
        if "error" in row:
            print(f"left out: {row['peer']} on {row['work']}: {row['error']}")
    return [row for row in rows if "error" not in row]


def _best(rows: list[Row], time: str) -> dict[tuple[str, str], Row]:
    """Of each work and rival the row whose number of threads takes the least time."""
    best: dict[tuple[str, str], Row] = {}
    for row in rows:
        of = row["work"], row["peer"]
        best[of] = min(best.get(of, row), row, key=lambda row: row[time])
    return best


def table(rows: list[Row]) -> str:
    """A markdown table; the last column is wall time over that of our fastest."""
    lines = [
        "| work | by | wall ms | CPU ms | threads | compile s | times neurojax |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    fastest = _best(rows, "wall_ms").values()
    for work in dict.fromkeys(row["work"] for row in rows):
        of_work = [row for row in fastest if row["work"] == work]
        ours = [r["wall_ms"] for r in of_work if r["peer"].startswith("neurojax")]
        for row in of_work:
            ratio = f"{row['wall_ms'] / min(ours):.1f}" if ours else ""
            lines.append(
                f"| {work} | {row['peer']} | {row['wall_ms']:.4g} | "
                f"{row['cpu_ms']:.4g} | {row['threads']} | {_compile(row)} | {ratio} |"
            )
    return "\n".join(lines)


def steps_table(rows: list[Row]) -> str:
    """Environment steps per second of the play_* works; "" without any.

    Each rate is that of the best number of threads for it.
    """
    lines = [
        "| work | by | M steps per CPU-second | M steps per second | kB per member |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    counted = {r["work"]: r["check"]["steps"] for r in rows if _counts(r)}
    frugal, fast = _best(rows, "cpu_ms"), _best(rows, "wall_ms")
    for of, row in frugal.items():
        if of[0] in counted:
            per_ms = counted[of[0]] / 1e3
            memory = row["check"].get("bytes_per_member")
            memory = "" if memory is None else f"{memory / 1e3:.1f}"
            lines.append(
                f"| {of[0]} | {of[1]} | {per_ms / row['cpu_ms']:.3g} | "
                f"{per_ms / fast[of]['wall_ms']:.3g} | {memory} |"
            )
    return "\n".join(lines) if counted else ""


def _counts(row: Row) -> bool:
    """Whether a row tells how many steps its work has; the others do the same."""
    return "steps" in row.get("check", {})


def _compile(row: Row) -> str:
    seconds = row.get("check", {}).get("compile_s", row["compile_s"])
    return f"{seconds:.1f}" if seconds >= 0.05 else ""


def _write(args: Args, rows: list[Row]) -> None:
    # After the timings: this process starts no devices while others are measured.
    start("cpu")
    from benchmarks._store import record
    from neurojax.atomic import write_atomically

    args.out.mkdir(parents=True, exist_ok=True)
    content = {**record(), "rows": rows}
    text = json.dumps(content, indent=1)
    write_atomically(args.out / "throughput.json", text.encode())
    tables = f"{table(rows)}\n\n{steps_table(rows)}".rstrip() + "\n"
    write_atomically(args.out / "table.md", tables.encode())
    print(f"\nWrote {args.out}/table.md and throughput.json.")


if __name__ == "__main__":
    main(tyro.cli(Args, prog="python -m benchmarks.throughput", description=__doc__))
