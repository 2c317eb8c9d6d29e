import jax
import jax.numpy as jnp
import numpy as np

from neurojax.rl import generalized_advantages

advantages_of = jax.jit(generalized_advantages, static_argnames=("discount", "trace"))


def test_advantages_match_the_recursion_worked_by_hand():
    """At step 1, environment 0 goes on, 1 is terminated and 2 is truncated."""
    rewards = jnp.array([[1.0] * 3, [2.0] * 3, [4.0] * 3])
    values = jnp.array([[0.0] * 3, [8.0] * 3, [16.0] * 3])
    next_values = jnp.array([[8.0] * 3, [16.0] * 3, [2.0] * 3])
    terminated = jnp.zeros((3, 3), bool).at[1, 1].set(True)
    truncated = jnp.zeros((3, 3), bool).at[1, 2].set(True)
    # delta_0 = 1 + 4 - 0 = 5;  delta_1 = 2 + 8 - 8 = 2, terminated: 2 + 0 - 8 = -6;
    # delta_2 = 4 + 1 - 16 = -11.
    expected = [
        [5 + (2 - 11 / 4) / 4, 5 - 6 / 4, 5 + 2 / 4],
        [2 - 11 / 4, -6, 2],
        [-11, -11, -11],
    ]
    found = advantages_of(
        rewards, values, next_values, terminated, truncated, discount=0.5, trace=0.5
    )
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_advantages_with_full_trace_are_returns_minus_values():
    rewards = jnp.arange(5.0)[:, None]
    values = jnp.array([3.0, 1.0, 4.0, 1.0, 5.0])[:, None]
    next_values = jnp.concatenate([values[1:], jnp.zeros((1, 1))])
    never = jnp.zeros((5, 1), bool)
    found = advantages_of(
        rewards,
        values,
        next_values,
        never.at[-1].set(True),
        never,
        discount=1.0,
        trace=1.0,
    )
    returns = jnp.cumsum(rewards[::-1], axis=0)[::-1]
    np.testing.assert_allclose(found, returns - values, rtol=1e-6)


def test_an_episode_both_terminated_and_truncated_has_nothing_behind_it():
    both = jnp.ones((1, 1), bool)
    found = advantages_of(
        jnp.ones((1, 1)),
        jnp.zeros((1, 1)),
        jnp.full((1, 1), 8.0),
        both,
        both,
        discount=0.5,
        trace=0.5,
    )
    assert found == 1
