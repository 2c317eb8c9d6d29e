"""Networks at play on given seeds: what they are told, and what is counted."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.continual.play import Matched, play
from neurojax.data.tasks import TASKS
from neurojax.environments.gymnasium import make
from neurojax.networks import GRU, MLP
from neurojax.networks.initializers import Layer

SEEDS = (3, 11)
SURE = 1e4  # a logit that is always drawn


def linear(kernel, bias):
    """One linear network, as a population."""
    layer = Layer(jnp.asarray(kernel, jnp.float32)[None], jnp.asarray(bias)[None])
    return MLP(np.shape(kernel)), (layer,)


def constant(task, action, told=0):
    about = TASKS[task]
    bias = np.zeros(about.num_actions, np.float32)
    bias[action] = SURE
    kernel = np.zeros((about.observation_size + told, about.num_actions))
    return linear(kernel, bias)


def by_hand(task, seed, choose):
    """Return and length of an episode in gymnasium."""
    simulator = make(task)
    simulator.reset(seed=seed)
    total, length, over = 0.0, 0, False
    while not over:
        _, reward, terminated, truncated, _ = simulator.step(choose(length))
        total, length = total + float(reward), length + 1
        over = terminated or truncated
    return total, length


def episodes(task, told=None, has_previous=False):
    told = np.zeros((len(SEEDS), 0), np.float32) if told is None else told
    return Matched(task, SEEDS, told, has_previous)


LANDER = pytest.param("LunarLander-v3", marks=pytest.mark.slow)  # compiles long


@pytest.mark.parametrize("task", [*sorted(set(TASKS) - {"LunarLander-v3"}), LANDER])
def test_constant_actions_end_as_in_gymnasium(task):
    network, weights = constant(task, 1)
    played = play(network, weights, episodes(task), 2)
    assert played.returns.shape == (1, 2, 2)
    for index, seed in enumerate(SEEDS):
        total, length = by_hand(task, seed, lambda _: 1)
        np.testing.assert_allclose(played.returns[0, index], total, rtol=1e-4)
        assert played.lengths[0, index].tolist() == [length, length]
    assert not played.switches.any()


@pytest.mark.parametrize(
    "task",
    ["CartPole-v1", pytest.param("LunarLander-v3", marks=pytest.mark.slow)],
)
def test_networks_are_told_of_their_episode(task):
    about = TASKS[task]
    kernel = np.zeros((about.observation_size + 1, about.num_actions))
    kernel[-1, 0], kernel[-1, 1] = -SURE, SURE  # told -1: the first; told 1: the second
    network, weights = linear(
        kernel,
        np.where(np.arange(about.num_actions) < 2, 0, -SURE * 9).astype(np.float32),
    )
    told = np.array([[-1.0], [1.0]], np.float32)
    played = play(network, weights, episodes(task, told), 1)
    for index, seed in enumerate(SEEDS):
        total, length = by_hand(task, seed, lambda _, a=index: a)
        np.testing.assert_allclose(played.returns[0, index, 0], total, rtol=1e-4)
        assert played.lengths[0, index, 0] == length


@pytest.mark.parametrize(
    "task",
    ["CartPole-v1", pytest.param("LunarLander-v3", marks=pytest.mark.slow)],
)
def test_networks_are_told_their_last_action(task):
    about = TASKS[task]
    size = about.observation_size
    kernel = np.zeros((size + about.num_actions, about.num_actions))
    kernel[size, 1], kernel[size + 1, 0] = SURE, SURE  # the other one of two
    bias = np.full(about.num_actions, -9 * SURE, np.float32)
    bias[:2] = 1, 0
    bias[0] = 100  # the first action of all
    network, weights = linear(kernel, bias)
    played = play(network, weights, episodes(task, has_previous=True), 1)
    for index, seed in enumerate(SEEDS):
        total, length = by_hand(task, seed, lambda step: step % 2)
        np.testing.assert_allclose(played.returns[0, index, 0], total, rtol=1e-3)
        assert played.lengths[0, index, 0] == length
        assert played.switches[0, index, 0] == length - 1


@pytest.mark.parametrize("task", ["CartPole-v1", LANDER])
def test_rollouts_differ_and_repeat(task):
    about = TASKS[task]
    network = GRU((about.observation_size, 4, about.num_actions))
    weights = network.init(jax.random.key(0))
    population = jax.tree.map(lambda leaf: jnp.stack([leaf] * 2), weights)
    first = play(network, population, episodes(task), 5)
    again = play(network, population, episodes(task), 5)
    for ours, theirs in zip(first, again, strict=True):
        np.testing.assert_array_equal(ours, theirs)
        np.testing.assert_array_equal(ours[0], ours[1])  # the same luck for both
    assert len(np.unique(first.returns)) > 5
    assert (first.switches < first.lengths).all()
