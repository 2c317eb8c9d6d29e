"""End to end: the command on a display of its own, and keys pressed on it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from neurojax.data.recordings.reader import read_recording

TOOLS = ("Xvfb", "xdotool", "xwininfo")
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    not all(shutil.which(tool) for tool in TOOLS),
    reason=f"needs {', '.join(TOOLS)} (Debian: xvfb, xdotool, x11-utils)",
)


@pytest.fixture
def display():
    """The name of a display without a screen."""
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1280x900x24"],
        pass_fds=[writer],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    with open(reader) as number:
        yield f":{number.readline().strip()}"
    server.terminate()
    server.wait(10)


@pytest.fixture
def recorder(display, tmp_path):
    """The command, with its window open, and a function that calls xdotool."""
    environment = os.environ | {"DISPLAY": display}
    environment.pop("SDL_VIDEODRIVER", None)
    command = [sys.executable, "-m", "collect", "record", "--task", "LunarLander"]
    with subprocess.Popen(
        [*command, "--subject", "sub01", "--folder", tmp_path],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            wait_for_window(process, environment)
            yield process, partial(call_xdotool, environment)
        finally:
            process.kill()  # does nothing where it has ended


def wait_for_window(process, environment):
    deadline = time.monotonic() + 30
    while b"LunarLander-v3 sub01" not in windows(environment):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(0.5)  # until it listens


def windows(environment):
    # Fails where a window is gone between being listed and being looked at.
    tree = ["xwininfo", "-root", "-tree"]
    return subprocess.run(tree, env=environment, capture_output=True).stdout


def call_xdotool(environment, *arguments):
    subprocess.run(["xdotool", *arguments], env=environment, check=True, timeout=10)


def play(press):
    """Start, hold the right key, both, none; about 0.3 s each."""
    press("key", "space", "sleep", "0.3", "keydown", "Right", "sleep", "0.3")
    press("keydown", "Up", "sleep", "0.3", "keyup", "Up", "keyup", "Right")
    press("sleep", "0.3")


@pytest.mark.parametrize("ending", ["escape", "ctrl-c"])
def test_real_keys_are_recorded(recorder, tmp_path, ending):
    process, press = recorder
    play(press)
    if ending == "escape":
        press("key", "Escape")
    else:
        process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Recorded 1 episode (1 unfinished)" in printed
    (episode,) = read_recording(tmp_path / "sub01_LunarLander-v3.jsonl").episodes
    # Both keys are as good as none; a frame may fall between the two releases.
    stretches = [(a, len([*frames])) for a, frames in groupby(episode.actions)]
    held = [action for action, length in stretches if length > 1]
    assert [action for action, _ in groupby(held)] == [0, 3, 0]
    assert 2 <= np.sum(episode.actions == 3) <= 40
    assert not episode.is_complete
    assert 0.049 <= np.median(np.diff(episode.times)) <= 0.1
