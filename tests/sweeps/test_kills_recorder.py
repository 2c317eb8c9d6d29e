"""A recorder killed at random, in its start and in play, goes on; then all is there."""

import signal
import sys
from pathlib import Path

import pytest

from collect.verify import Verify

sys.path.append(str(Path(__file__).parents[1] / "collect"))

from kills import NOTHING_LOST, kill, losses  # noqa: E402 (beside the fast test)

pytestmark = pytest.mark.slow
POLITE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def is_verified(path):
    try:
        Verify((path,)).run()
    except SystemExit:
        return False
    return True


@pytest.mark.parametrize("task", ["CartPole-v1", "LunarLander-v3"])
def test_nothing_that_was_shown_is_lost(task, tmp_path, seed, count):
    killed = kill(tmp_path, 60, task, signal.SIGKILL, seed)
    counts = losses(killed)
    counts["unsound"] = not is_verified(killed.path)
    count(f"SIGKILL, {task}", counts)
    assert killed.exits == [-signal.SIGKILL] * 60 + [0]
    assert not any(counts[name] for name in (*NOTHING_LOST, "unsound"))
    assert counts["in play"] >= 15  # the kills did hit play


@pytest.mark.parametrize("number", POLITE, ids=lambda number: number.name)
@pytest.mark.parametrize("task", ["CartPole-v1", "LunarLander-v3"])
def test_exit_codes_tell_the_signal(task, number, tmp_path, seed, count):
    killed = kill(tmp_path, 10, task, number, seed)
    counts = losses(killed)
    counts["unsound"] = not is_verified(killed.path)
    counts["other codes"] = sum(code != 128 + number for code in killed.exits[:-1])
    lines = killed.printed.splitlines()
    told = sum(line.startswith("Recorded ") for line in lines)
    counts["no summary"] = len(killed.exits) - told
    count(f"{number.name}, {task}", counts)
    assert killed.exits[-1] == 0
    silent = ("unsound", "other codes", "no summary")
    assert not any(counts[name] for name in (*NOTHING_LOST, *silent))
    ends = killed.path.read_bytes().count(b'"kind":"end"')
    assert ends == counts["episodes"], "the end is written before the process ends"
