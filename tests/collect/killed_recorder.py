"""`python killed_recorder.py FOLDER TASK SIGNAL KILLS SEED`: killed again and again.

Each process goes on with the journal and is killed at a random instant of its start (by
SIGKILL alone) or play, and its exit code printed; the last plays an episode to its end.
What it was about to show goes to a second file, `shown`, as lines of seed and number of
steps. The processes are forked, so that imports are paid for once.
"""

import multiprocessing
import os
import random
import signal
import sys
import time
from pathlib import Path

import gymnasium
import pygame

from collect import _loop, _tasks, _window  # noqa: F401 (loaded once, for all)
from collect.record import Record

FORK = multiprocessing.get_context("fork")
LONGEST_SECONDS = 0.4


class Reporting:
    """A simulator that reports each picture before it can be shown."""

    def __init__(self, simulator, channel):
        self.simulator, self.channel = simulator, channel
        self.seed = None

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


def record(folder, task, episodes):
    channel = os.open(folder / "shown", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    make = _tasks.make_simulator
    _tasks.make_simulator = lambda task: Reporting(make(task), channel)
    Record(task, "sub01", folder, fps=0, player="random", episodes=episodes).run()


def main(folder, task, number, kills, seed):
    instants, shown = random.Random(seed), folder / "shown"
    shown.touch()
    gymnasium.make(task, render_mode="rgb_array").close()  # loads its libraries
    for kill in range(kills):
        before = shown.stat().st_size
        process = FORK.Process(target=record, args=(folder, task, 10**6))
        process.start()
        if number != signal.SIGKILL or kill % 2:
            while shown.stat().st_size == before:
                time.sleep(0.001)
        time.sleep(instants.uniform(0.0, LONGEST_SECONDS))
        os.kill(process.pid, number)
        process.join()
        print(f"\nexit {process.exitcode}", flush=True)  # after half a note
    process = FORK.Process(target=record, args=(folder, task, 1))
    process.start()
    process.join()
    print(f"\nexit {process.exitcode}", flush=True)  # after half a note


if __name__ == "__main__":
    assert pygame
    main(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:]))
