"""Episodes that start as gymnasium's do, and go on as they do."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurojax.environments import Gymnax, gymnasium_starts
from neurojax.environments.gymnasium import make
from neurojax.environments.starts import STATES

SEEDS = (0, 7, 123)
# Float32 drifts from gymnasium's float64, fast where the dynamics are unstable.
STEPS = {"CartPole-v1": 60, "MountainCar-v0": 200, "Acrobot-v1": 60}


@pytest.mark.parametrize("task", STATES)
def test_starts_are_gymnasiums(task):
    observations, _ = gymnasium_starts(Gymnax(task), SEEDS)
    for row, seed in zip(observations, SEEDS, strict=True):
        wanted, _ = make(task).reset(seed=seed)
        np.testing.assert_allclose(row, wanted, atol=1e-7)


@pytest.mark.parametrize("task", STATES)
def test_the_same_actions_lead_to_the_same_steps(task):
    environment = Gymnax(task)
    _, states = gymnasium_starts(environment, SEEDS)
    step = jax.jit(environment.step)
    for index, seed in enumerate(SEEDS):
        simulator = make(task)
        simulator.reset(seed=seed)
        state = jax.tree.map(lambda leaf, i=index: leaf[i], states)
        draws = np.random.default_rng(seed)
        for _ in range(STEPS[task]):
            action = int(draws.integers(environment.num_actions))
            wanted, reward, ended, cut, _ = simulator.step(action)
            found, state, ours, is_over, is_cut = step(
                jax.random.key(0), state, jnp.int32(action)
            )
            np.testing.assert_allclose(found, wanted, atol=2e-3)
            assert (float(ours), bool(is_over)) == (reward, ended)
            if ended or cut:
                break
            assert not is_cut


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="environment"):
        gymnasium_starts(Gymnax("Pendulum-v1"), SEEDS)
    with pytest.raises(ValueError, match="seeds is empty"):
        gymnasium_starts(Gymnax("CartPole-v1"), ())
