"""`python killed_recorder.py FOLDER KILLS`: a recorder killed again and again.

Each process goes on with the journal and is killed (SIGKILL) at a random instant of its
start or play. What it was about to show goes to a second file, `shown`, as lines of
seed and number of steps. The processes are forked, so that imports are paid for once.
"""

import multiprocessing
import os
import random
import sys
import time
from pathlib import Path

import gymnasium.envs.classic_control.cartpole
import pygame

from collect import _loop, _tasks, _window  # noqa: F401 (loaded once, for all)
from collect.record import Record
from neurojax.data.recordings.reader import read_recording

FORK = multiprocessing.get_context("fork")
JOURNAL = "sub01_CartPole-v1.jsonl"
LONGEST_SECONDS = 0.4


class Reporting:
    """A simulator that reports each picture before it can be shown."""

    def __init__(self, simulator, channel):
        self.simulator, self.channel = simulator, channel

    def reset(self, seed=None):
        self.seed, self.steps = seed, 0
        return self.simulator.reset(seed=seed)

    def step(self, action):
        self.steps += 1
        return self.simulator.step(action)

    def close(self):
        self.simulator.close()

    def render(self):
        if self.seed is not None:  # not the backdrop of the start
            os.write(self.channel, f"{self.seed} {self.steps}\n".encode())
        return self.simulator.render()


def record(folder, episodes):
    channel = os.open(folder / "shown", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    make = _tasks.make_simulator
    _tasks.make_simulator = lambda task: Reporting(make(task), channel)
    Record("CartPole", "sub01", folder, fps=0, player="random", episodes=episodes).run()


def main(folder, kills):
    instants = random.Random(0)
    for _ in range(kills):
        process = FORK.Process(target=record, args=(folder, 10**6))
        process.start()
        time.sleep(instants.uniform(0.0, LONGEST_SECONDS))
        process.kill()
        process.join()
        assert process.exitcode == -9, "it ended before it was killed"
        if (folder / JOURNAL).exists() and (folder / JOURNAL).stat().st_size:
            read_recording(folder / JOURNAL)
    process = FORK.Process(target=record, args=(folder, 1))
    process.start()
    process.join()
    assert process.exitcode == 0


if __name__ == "__main__":
    assert gymnasium and pygame
    main(Path(sys.argv[1]), int(sys.argv[2]))
