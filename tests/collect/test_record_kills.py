"""A recorder that is killed at any instant loses nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from killed_recorder import JOURNAL

from neurojax.data.recordings.reader import read_recording

HERE = Path(__file__).parent


def kill(folder, kills):
    environment = os.environ | {
        "SDL_VIDEODRIVER": "dummy",
        "PYTHONPATH": str(HERE.parents[1]),
        "PYTHONWARNINGS": "ignore::RuntimeWarning",  # JAX dislikes forks
    }
    command = [sys.executable, HERE / "killed_recorder.py", folder, str(kills)]
    subprocess.run(command, env=environment, check=True, timeout=300)


def shown_steps(folder):
    """The most steps seen of each seed's episode, before what killed it."""
    shown = {}
    for line in (folder / "shown").read_text().splitlines():
        seed, steps = map(int, line.split())
        shown[seed] = max(shown.get(seed, 0), steps)
    return shown


@pytest.mark.parametrize("kills", [6, pytest.param(100, marks=pytest.mark.slow)])
def test_killed_at_random_nothing_that_was_shown_is_missing(tmp_path, kills):
    kill(tmp_path, kills)
    episodes = read_recording(tmp_path / JOURNAL).episodes
    shown = shown_steps(tmp_path)
    assert [e.seed for e in episodes] == list(range(len(episodes)))
    for episode in episodes:
        # At most the step that was written, and then killed before it was shown.
        assert 0 <= episode.length - shown.pop(episode.seed, 0) <= 1
    assert shown == {}
    cut_short = [e for e in episodes if not e.is_complete]
    assert kills / 4 <= len(cut_short) <= kills  # the kills did hit play
    assert episodes[-1].is_complete
    assert not list(tmp_path.glob("*.corrupt-*"))
