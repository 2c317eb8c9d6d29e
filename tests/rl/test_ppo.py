import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from neurojax.rl import (
    PPO,
    Trajectory,
    actor_critic,
    clipped_policy_loss,
    generalized_advantages,
)

STEPS, ENVS, SIZE, ACTIONS = 53, 5, 4, 2  # as in the training tests


advantages_of = jax.jit(generalized_advantages, static_argnames=("discount", "trace"))


def trajectory(seed: int, reward_of_action_1: float) -> Trajectory:
    """One-step episodes in which action 1 pays and action 0 does not."""
    random = np.random.default_rng(seed)
    observations = random.normal(size=(STEPS, ENVS, SIZE)).astype(np.float32)
    actions = random.integers(2, size=(STEPS, ENVS), dtype=np.int32)
    ended = np.ones((STEPS, ENVS), bool)
    log_probabilities = np.full((STEPS, ENVS), np.log(0.5), np.float32)
    rewards = np.float32(reward_of_action_1) * actions.astype(np.float32)
    leaves = (
        observations,
        actions,
        log_probabilities,
        rewards,
        ended,
        ended,
        observations,
    )
    return Trajectory(*map(jnp.asarray, leaves))


def test_advantages_match_the_recursion_worked_by_hand():
    """At step 1, environment 0 goes on, 1 terminates and 2 is cut."""
    rewards = jnp.array([[1.0] * 3, [2.0] * 3, [4.0] * 3])
    values = jnp.array([[0.0] * 3, [8.0] * 3, [16.0] * 3])
    next_values = jnp.array([[8.0] * 3, [16.0] * 3, [2.0] * 3])
    terminated = jnp.zeros((3, 3), bool).at[1, 1].set(True)
    ended = terminated.at[1, 2].set(True)
    # delta_0 = 1 + 4 - 0 = 5;  delta_1 = 2 + 8 - 8 = 2, terminated: 2 + 0 - 8 = -6;
    # delta_2 = 4 + 1 - 16 = -11.
    expected = [
        [5 + (2 - 11 / 4) / 4, 5 - 6 / 4, 5 + 2 / 4],
        [2 - 11 / 4, -6, 2],
        [-11, -11, -11],
    ]
    found = advantages_of(
        rewards, values, next_values, terminated, ended, discount=0.5, trace=0.5
    )
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_advantages_with_full_trace_are_returns_minus_values():
    rewards = jnp.arange(5.0)[:, None]
    values = jnp.array([3.0, 1.0, 4.0, 1.0, 5.0])[:, None]
    next_values = jnp.concatenate([values[1:], jnp.zeros((1, 1))])
    ended = jnp.zeros((5, 1), bool).at[-1].set(True)
    found = advantages_of(
        rewards, values, next_values, ended, ended, discount=1.0, trace=1.0
    )
    returns = jnp.cumsum(rewards[::-1], axis=0)[::-1]
    np.testing.assert_allclose(found, returns - values, rtol=1e-6)


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss"),
    [
        (1.0, 3.0, -3.0),
        (1.5, 3.0, -1.2 * 3.0),  # no reward for going further than the clip
        (0.5, 3.0, -0.5 * 3.0),
        (1.5, -3.0, 1.5 * 3.0),  # full blame for what got likelier and is bad
        (0.5, -3.0, 0.8 * 3.0),
    ],
)
def test_the_surrogate_is_pessimistic(ratio, advantage, loss):
    found = clipped_policy_loss(
        jnp.log(jnp.array([ratio])), jnp.array([advantage]), clip=0.2
    )
    np.testing.assert_allclose(found, loss, rtol=1e-6)


def test_the_first_policy_is_nearly_uniform_and_kernels_are_orthogonal(learner):
    weights = learner.weights
    observations = trajectory(1, 1.0).observations[0]
    policy = jnp.exp(actor_critic.log_policy(weights, observations))
    np.testing.assert_allclose(policy, 1 / ACTIONS, atol=0.02)
    kernel = weights.policy[0].kernel  # (4, 5)
    np.testing.assert_allclose(kernel @ kernel.T, 2 * np.eye(4), atol=1e-5)
    assert actor_critic.values(weights, observations).shape == (ENVS,)


@pytest.mark.parametrize("reward", [1.0, -1.0])
def test_the_paid_action_becomes_likelier_and_the_punished_one_less(
    ppo, learner, reward
):
    seen = trajectory(1, reward)
    before = actor_critic.log_policy(learner.weights, seen.observations)[..., 1]
    learner, metrics = ppo.update(jax.random.key(2), learner, seen)
    after = actor_critic.log_policy(learner.weights, seen.observations)[..., 1]
    assert reward * float(jnp.mean(after - before)) > 0.01
    assert 0.0 < metrics["entropy"] <= np.log(ACTIONS) + 1e-6


def test_the_same_key_gives_the_same_update(ppo, learner):
    seen = trajectory(1, 1.0)
    first, again, other = (
        ppo.update(jax.random.key(seed), learner, seen)[0].weights for seed in (2, 2, 3)
    )
    assert jax.tree.all(jax.tree.map(jnp.array_equal, first, again))
    assert not jax.tree.all(jax.tree.map(jnp.array_equal, first, other))


def test_equal_learners_compile_once(ppo, learner):
    seen = trajectory(1, 1.0)
    ppo.update(jax.random.key(2), learner, seen)
    before = PPO.update._cache_size()
    equal = dataclasses.replace(ppo)
    assert equal is not ppo
    equal.update(jax.random.key(2), learner, seen)
    assert PPO.update._cache_size() == before


def test_the_learning_rate_falls_to_a_tenth(ppo):
    num_gradients = 3 * ppo.num_epochs * ppo.num_minibatches
    state = ppo.optimizer.init(jnp.zeros(3))
    gradient = jnp.full(3, 0.1)  # under the clip; Adam's step is then the learning rate
    update = jax.jit(ppo.optimizer.update)
    first, _ = update(gradient, state)
    late = optax.tree.set(state, count=jnp.array(num_gradients))
    last, _ = update(gradient, late)
    assert abs(float(first[0])) == pytest.approx(ppo.learning_rate, rel=1e-2)
    assert abs(float(last[0])) < 0.2 * abs(float(first[0]))


@pytest.mark.parametrize(
    ("choice", "value", "words"),
    [
        ("discount", 1.1, r"discount=1.1 must lie in \(0, 1\]"),
        ("trace", 0.0, "trace=0.0 must lie"),
        ("clip", -0.2, "clip=-0.2 must lie"),
        ("num_updates", 0, "num_updates=0 must be at least 1"),
        ("num_minibatches", 0, "num_minibatches=0 must be at least 1"),
    ],
)
def test_impossible_choices_are_refused(choice, value, words):
    with pytest.raises(ValueError, match=words):
        PPO(**{**dict(observation_size=3, num_actions=2, num_updates=5), choice: value})


def test_minibatches_must_divide_the_trajectory():
    ppo = PPO(SIZE, ACTIONS, num_updates=1, num_minibatches=4)
    key = jax.random.key(0)
    learner = jax.eval_shape(ppo.init, key)
    with pytest.raises(ValueError, match="num_minibatches=4 must divide the 265"):
        jax.eval_shape(ppo.update, key, learner, trajectory(0, 1.0))
