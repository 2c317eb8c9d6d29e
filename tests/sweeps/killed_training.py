"""Runs of `train` that end by SIGKILL: at a given operation on a file, or by a clock.

`python killed_training.py FOLDER KIND SYSTEM LENGTH COMMAND NUMBER ...` goes on with
the run in FOLDER, whose log is of KIND, in processes forked before JAX has started:

    at N ...     one for each N, killed at its N-th operation, unless it ends before
    after S ...  one for each S, killed S seconds after its start, unless it ends before
    past S ...   the same, S seconds after its first own checkpoint

It prints for each process its exit code and how many operations it made.
"""

import builtins
import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp

import neurojax.training.log_file as log_file
from neurojax.encodings import Gaussian
from neurojax.storage import atomic
from neurojax.strategies import SimpleES, SimpleGA
from neurojax.systems import Evolution
from neurojax.training import (
    Checkpoint,
    CSVTracker,
    JSONLTracker,
    Track,
    restore,
    train,
)

FORK = multiprocessing.get_context("fork")
TRACKERS = {"jsonl": JSONLTracker, "csv": CSVTracker}


@dataclass(frozen=True)
class Parabola:
    """The squared distance to 1."""

    jittable = True

    def init(self, key):
        return ()

    def eval(self, key, population, state):
        return jnp.sum((population - 1.0) ** 2, axis=1), state, {}


class CountState(NamedTuple):
    generation: jax.Array
    number: jax.Array


@dataclass(frozen=True)
class Count:
    """Adds up draws, on the host: nothing to compile."""

    jittable = False

    def init(self, key, params=None):
        return CountState(jnp.int32(0), jnp.float32(0.0))

    def step(self, key, state):
        number = state.number + jax.random.uniform(key)
        return CountState(state.generation + 1, number), {"fitness": number}


def draw(key):
    return jax.random.normal(key, (3,))


SYSTEMS = {  # made in the process that runs one, as JAX must not start before the forks
    "count": Count,
    "ga": lambda: Evolution(SimpleGA(6, variation=Gaussian(0.1)), Parabola(), draw),
    "es": lambda: Evolution(SimpleES(6, Gaussian(0.1)), Parabola(), draw),
}


class Pause:
    """A moment after every call, so that no run is over before it is killed."""

    def __init__(self, seconds):
        self.seconds = seconds

    def open(self, num_generations, generation): ...

    def update(self, chunk):
        time.sleep(self.seconds)

    def close(self): ...


def go_on(folder, kind, name, length, seconds=0.0):
    """The lines of the guide."""
    system, key = SYSTEMS[name](), jax.random.key(3)
    found = restore(folder / "run", jax.eval_shape(system.init, key))
    state, history = found or (None, None)
    callbacks = [
        Track(TRACKERS[kind](folder / "run" / f"log.{kind}")),
        Checkpoint(folder / "run", every_seconds=0.0),
        Pause(seconds),
    ]
    # One by one if operations are counted: how many a call makes depends on its time.
    chunk = 2 if seconds else 1
    how = dict(state=state, history=history, callbacks=callbacks, chunk=chunk)
    return train(system, key, length, **how)


class Operations:
    """Counts operations on files, and ends the process at one of them."""

    def __init__(self, last, counter):
        self.last, self.counter = last, counter

    def __call__(self):
        """Count one; whether it is the last, which is done by half if it can be."""
        self.counter.value += 1
        return self.counter.value == self.last

    def counted(self, function):
        def count(*arguments, **options):
            if self():
                end()
            return function(*arguments, **options)

        return count

    def written(self, kind):
        operations = self

        class Written(kind):
            def write(self, data):
                if operations():  # before, half a write, and the next is after it
                    end()
                if operations():
                    super().write(memoryview(data)[: len(data) // 2])
                    self.flush()
                    end()
                return super().write(data)

        return Written

    def watch(self):
        """Count from now on, in this process."""
        names = ("open", "fsync", "replace", "unlink", "rename", "mkdir", "ftruncate")
        for name in names:
            setattr(os, name, self.counted(getattr(os, name)))
        log_file.FileIO = self.written(FileIO)
        whole = self.written(FileIO)

        def opened(path, mode="r", *arguments, **options):
            if "b" in mode and "x" in mode:
                if self():
                    end()
                return whole(path, "x")
            return builtins.open(path, mode, *arguments, **options)

        atomic.open = opened


def end():
    os.kill(os.getpid(), signal.SIGKILL)


def run_at(last, counter, *arguments):
    Operations(last, counter).watch()
    go_on(*arguments)


def kill_after(process, folder, seconds, is_past):
    """Start the process and kill it, unless it ends before."""
    before = newest(folder)
    process.start()
    while is_past and newest(folder) == before and process.is_alive():
        time.sleep(0.001)
    process.join(seconds)
    if process.exitcode is None:
        process.kill()


def newest(folder):
    return max((path.name for path in folder.glob("generation_*")), default=None)


def main():
    folder, kind, name, length, command = sys.argv[1:6]
    arguments = Path(folder), kind, name, int(length)
    for number in sys.argv[6:]:
        counter = FORK.Value("i", 0)
        if command == "at":
            given = (int(number), counter, *arguments)
            process = FORK.Process(target=run_at, args=given)
            process.start()
        else:
            process = FORK.Process(target=go_on, args=(*arguments, 0.02))
            kill_after(process, arguments[0] / "run", float(number), command == "past")
        process.join()
        print(process.exitcode, counter.value, flush=True)


if __name__ == "__main__":
    main()
