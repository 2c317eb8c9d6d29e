"""`python killed_run.py DIRECTORY NUM_GENERATIONS`: go on from the last checkpoint."""

import sys
import time
from pathlib import Path

import jax
from training_toys import OnePlusOne

from neurojax.training import Checkpoint, JSONLTracker, Track, restore, train


class Pause:
    """Two milliseconds after every call, so that no run is over before it is killed."""

    def open(self, num_generations, generation): ...

    def update(self, chunk):
        time.sleep(0.002)

    def close(self): ...


def main():
    directory, num_generations = Path(sys.argv[1]), int(sys.argv[2])
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


if __name__ == "__main__":
    main()
