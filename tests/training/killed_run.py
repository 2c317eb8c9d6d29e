"""`python killed_run.py DIRECTORY NUM_GENERATIONS SECONDS ...`: killed again and again.

Each process goes on from the last checkpoint and is killed (SIGKILL) so many seconds
after its first own one; the last process ends the run. They are forked before JAX has
started a thread, so that importing it is paid for once.
"""

import multiprocessing
import signal
import sys
import time
from pathlib import Path

import jax
from training_toys import OnePlusOne

from neurojax.training import Checkpoint, JSONLTracker, Track, restore, train

FORK = multiprocessing.get_context("fork")


class Pause:
    """Two milliseconds after every call, so that no run is over before it is killed."""

    def open(self, num_generations, generation): ...

    def update(self, chunk):
        time.sleep(0.002)

    def close(self): ...


def go_on(directory, num_generations):
    system, key = OnePlusOne(), jax.random.key(3)
    like = jax.eval_shape(system.init, key)
    state, history = restore(directory, like) or (None, None)
    callbacks = [
        Track(JSONLTracker(directory / "log.jsonl")),
        Checkpoint(directory, every_seconds=0.0),
        Pause(),
    ]
    train(
        system,
        key,
        num_generations,
        state=state,
        history=history,
        callbacks=callbacks,
        chunk=5,
    )


def newest(directory):
    return max(directory.glob("generation_*"), default=None)


def kill_soon(run, directory, seconds):
    """Start a process, and kill it this long after its first checkpoint."""
    before = newest(directory)
    run.start()
    while newest(directory) == before and run.is_alive():
        time.sleep(0.001)
    time.sleep(seconds)
    run.kill()
    run.join()
    assert run.exitcode == -signal.SIGKILL, f"exit code {run.exitcode}"


def main():
    directory, num_generations = Path(sys.argv[1]), int(sys.argv[2])
    arguments = directory, num_generations
    for seconds in map(float, sys.argv[3:]):
        kill_soon(FORK.Process(target=go_on, args=arguments), directory, seconds)
    last = FORK.Process(target=go_on, args=arguments)
    last.start()
    last.join()
    sys.exit(last.exitcode)


if __name__ == "__main__":
    main()
