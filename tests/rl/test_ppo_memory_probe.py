"""PPO in a world that asks for a memory."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from learning_probes import BLANKS, Remembered

from neurojax.networks import GRU
from neurojax.rl import PPO, actor_and_critic
from neurojax.rl.ppo_training import train

WORLD = Remembered()
DISCOUNT = 0.9


def learnt(actor, critic, seed=0):
    """What a short training comes to, and the mean return at its end."""
    ppo = PPO(
        WORLD,
        actor,
        critic,
        num_updates=100,
        learning_rate=0.01,
        discount=DISCOUNT,
        num_minibatches=4,
    )
    # Windows of 26 steps begin in the midst of episodes of 4.
    learner, metrics = train(ppo, jax.random.key(seed), num_envs=16, num_steps=26)
    return learner.weights, float(jnp.mean(metrics["mean_return"][-20:]))


def said(network, weights, sign):
    """Outputs `(steps, outputs)` in an episode."""
    observations = jnp.zeros((BLANKS + 1, 1)).at[0, 0].set(sign)
    carry = network.reset(jax.random.key(0), weights)
    return jax.lax.scan(partial(network.apply, weights), carry, observations)[1]


def test_what_was_seen_some_steps_ago_is_remembered():
    actor, critic = GRU.fitting(WORLD, 16), GRU((1, 16, 1))
    weights, mean_return = learnt(actor, critic)
    assert mean_return == pytest.approx(0.75, abs=0.02)
    for sign in (-1.0, 1.0):
        last = said(actor, weights.actor, sign)[-1]
        assert jax.nn.softmax(last)[int(sign > 0)] > 0.95
        values = said(critic, weights.critic, sign)[:, 0]
        expected = 0.75 * DISCOUNT ** np.arange(BLANKS, -1, -1)
        np.testing.assert_allclose(values, expected, atol=0.05)


def test_who_has_no_memory_guesses():
    """0.1 is four standard errors of some 2000 episodes that pay 0.75 or -1.25."""
    _, mean_return = learnt(*actor_and_critic(WORLD, (16,)))
    assert mean_return == pytest.approx(-0.25, abs=0.1)
