"""The same runs by EvoJAX and evosax, each in a process of its own."""

import json
import subprocess
import sys

from benchmarks.control.args import Args
from benchmarks.control.tasks import Task
from benchmarks.shared.runner import LeftOutError, Show
from benchmarks.shared.store import Row

PLAYED = ("easy", "hard")


def run_peer(
    args: Args, peer: str, task: Task, method: str, seed: int, show: Show
) -> list[Row]:
    """The rows of one run.

    Raises:
        LeftOutError: with what the process said, as where the peer is not installed.
    """
    command = [
        *(sys.executable, "-W", "ignore", "-m", f"benchmarks.control.peers.{peer}"),
        *(task.name, method, "--seed", str(seed)),
        *("--generations", str(args.generations or task.generations)),
        *("--episodes", str(args.episodes)),
        *(["--target", str(task.targets[-1])] if args.to_target else []),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode or not done.stdout.strip():
        raise LeftOutError(*(done.stderr.strip().splitlines()[-1:] or ["no output"]))
    common = {"task": task.name, "method": method, "seed": seed, "by": peer}
    return [{**common, **row} for row in json.loads(done.stdout)]
