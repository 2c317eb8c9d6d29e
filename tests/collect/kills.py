"""Runs `killed_recorder.py`, and compares what was shown with what is in the file."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from neurojax.data.recordings.journal import journal_path
from neurojax.data.recordings.reader import read_recording

HERE = Path(__file__).parent


class Killed(NamedTuple):
    """What came of it.

    Attributes:
        path: of the journal.
        exits: the exit codes, of the last process too, which was not killed.
        printed: all that the processes printed.
    """

    path: Path
    exits: list[int]
    printed: str


def kill(folder, kills, task="CartPole-v1", number=signal.SIGKILL, seed=0):
    """Kill a recorder so many times."""
    environment = os.environ | {
        "SDL_VIDEODRIVER": "dummy",
        "PYTHONPATH": str(HERE.parents[1]),
        "PYTHONWARNINGS": "ignore::RuntimeWarning",  # JAX dislikes forks
    }
    numbers = map(str, (int(number), kills, seed))
    command = [sys.executable, HERE / "killed_recorder.py", folder, task, *numbers]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    exits = [int(line.split()[1]) for line in lines if line.startswith("exit ")]
    return Killed(journal_path(folder, task, "sub01"), exits, done.stdout)


def losses(killed):
    """Counts of what was shown and is not in the file, and of all that it holds."""
    episodes = read_recording(killed.path).episodes
    shown = {}  # the most steps seen of each seed's episode, before what killed it
    for line in killed.path.with_name("shown").read_text().splitlines():
        seed, steps = map(int, line.split())
        shown[seed] = max(shown.get(seed, 0), steps)
    # At most the step that was written, and then killed before it was shown.
    held = {e.seed: e.length for e in episodes}
    lost = sum(not 0 <= held.get(seed, -1) - most <= 1 for seed, most in shown.items())
    seeds = [e.seed for e in episodes]
    return {
        "kills": len(killed.exits) - 1,
        "in play": sum(not e.is_complete for e in episodes),
        "episodes": len(episodes),
        "steps": sum(held.values()),
        "lost": lost,
        "seeds twice": len(seeds) - len(set(seeds)),
        "seeds burnt": max(seeds) + 1 - len(seeds),
        "set aside": len(list(killed.path.parent.glob("*.corrupt-*"))),
    }


NOTHING_LOST = ("lost", "seeds twice", "seeds burnt", "set aside")
