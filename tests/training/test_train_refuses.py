"""Bad input is refused with the argument, the value and the remedy."""

import inspect
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from training_toys import Walk, Watch

from neurojax import training
from neurojax.training import Checkpoint, EarlyStop, History, Progress, Track

KEY = jax.random.key(0)
# Without the tests' type checks, as users have it.
train = inspect.unwrap(training.train)


@dataclass(frozen=True)
class NotHashable(Walk):
    sizes: list = field(default_factory=lambda: [1, 2])


class NoStep:
    jittable = True

    def init(self, key, params=None): ...


class Stuck(Walk):
    def step(self, key, state):
        state, metrics = super().step(key, state)
        return state._replace(generation=state.generation - 1), metrics


class NoDict(Walk):
    def step(self, key, state):
        return super().step(key, state)[0], 3.0


class NoCount(Walk):
    def init(self, key, params=None):
        return super().init(key)._replace(generation=jnp.float32(0))


def state_at(generation):
    return Walk().init(KEY)._replace(generation=jnp.int32(generation))


def history_to(generation):
    steps = np.arange(generation) + 1
    return History({"other": np.zeros(generation)}, steps, 0.0, 0.0)


CASES = [
    (lambda: train(NoStep(), KEY, 3), ValueError, "system=", "NoStep", "Evolution"),
    (lambda: train(Walk, KEY, 3), ValueError, "system=", "a class", "Walk(...)"),
    (lambda: train(NotHashable(), KEY, 3), ValueError, "system=", "[1, 2]", "tuples"),
    (lambda: train(Walk(), 0, 3), ValueError, "key=0", "jax.random.key(seed)"),
    (
        lambda: train(Walk(), jnp.zeros(2, jnp.uint32), 3),
        ValueError,
        "key=",
        "uint32",
        "jax.random.key(seed)",
    ),
    (
        lambda: train(Walk(), jax.random.split(KEY), 3),
        ValueError,
        "key=",
        "one typed key",
        "jax.random.key(seed)",
    ),
    (
        lambda: train(Walk(), KEY, True),
        ValueError,
        "num_generations=True",
        "an integer",
    ),
    (lambda: train(Walk(), KEY, 2.5), ValueError, "num_generations=2.5", "an integer"),
    (
        lambda: train(Walk(), KEY, -1),
        ValueError,
        "num_generations=-1",
        "at least 0",
    ),
    (
        lambda: train(Walk(), KEY, 2**31),
        ValueError,
        "num_generations=2147483648",
        "2**31",
    ),
    (lambda: train(Walk(), KEY, 3, chunk=0), ValueError, "chunk=0", "at least 1"),
    (
        lambda: train(Walk(), KEY, 3, chunk=False),
        ValueError,
        "chunk=False",
        "an integer",
    ),
    (lambda: train(Walk(), KEY, 3, chunk="9"), ValueError, "chunk='9'", "an integer"),
    (
        lambda: train(Walk(), KEY, 3, callbacks=Watch()),
        ValueError,
        "callbacks=<",
        "Watch",
        "callbacks=(callback,)",
    ),
    (
        lambda: train(Walk(), KEY, 3, callbacks=[print]),
        ValueError,
        "callbacks holds",
        "print",
        "Checkpoint(directory)",
    ),
    (
        lambda: train(Walk(), KEY, 3, callbacks=[Watch]),
        ValueError,
        "callbacks holds",
        "Watch",
        "Checkpoint(directory)",
    ),
    (
        lambda: train(Walk(), KEY, 3, state=state_at(7)),
        ValueError,
        "num_generations=3",
        "done 7",
        "at least 7",
    ),
    (
        lambda: train(Walk(), KEY, 9, history=history_to(3)),
        ValueError,
        "history needs state",
        "pass the state",
    ),
    (
        lambda: train(Walk(), KEY, 9, state=state_at(4), history=history_to(3)),
        ValueError,
        "history ends at generation 3",
        "at 4",
        "returned together",
    ),
    (
        lambda: train(Walk(), KEY, 9, state=state_at(3), history=history_to(3)),
        ValueError,
        "history and system differ",
        "['fitness', 'other', 'position']",
        "history=None",
    ),
    (
        lambda: train(NoCount(), KEY, 9),
        ValueError,
        "state.generation=",
        "0.",
        "jnp.int32(0)",
    ),
    (
        lambda: train(Walk(), KEY, 9, state=(1, 2)),
        ValueError,
        "state.generation=None",
        "jnp.int32(0)",
    ),
    (
        lambda: train(Walk(), KEY, 9, state=jax.eval_shape(Walk().init, KEY)),
        ValueError,
        "state holds shapes and no numbers",
        "restore(directory, like)",
    ),
    (
        lambda: train(Walk(), KEY, 9, state=Walk(True).init(KEY), history={}),
        ValueError,
        "history={}",
        "returned",
    ),
    (
        lambda: train(
            Walk(), KEY, 9, state=state_at(3)._replace(position=jnp.zeros(5))
        ),
        ValueError,
        "state.position has shape (5,)",
        "(3,)",
    ),
    (
        lambda: train(Stuck(), KEY, 9),
        ValueError,
        "state.generation=0 after generation 1",
        "state.generation + 1",
    ),
    (lambda: train(NoDict(), KEY, 9), TypeError, "metrics=", "dict of arrays"),
    (lambda: train(NoDict(False), KEY, 9), TypeError, "metrics=3.0", "dict of arrays"),
    (lambda: EarlyStop(), ValueError, "target=None", "give one"),
    (lambda: EarlyStop(patience=0), ValueError, "patience=0", "at least 1"),
    (
        lambda: train(Walk(), KEY, 9, callbacks=[EarlyStop(0.0, metric="loss")]),
        ValueError,
        "metric='loss'",
        "['fitness', 'position']",
    ),
    (
        lambda: train(
            Walk(), KEY, 9, callbacks=[EarlyStop(0.0, None, "position", True)]
        ),
        ValueError,
        "metric='position'",
        "(3,)",
        "choose another",
    ),
    (lambda: Track(training.JSONLTracker("x"), 0), ValueError, "every=0", "at least 1"),
    (
        lambda: Progress(0),
        ValueError,
        "evaluations_per_generation=0",
        "population_size",
    ),
    (lambda: Checkpoint("x", keep=0), ValueError, "keep=0", "at least 1"),
    (lambda: Checkpoint("x", -1.0), ValueError, "every_seconds=-1.0", "0 saves"),
    (
        lambda: Checkpoint("x", float("nan")),
        ValueError,
        "every_seconds=nan",
        "0 saves",
    ),
    (
        lambda: Checkpoint("x", config={"rate": jnp.ones(2)}),
        ValueError,
        "config={'rate'",
        "JSON values",
        "use str, int",
    ),
    (
        lambda: training.JSONLTracker("x").log(1, {"fitness": 0.0}),
        ValueError,
        "not open",
        "call open(step)",
    ),
]


@pytest.mark.parametrize(
    ("call", "error", "fragments"), [(c, e, f) for c, e, *f in CASES]
)
def test_bad_input_is_refused_by_name_value_and_remedy(call, error, fragments):
    with pytest.raises(error) as caught:
        call()
    for fragment in fragments:
        assert fragment in str(caught.value)
