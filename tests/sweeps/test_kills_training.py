"""Killed at every operation on a file, and at random instants: nothing is lost.

Each run is killed, goes on, is killed again and goes on to its end by the same lines;
its state, history and log are then those of a run that nobody has disturbed.
"""

import signal
import subprocess
import sys
from pathlib import Path

import jax
import killed_training as killed
import numpy as np
import pytest

from neurojax.training import restore

pytestmark = pytest.mark.slow
SCRIPT = Path(killed.__file__)


def run(folder, kind, system, length, command, numbers):
    """The exit code and number of operations of each process."""
    words = [sys.executable, SCRIPT, folder, kind, system, length, command, *numbers]
    done = subprocess.run([*map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ends = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert {code for code, _ in ends} <= {0, -signal.SIGKILL}, done.stderr
    return ends, done.stderr


def left(folder, kind, system):
    """All that a run has left, as bytes, and the names of what should not be there."""
    files = {path.name for path in (folder / "run").iterdir()}
    # One more than are kept if it was killed between its last two operations.
    newest = sorted(name for name in files if name.startswith("generation_"))[-3:]
    files -= {".lock", f".log.{kind}.lock", f"log.{kind}", *newest}
    log = (folder / "run" / f"log.{kind}").read_bytes()
    like = jax.eval_shape(killed.SYSTEMS[system]().init, jax.random.key(3))
    state, history = restore(folder / "run", like)
    numbers = [*jax.tree.leaves(state), history.generation, *history.metrics.values()]
    return log, [np.asarray(leaf).tobytes() for leaf in numbers], files


@pytest.fixture
def whole(tmp_path, request):
    """What the undisturbed run leaves, and how many operations it takes."""
    given = request.node.callspec.params
    kind, system, length = given["kind"], given["system"], given["length"]
    ends, _ = run(tmp_path / "whole", kind, system, length, "at", [0])
    return left(tmp_path / "whole", kind, system), ends[0][1]


@pytest.mark.parametrize(
    ("kind", "system", "length"), [("jsonl", "count", 5), ("csv", "count", 5)]
)
def test_killed_at_every_operation(tmp_path, whole, kind, system, length, seed, count):
    expected, operations = whole
    rng = np.random.default_rng(seed)
    counts = {"kills": 0, "equal": 0, "different": 0, "litter": 0, "said": 0}
    for first in range(1, operations + 1):
        folder = tmp_path / str(first)
        again = int(rng.integers(1, operations))
        ends, words = run(folder, kind, system, length, "at", [first, again, 0])
        log, numbers, files = left(folder, kind, system)
        assert ends[0][0] == -signal.SIGKILL and ends[-1][0] == 0
        counts["kills"] += sum(code != 0 for code, _ in ends)
        equal = (log, numbers) == expected[:2]
        counts["equal" if equal else "different"] += 1
        counts["litter"] += len(files)
        counts["said"] += "Warning" in words
    count(f"train, each operation, {kind}", counts)
    assert counts["different"] == counts["litter"] == counts["said"] == 0


@pytest.mark.parametrize(
    ("kind", "system", "length"),
    [("jsonl", "ga", 60), ("csv", "es", 60), ("jsonl", "es", 60), ("csv", "ga", 60)],
)
def test_killed_at_random_instants(tmp_path, whole, kind, system, length, seed, count):
    expected, _ = whole
    rng = np.random.default_rng(seed)
    arguments = tmp_path / "run", kind, system, length
    ends, words = run(*arguments, "past", rng.uniform(0.0, 0.1, 8))
    early, more_words = run(*arguments, "after", [*rng.uniform(0.1, 2.0, 4), 600.0])
    ends, words = ends + early, words + more_words
    log, numbers, files = left(tmp_path / "run", kind, system)
    equal = (log, numbers) == expected[:2]
    counts = {
        "kills": sum(code != 0 for code, _ in ends),
        "equal": int(equal),
        "different": int(not equal),
        "litter": len(files),
        "said": int("Warning" in words),
    }
    count(f"train, random instants, {kind}, {system}", counts)
    assert counts["kills"] and equal and not files and not counts["said"]
