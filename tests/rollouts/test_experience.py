"""Environments in lockstep, whose every episode must be one that `rollout` plays."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from environment_toys import Aim, GoAfter, Walk
from players import Constant

from neurojax.environments import Gymnax
from neurojax.networks import MLP
from neurojax.rollouts import collect, rollout, start_lockstep

STAY, GO = jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])
ENVS, STEPS = 5, 23
KEYS = jax.random.split(jax.random.key(0), 2)


def collected(environment, network, weights, *, greedy=True, num_steps=STEPS):
    lockstep = start_lockstep(environment, network, weights, KEYS[0], num_envs=ENVS)
    return lockstep, *collect(
        environment,
        network,
        weights,
        lockstep,
        KEYS[1],
        num_steps=num_steps,
        greedy=greedy,
    )


def episodes_of(steps):
    """The complete episodes of each environment, as slices of its steps."""
    ended = np.asarray(steps.terminated | steps.truncated)
    for env in range(ENVS):
        ends = np.flatnonzero(ended[:, env]) + 1
        for first, end in zip([0, *ends[:-1]], ends, strict=True):
            yield jax.tree.map(
                lambda leaf, s=slice(first, end), e=env: leaf[s, e], steps
            )


def start_at(place):
    """The start of `Walk` at this place."""
    starts = [Walk().reset(key) for key in jax.random.split(jax.random.key(7), 20)]
    return next(start for start in starts if start[0][0] == place)


def test_every_episode_in_lockstep_is_one_that_rollout_plays():
    """With a memory, too: what waits two steps does so in every episode."""
    wait = jnp.float32(2)
    _, _, steps = collected(Walk(limit=5), GoAfter(), wait)
    found = list(episodes_of(steps))
    assert len(found) >= 3 * ENVS
    assert len({len(episode.reward) for episode in found}) > 1
    for episode in found:
        start = start_at(float(episode.observation[0, 0]))
        alone = rollout(Walk(limit=5), GoAfter(), wait, KEYS[0], start=start)
        length = int(alone.is_alive.sum())
        rows = jax.tree.map(lambda leaf, n=length: leaf[:n], alone)
        jax.tree.map(np.testing.assert_array_equal, episode, rows)


def test_the_next_observation_is_that_before_the_restart():
    _, _, steps = collected(Walk(), Constant(2), GO)
    np.testing.assert_array_equal(steps.next_observation, steps.observation + 1)
    at_goal = steps.next_observation[..., 0] == 3
    np.testing.assert_array_equal(at_goal, steps.terminated)
    assert np.all(steps.observation[..., 0] < 3)
    assert np.all(steps.is_alive)


def test_limits_of_steps_truncate_and_do_not_terminate():
    """One that the environment has, and one that only `max_steps` tells."""
    for walk in (Walk(limit=5), Walk(max_steps=5, limit=99)):
        _, _, steps = collected(walk, Constant(2), STAY)
        expected = np.arange(1, STEPS + 1) % 5 == 0
        np.testing.assert_array_equal(steps.truncated, expected[:, None].repeat(5, 1))
        assert not np.any(steps.terminated)


def test_later_episodes_start_anew_and_environments_differ():
    _, _, steps = collected(Walk(), Constant(2), STAY)
    starts = np.asarray(steps.observation[::7, :, 0])  # 4 episodes of 7 steps
    assert len({tuple(row) for row in starts}) > 1
    assert len({tuple(column) for column in starts.T}) > 1


def test_two_calls_go_on_as_one_would():
    """Deterministic but for the starts: the same episode goes on, memory included."""
    lockstep, after, steps = collected(
        Walk(goal=9), GoAfter(), jnp.float32(3), num_steps=4
    )
    assert after.time.tolist() == [4] * ENVS
    _, more = collect(
        Walk(goal=9),
        GoAfter(),
        jnp.float32(3),
        after,
        KEYS[0],
        num_steps=2,
        greedy=True,
    )
    np.testing.assert_array_equal(steps.next_observation[-1], more.observation[0])
    assert steps.action[:, 0].tolist() == [0, 0, 0, 1]
    assert more.action[:, 0].tolist() == [1, 1]


def test_drawn_actions_differ_between_environments_and_steps():
    _, _, steps = collected(Walk(goal=99), Constant(2), jnp.zeros(2), greedy=False)
    actions = np.asarray(steps.action)
    assert len({tuple(row) for row in actions}) > 1
    assert len({tuple(column) for column in actions.T}) == ENVS


def test_continuous_actions_are_kept_in_the_environments_units():
    _, _, steps = collected(Aim(), Constant(2), jnp.zeros(2))
    assert steps.action.shape == (STEPS, ENVS, 2)
    np.testing.assert_allclose(steps.action[0, 0], [1.0, 2.5])


def test_vmap_over_learners_equals_a_loop():
    """Episodes of the copies end at other times: a restart of one is none of others."""
    environment, network = Gymnax("CartPole-v1"), MLP((4, 2))
    members = jax.vmap(network.init)(jax.random.split(jax.random.key(3), 3))

    @partial(jax.vmap, in_axes=(0,))
    def of_each(weights):
        return collected(environment, network, weights, num_steps=31)[2]

    many = of_each(members)
    assert np.any(many.terminated[0] != many.terminated[1])
    for member in range(3):
        weights = jax.tree.map(lambda leaf, m=member: leaf[m], members)
        one = collected(environment, network, weights, num_steps=31)[2]
        np.testing.assert_array_equal(many.terminated[member], one.terminated)
        np.testing.assert_allclose(many.observation[member], one.observation, atol=1e-4)


def test_a_network_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"shape \(3,\).*give the network 2 outputs"):
        collected(Walk(), Constant(3), jnp.zeros(3))
