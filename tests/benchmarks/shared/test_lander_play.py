"""Networks at play in LunarLander in JAX: as gymnasium plays its seeds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.shared.lander_play import LANDER_TASK, PLACES, play_lander
from benchmarks.shared.measures import EPISODE_SEED, at_play
from neurojax.data.experts.expert import policy_path
from neurojax.data.experts.policy import greedy_actions, load_policy
from neurojax.data.tasks import find_expert_task
from neurojax.environments.gymnasium import make
from neurojax.networks import MLP
from neurojax.networks.initializers import Layer

SEEDS = range(100, 112)
NOISE = (0.0, 0.15, 0.5)  # of the expert's weights: it lands, it may land, it crashes


def population():
    """The expert, and two whose weights are noisy, as arrays."""
    expert, _ = load_policy(policy_path(find_expert_task(LANDER_TASK)))
    draws = np.random.default_rng(0)

    def noisy(array, noise):
        return array + noise * draws.normal(size=array.shape).astype(np.float32)

    members = [
        jax.tree.map(lambda array, noise=noise: noisy(array, noise), expert)
        for noise in NOISE
    ]
    weights = jax.tree.map(lambda *rows: np.stack(rows), *members)
    network = MLP((8, *(len(layer.bias) for layer in expert)))
    return network, tuple(Layer(*layer) for layer in weights), members


def in_gymnasium(policy, seed):
    """Return and length of a greedy episode."""
    simulator = make(LANDER_TASK)
    seen, _ = simulator.reset(seed=seed)
    total, length, over = 0.0, 0, False
    while not over:
        action = greedy_actions(policy, seen[None].astype(np.float32))[0]
        seen, reward, terminated, truncated, _ = simulator.step(int(action))
        total, length = total + float(reward), length + 1
        over = terminated or truncated
    return total, length


def keys(episodes, rollouts=1):
    return jax.random.split(jax.random.key(0), (episodes, rollouts))


@pytest.mark.slow
def test_returns_are_gymnasiums_for_most_episodes():
    network, weights, members = population()
    ours = play_lander(network, weights, SEEDS, keys(len(SEEDS)), greedy=True)
    wanted = np.array([[in_gymnasium(m, seed) for seed in SEEDS] for m in members])
    returns, lengths = ours.returns[..., 0], ours.lengths[..., 0]
    difference = np.abs(returns - wanted[..., 0])
    assert np.median(difference) < 0.05
    assert np.mean((returns > 200) == (wanted[..., 0] > 200)) >= 0.9
    assert np.mean(lengths == wanted[..., 1]) >= 0.8
    # The policies differ in quality, or little is shown.
    assert returns[0].mean() > 200 > 0 > returns[2].mean()


@pytest.mark.slow
def test_more_episodes_than_places_are_all_played():
    network, weights, _ = population()
    assert len(NOISE) * 180 > 4 * PLACES
    many = [0, 1, 2] * 60  # 540 episodes of 3 seeds
    found = play_lander(network, weights, many, keys(len(many)), greedy=True)
    assert found.returns.shape == (3, 180, 1)
    np.testing.assert_array_equal(found.lengths[:, :3], found.lengths[:, 177:])
    np.testing.assert_allclose(
        found.returns, np.tile(found.returns[:, :3], (1, 60, 1)), rtol=1e-5
    )
    assert len(np.unique(found.returns[:, :3])) == 9


@pytest.mark.slow
def test_the_measure_is_the_mean_of_its_seeds():
    network, weights, _ = population()
    seeds = range(EPISODE_SEED, EPISODE_SEED + 4)
    played = play_lander(network, weights, seeds, keys(4), greedy=True)
    measured = at_play(network, LANDER_TASK, 4)(jax.tree.map(jnp.asarray, weights))
    np.testing.assert_allclose(measured["return"], played.returns.mean((1, 2)))


@pytest.mark.slow
def test_weights_that_are_not_numbers_have_no_return():
    network, weights, _ = population()
    weights[-1].bias[1, 0] = np.nan
    returns = at_play(network, LANDER_TASK, 2)(weights)["return"]
    assert np.isfinite(returns[[0, 2]]).all() and np.isnan(returns[1])


def test_networks_that_do_not_fit_are_refused():
    network = MLP((8, 6, 2))
    weights = jax.vmap(network.init)(jax.random.split(jax.random.key(0), 2))
    with pytest.raises(ValueError, match="4 outputs"):
        play_lander(network, weights, (1,), keys(1), greedy=True)
