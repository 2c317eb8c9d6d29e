from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from training_toys import assert_same_history

from neurojax.training import EarlyStop, train

KEY = jax.random.key(0)


class ScriptState(NamedTuple):
    generation: jax.Array


@dataclass(frozen=True)
class Script:
    """Fitness by the script."""

    fitness: tuple
    jittable: bool = True

    def init(self, key, params=None):
        return ScriptState(jnp.int32(0))

    def step(self, key, state):
        fitness = jnp.array(self.fitness)[state.generation]
        return ScriptState(state.generation + 1), {"fitness": fitness}


NAN = float("nan")


@pytest.mark.parametrize(
    ("fitness", "stop", "expected"),
    [
        ((5.0, 4.0, 3.0, 2.0, 1.0), dict(target=3.0), 3),
        ((5.0, NAN, 3.5, 2.0, 1.0), dict(target=3.0), 4),
        ((5.0, 4.0, 4.0, 4.0, 1.0), dict(patience=2), 4),
        ((5.0, 6.0, 4.0, NAN, NAN), dict(patience=2), 5),
        ((NAN, NAN, 1.0, 1.0, 1.0), dict(patience=2), 2),
        ((5.0, 4.0, 3.0, 2.0, 1.0), dict(patience=1), 5),
        ((5.0, 5.0, 5.0, 0.0, 1.0), dict(patience=3, target=0.0), 4),
    ],
)
def test_the_run_ends_at_the_generation_worked_by_hand(fitness, stop, expected):
    script = Script(fitness, jittable=False)  # nothing to compile
    _, history = train(script, KEY, 5, callbacks=[EarlyStop(**stop)], chunk=1)
    assert history.generation[-1] == expected


def test_patience_goes_on_after_a_resume():
    script, stop = Script((5.0, 4.0, 4.0, 4.0, 4.0, 4.0)), EarlyStop(patience=3)
    _, whole = train(script, KEY, 6, callbacks=[stop], chunk=1)
    state, history = train(script, KEY, 3, callbacks=[stop], chunk=1)
    _, history = train(
        script, KEY, 6, state=state, history=history, callbacks=[stop], chunk=1
    )
    assert history.generation[-1] == 5
    assert_same_history(history, whole)


def test_the_whole_chunk_is_looked_at():
    fitness = (5.0, 1.0, *np.linspace(3, 4, 20).tolist())
    _, history = train(Script(fitness), KEY, 22, callbacks=[EarlyStop(target=1.0)])
    assert history.generation[-1] < 22
