from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from environment_toys import Walk
from players import Constant

from neurojax.environments import Gymnax
from neurojax.networks import GRU, MLP, Normalized
from neurojax.rollouts import episode_return, rollout
from neurojax.rollouts.population import FIRST_SEGMENT, population_returns
from neurojax.tree import spawn

CARTPOLE = Gymnax("CartPole-v1")
KEY = jax.random.key(0)
STEPS = []
OPTIONS = ("block", "watch", "greedy", "max_steps")


@partial(jax.jit, static_argnums=(0, 1), static_argnames=OPTIONS)
def together(environment, network, population, keys, **options):
    return population_returns(environment, network, population, keys, **options)


@partial(jax.jit, static_argnums=(0, 1), static_argnames=OPTIONS)
def one_by_one(environment, network, population, keys, **options):
    play = partial(episode_return, environment, network, **options)
    over_episodes = jax.vmap(play, in_axes=(None, 0))
    return jax.vmap(over_episodes, in_axes=(0, None))(population, keys)


@pytest.mark.parametrize(
    "network, members, block, episodes",
    [(MLP((4, 8, 2)), 7, 3, 3), (GRU((4, 5, 2)), 40, 8, 3), (GRU((4, 5, 2)), 7, 3, 1)],
    ids=["mlp", "gru", "one-episode"],
)
def test_only_the_living_are_played_and_nothing_changes(
    network, members, block, episodes
):
    population = spawn(jax.random.key(0), network.init, members)
    keys = jax.random.split(jax.random.key(1), episodes)
    played, _ = together(CARTPOLE, network, population, keys, block=block)
    expected = one_by_one(CARTPOLE, network, population, keys)
    assert played.length.shape == (members, episodes)
    assert len(set(played.length.ravel().tolist())) > 1, "all ended together"
    np.testing.assert_array_equal(played.length, expected.length)
    np.testing.assert_array_equal(played.total_reward, expected.total_reward)


def test_draws_and_the_step_limit_are_those_of_one_episode():
    network = MLP((4, 8, 2))
    population = spawn(jax.random.key(0), network.init, 5)
    keys = jax.random.split(jax.random.key(1), 2)
    options = {"greedy": False, "max_steps": FIRST_SEGMENT + 3}
    played, _ = together(CARTPOLE, network, population, keys, block=2, **options)
    expected = one_by_one(CARTPOLE, network, population, keys, **options)
    np.testing.assert_array_equal(played.length, expected.length)


def test_vmap_over_populations_equals_a_loop():
    network = MLP((4, 8, 2))
    keys = jax.random.split(jax.random.key(1), (3, 2))
    populations = jax.vmap(lambda key: spawn(key, network.init, 6))(keys[:, 0])

    def play(population, keys):
        return together(CARTPOLE, network, population, keys, block=4)[0]

    at_once = jax.jit(jax.vmap(play))(populations, keys)
    for index in range(3):
        population = jax.tree.map(lambda leaf, i=index: leaf[i], populations)
        apart = jax.jit(play)(population, keys[index])
        np.testing.assert_array_equal(at_once.length[index], apart.length)


@dataclass(frozen=True)
class CountingWalk(Walk):
    """Notes every step of every member."""

    def step(self, key, state, action):
        jax.debug.callback(lambda _: STEPS.append(1), state.time)
        return super().step(key, state, action)


def test_after_a_segment_only_blocks_with_a_living_member_are_played():
    environment = CountingWalk(goal=4, max_steps=200, limit=200)
    goes, stays = jnp.array([0.0, 1.0]), jnp.array([1.0, 0.0])
    last = (5, 17, 33)  # in three blocks of four, and then in one
    population = jnp.stack([stays if member in last else goes for member in range(40)])
    STEPS.clear()
    played, _ = together(
        environment, Constant(2), population, jax.random.split(KEY, 1), block=4
    )
    jax.effects_barrier()
    short = int(played.length[0, 0])
    assert short in (3, 4) and played.length[5, 0] == 200
    in_first_segment = 7 * 4 * short + 3 * 4 * FIRST_SEGMENT
    assert len(STEPS) == in_first_segment + 4 * (200 - FIRST_SEGMENT)


def test_steps_taken_together_change_no_result(monkeypatch):
    network = MLP((4, 5, 2))
    population = spawn(jax.random.key(0), network.init, 7)
    keys = jax.random.split(KEY, 2)

    def play(max_steps):  # compiled anew at every call
        play = partial(
            population_returns, CARTPOLE, network, block=3, max_steps=max_steps
        )
        return jax.jit(partial(play, watch=True))(population, keys)

    steps = (500, 37)  # no multiples of what an accelerator takes together
    expected = [play(max_steps) for max_steps in steps]
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    found = [play(max_steps) for max_steps in steps]
    jax.tree.map(np.testing.assert_array_equal, found, expected)


def test_moments_are_those_of_the_rows_before_the_end():
    watched = MLP((4, 8, 2))
    population = spawn(jax.random.key(0), watched.init, 6)
    keys = jax.random.split(jax.random.key(1), 2)
    _, moments = together(CARTPOLE, watched, population, keys, block=4, watch=True)
    for member in range(6):
        weights = jax.tree.map(lambda leaf, m=member: leaf[m], population)
        for episode in range(2):
            steps = rollout(CARTPOLE, watched, weights, keys[episode])
            rows = np.asarray(steps.observation)[np.asarray(steps.is_alive)]
            assert moments.count[member, episode] == len(rows)
            np.testing.assert_allclose(
                moments.mean[member, episode], rows.mean(axis=0), atol=1e-5
            )
            np.testing.assert_allclose(
                moments.variance[member, episode], rows.var(axis=0), atol=1e-4
            )


def test_normalized_networks_play_too():
    network = Normalized(MLP((4, 8, 2)), (4,))
    population = spawn(jax.random.key(0), network.init, 3)
    keys = jax.random.split(jax.random.key(1), 2)
    played, _ = together(CARTPOLE, network, population, keys, block=2)
    expected = one_by_one(CARTPOLE, network, population, keys)
    assert jnp.array_equal(played.length, expected.length)
