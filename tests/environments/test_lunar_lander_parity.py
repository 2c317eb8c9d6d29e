"""LunarLander against gymnasium's over many episodes and in all its variants."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from lunar_landers import fly, heuristic, play_gymnasium, play_ours, reference
from scipy.stats import ks_2samp

from neurojax.environments import LunarLander

pytestmark = pytest.mark.slow

VARIANTS = {
    "continuous": LunarLander(continuous=True),
    "wind": LunarLander(enable_wind=True, gravity=-8.0),
    "continuous wind": LunarLander(continuous=True, enable_wind=True),
}


def heuristic_of(environment):
    return lambda observations, _: heuristic(observations, environment.continuous)


@pytest.mark.parametrize("name", VARIANTS)
def test_free_flight_is_gymnasiums_in_all_variants(name):
    environment, draws = VARIANTS[name], np.random.default_rng(1)
    if environment.continuous:
        actions = draws.uniform(-1.2, 1.2, (30, 90, 2)).astype(np.float32)
    else:
        actions = draws.integers(4, size=(30, 90))
    assert fly(environment, range(30), actions, atol=2e-5) > 1500


def test_the_heuristic_has_the_same_outcome_in_98_of_100_episodes():
    environment = LunarLander()
    ours = play_ours(environment, range(100), heuristic_of(environment))
    wanted = play_gymnasium(environment, range(100), heuristic_of(environment))
    difference = np.abs(ours.returns - wanted.returns)
    assert np.sum((ours.returns > 200) == (wanted.returns > 200)) >= 98
    assert np.median(difference) < 0.02
    assert np.percentile(difference, 90) < 2.0


def random_networks(number):
    """Linear policies of four actions, one for each episode."""
    weights = np.random.default_rng(2).normal(size=(number, 8, 4))

    def policy(observations, _):
        return np.einsum("no,noa->na", observations, weights).argmax(1)

    return policy


@pytest.mark.parametrize("solver", ["exact", "fast"])
@pytest.mark.parametrize("player", ["heuristic", "random networks"])
def test_returns_are_distributed_as_gymnasiums(solver, player):
    environment, seeds = LunarLander(solver=solver), range(300, 500)
    policy = heuristic_of(environment)
    if player == "random networks":
        policy = random_networks(len(seeds))
    ours = play_ours(environment, seeds, policy)
    wanted = play_gymnasium(environment, seeds, policy)
    for found, expected in zip(ours, wanted, strict=True):
        # The exact method gives up on equal samples, which these may well be.
        assert ks_2samp(found, expected, method="asymp").pvalue > 0.05


def test_episodes_of_keys_are_distributed_as_those_of_seeds():
    environment = LunarLander()
    keys = jax.random.split(jax.random.key(5), 2000)
    observations, states = jax.jit(jax.vmap(environment.reset))(keys)
    simulated = play_start_of_gymnasium(400)
    for column in (0, 1, 2, 3, 4, 5):
        found = np.array(observations[:, column])
        assert ks_2samp(found, simulated[:, column]).pvalue > 0.01, column
    assert jnp.isfinite(states.terrain).all()


def play_start_of_gymnasium(number):
    simulator = reference(LunarLander())
    return np.array([simulator.reset(seed=seed)[0] for seed in range(number)])
