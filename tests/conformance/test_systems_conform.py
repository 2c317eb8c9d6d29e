"""What holds for every system in `neurojax.systems.__all__`."""

import jax
import numpy as np
import pytest
from probe_cases import SYSTEMS
from probes import assert_equal, implementations, shapes

from neurojax import systems
from neurojax.training import Checkpoint, restore, train
from neurojax.types import System

NAMES = sorted(implementations(systems) & set(SYSTEMS))


def test_every_system_has_a_case():
    missing = implementations(systems) - set(SYSTEMS)
    assert not missing, f"add {missing} to SYSTEMS in conformance/probe_cases.py"


@pytest.mark.parametrize("name", NAMES)
def test_fitness_falls_and_a_run_resumed_from_its_checkpoint_is_the_same(
    name, tmp_path
):
    system, twin = SYSTEMS[name](), SYSTEMS[name]()
    assert isinstance(system, System)
    assert system == twin and hash(system) == hash(twin)
    key = jax.random.key(0)
    state, history = train(system, key, 30)
    fitness = history.metrics["fitness"]
    # log(2) is chance; the labels can be read off one input.
    assert np.all(fitness[-1] < 0.6 * fitness[0]), fitness
    assert int(state.generation) == 30

    train(system, key, 13, callbacks=[Checkpoint(tmp_path)])
    like = jax.eval_shape(system.init, key)
    saved, before = restore(tmp_path, like)
    resumed, whole = train(twin, key, 30, state=saved, history=before)
    assert_equal(jax.device_get(resumed.generation), jax.device_get(state.generation))
    for a, b in zip(jax.tree.leaves(state), jax.tree.leaves(resumed), strict=True):
        if jax.numpy.issubdtype(a.dtype, jax.dtypes.prng_key):
            a, b = jax.random.key_data(a), jax.random.key_data(b)
        np.testing.assert_array_equal(a, b)
    for metric, values in history.metrics.items():
        np.testing.assert_array_equal(values, whole.metrics[metric])


@pytest.mark.parametrize("name", NAMES)
def test_step_keeps_the_state_and_uses_no_key_twice(name):
    system = SYSTEMS[name]()
    key = jax.random.key(0)
    with jax.debug_key_reuse(True):
        state = jax.eval_shape(jax.jit(system.init), key)
        after, metrics = jax.eval_shape(jax.jit(system.step), key, state)
    assert shapes(after) == shapes(state)
    assert "fitness" in metrics
