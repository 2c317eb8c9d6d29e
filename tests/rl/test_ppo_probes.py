"""PPO in worlds that each ask for one thing."""

import jax
import jax.numpy as jnp
import pytest
from learning_probes import GOAL, Acted, Delayed, Discounted, Observed, Value

from neurojax.rl import PPO, actor_and_critic
from neurojax.rl.ppo_training import train

DISCOUNT = 0.5


def learnt(environment):
    """What a short training comes to: functions from an observation to what is said."""
    ppo = PPO(
        environment,
        *actor_and_critic(environment, (16,)),
        num_updates=60,
        learning_rate=0.005,
        discount=DISCOUNT,
        num_minibatches=4,
    )
    learner, _ = train(ppo, jax.random.key(0), num_envs=16, num_steps=8)
    actor, critic = learner.weights

    def policy(observation):
        return ppo.actor.apply(actor, (), jnp.array(observation))[1]

    def value(observation):
        return float(ppo.critic.apply(critic, (), jnp.array(observation))[1][0])

    return policy, value


def test_a_step_that_pays_one_is_worth_one():
    _, value = learnt(Value())
    assert value([0.0]) == pytest.approx(1, abs=0.05)


def test_what_follows_a_truncation_has_a_value():
    _, value = learnt(Value(truncated=True))
    assert value([0.0]) == pytest.approx(1 / (1 - DISCOUNT), abs=0.1)


def test_the_value_depends_on_the_observation():
    _, value = learnt(Observed())
    assert value([1.0]) == pytest.approx(1, abs=0.1)
    assert value([-1.0]) == pytest.approx(-1, abs=0.1)


def test_a_later_reward_is_discounted():
    _, value = learnt(Discounted())
    assert value([1.0]) == pytest.approx(1, abs=0.1)
    assert value([0.0]) == pytest.approx(DISCOUNT, abs=0.1)


def test_the_action_that_pays_becomes_likely():
    policy, value = learnt(Acted())
    assert jax.nn.softmax(policy([0.0]))[1] > 0.95
    assert value([0.0]) == pytest.approx(0.75, abs=0.15)


def test_a_number_that_pays_becomes_the_action():
    policy, value = learnt(Acted(continuous=True))
    assert jnp.tanh(policy([0.0])[0]) == pytest.approx(GOAL, abs=0.15)
    assert value([0.0]) == pytest.approx(1, abs=0.15)


def test_an_action_is_learnt_by_a_reward_that_comes_later():
    policy, value = learnt(Delayed())
    for sign in (-1.0, 1.0):
        right = int(sign > 0)
        assert jax.nn.softmax(policy([sign, 0.0]))[right] > 0.95
        assert value([sign, 0.0]) == pytest.approx(DISCOUNT * 0.75, abs=0.15)
    assert value([0.0, 0.75]) == pytest.approx(0.75, abs=0.15)


def test_a_number_is_learnt_by_a_reward_that_comes_later():
    policy, value = learnt(Delayed(continuous=True))
    for sign in (-1.0, 1.0):
        assert jnp.tanh(policy([sign, 0.0])[0]) == pytest.approx(sign * GOAL, abs=0.1)
        assert value([sign, 0.0]) == pytest.approx(DISCOUNT, abs=0.1)
