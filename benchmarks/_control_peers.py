"""The same runs by EvoJAX and evosax, each in a process of its own."""

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from benchmarks._control_tasks import Task
from benchmarks._store import Store

if TYPE_CHECKING:
    from benchmarks.control import Args

Row = dict[str, Any]

# EvoJAX's other strategies import names that evosax has given up since.
PEERS = {
    "evojax": ("pgpe", "simple_ga"),
    "evosax": ("pgpe", "open_es", "sep_cma_es"),
}
PLAYED = ("easy", "hard")


def run_peers(args: "Args", store: Store, tasks: list[Task]) -> list[Row]:
    """Rows of all peers' runs; a peer that is missing is left out and named."""
    rows = []
    for peer in args.peers:
        for task in tasks:
            for method in args.methods:
                if task.name in PLAYED and method in PEERS[peer]:
                    for seed in range(args.seeds):
                        rows += _run(args, store, peer, task, method, seed)
    return rows


def _run(
    args: "Args", store: Store, peer: str, task: Task, method: str, seed: int
) -> list[Row]:
    cell = f"{task.name}-{method}-{seed}-{peer}"
    found = store.finished(cell)
    if found is not None:
        return found
    command = [
        *(sys.executable, "-W", "ignore", "-m", f"benchmarks.peers.control_{peer}"),
        *(task.name, method, "--seed", str(seed)),
        *("--generations", str(args.generations or task.generations)),
        *("--episodes", str(args.episodes)),
        *(["--target", str(task.targets[-1])] if args.to_target else []),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode or not done.stdout.strip():
        reason = done.stderr.strip().splitlines()[-1:] or ["no output"]
        print(f"left out: {cell}: {reason[0]}", flush=True)
        return []
    common = {"task": task.name, "method": method, "seed": seed, "by": peer}
    found = [{**common, **row} for row in json.loads(done.stdout)]
    store.finish(cell, found)
    print(f"{cell}: score {found[-1]['score']:.4g}", flush=True)
    return found
