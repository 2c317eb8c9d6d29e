import dataclasses
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from learning_probes import Acted, Observed

from neurojax.networks import MLP
from neurojax.rl import PPO, actor_and_critic, clipped_policy_loss
from neurojax.rl.ppo_training import train
from neurojax.rollouts import Step

STEPS, ENVS, SIZE, ACTIONS = 53, 5, 4, 2  # as in the training tests


def paid_for_action_1(reward: float) -> Step:
    """One-step episodes in which action 1 pays and action 0 does not."""
    random = np.random.default_rng(1)
    observation = random.normal(size=(STEPS, ENVS, SIZE)).astype(np.float32)
    action = random.integers(2, size=(STEPS, ENVS), dtype=np.int32)
    yes = np.ones((STEPS, ENVS), bool)
    paid = np.float32(reward) * action.astype(np.float32)
    leaves = (observation, action, paid, observation, yes, ~yes, yes)
    return Step(*map(jnp.asarray, leaves))


def log_policy(ppo, learner, observation):
    return jax.nn.log_softmax(
        ppo.actor.apply_batch(learner.weights.actor, observation.reshape(-1, SIZE))
    )


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


@pytest.mark.parametrize("reward", [1.0, -1.0])
def test_the_paid_action_becomes_likelier_and_the_punished_one_less(
    ppo, learner, reward
):
    seen = paid_for_action_1(reward)
    before = log_policy(ppo, learner, seen.observation)[:, 1]
    learner, metrics = ppo.update(jax.random.key(2), learner, seen)
    after = log_policy(ppo, learner, seen.observation)[:, 1]
    assert reward * float(jnp.mean(after - before)) > 0.01
    assert 0.0 < metrics["entropy"] <= np.log(ACTIONS) + 1e-6


def test_before_the_first_gradient_the_policy_is_that_which_played(ppo, learner):
    """So that all ratios are 1, and the loss that of standardised advantages: 0."""
    seen = paid_for_action_1(1.0)
    minibatch = ppo._batch(learner.weights, seen, ppo._lives_of_each(None))
    critic_only = dataclasses.replace(ppo, entropy_weight=0.0)
    total, metrics = critic_only.loss(learner.weights, minibatch)
    np.testing.assert_allclose(total, 0.5 * metrics["value_loss"], atol=1e-5)


def test_a_network_of_ones_own_learns_as_the_same_mlp_does():
    @dataclass(frozen=True)
    class Linear:
        """Without `apply_batch`, and without any word of the project's."""

        num_outputs: int

        def init(self, key):
            return MLP((1, self.num_outputs)).init(key)[0]

        def reset(self, key, weights):
            return ()

        def apply(self, weights, carry, observation):
            return carry, observation @ weights.kernel + weights.bias

    seen = jax.tree.map(lambda leaf: leaf[:4, :3], paid_for_action_1(1.0))
    seen = seen._replace(
        observation=seen.observation[..., :1],
        next_observation=seen.next_observation[..., :1],
    )
    choices = {"num_updates": 1, "num_minibatches": 2}
    own = PPO(Observed(), Linear(2), Linear(1), **choices)
    ours = PPO(Observed(), MLP((1, 2)), MLP((1, 1)), **choices)
    found = [
        ppo.update(jax.random.key(1), ppo.init(jax.random.key(0)), seen)[0].weights
        for ppo in (own, ours)
    ]
    for one, other in zip(*map(jax.tree.leaves, found), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_networks_without_memory_learn_as_before_there_were_others(ppo):
    """Recorded then."""
    learner, metrics = train(ppo, jax.random.key(0), num_envs=ENVS, num_steps=STEPS)
    np.testing.assert_allclose(
        metrics["value_loss"], [63.897461, 58.579418, 73.315361], rtol=1e-5
    )
    np.testing.assert_allclose(
        metrics["entropy"], [0.69308794, 0.69283539, 0.69266093], rtol=1e-6
    )
    actor, critic = (weights[-1].bias for weights in learner.weights)
    np.testing.assert_allclose(actor, [0.00382191, -0.00382191], rtol=1e-3)
    np.testing.assert_allclose(critic, 0.03342940, rtol=1e-4)


def test_the_same_key_gives_the_same_update(ppo, learner):
    seen = paid_for_action_1(1.0)
    first, again, other = (
        ppo.update(jax.random.key(seed), learner, seen)[0].weights for seed in (2, 2, 3)
    )
    assert jax.tree.all(jax.tree.map(jnp.array_equal, first, again))
    assert not jax.tree.all(jax.tree.map(jnp.array_equal, first, other))


def test_equal_learners_compile_once(ppo, learner):
    seen = paid_for_action_1(1.0)
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
        ("discount", 1.1, r"discount=1.1 must be a number in \(0, 1\]"),
        ("trace", 0.0, "trace=0.0 must be"),
        ("clip", -0.2, "clip=-0.2 must be"),
        ("num_updates", 0, "num_updates=0 must be an integer at least 1"),
        ("num_minibatches", 0, "num_minibatches=0 must be an integer at least 1"),
        ("actor", MLP((1, 3)), r"shape \(3,\).*give the network 2 outputs"),
        ("actor", MLP((2, 2)), "does not take the observations.*number of inputs"),
        ("critic", MLP((1, 2)), r"output of shape \(2,\); it must be \(1,\)"),
        ("critic", MLP((2, 1)), "critic=.* does not take the observations"),
    ],
)
def test_impossible_choices_are_refused(choice, value, words):
    sound = {"actor": MLP((1, 2)), "critic": MLP((1, 1)), "num_updates": 5}
    with pytest.raises(ValueError, match=words):
        PPO(Acted(), **{**sound, choice: value})


def test_minibatches_must_divide_the_steps(ppo):
    ppo = dataclasses.replace(ppo, num_minibatches=4)
    key = jax.random.key(0)
    learner = jax.eval_shape(ppo.init, key)
    with pytest.raises(ValueError, match="num_minibatches=4 must divide the 265"):
        jax.eval_shape(ppo.update, key, learner, paid_for_action_1(1.0))


def test_the_first_policy_is_nearly_uniform_and_kernels_are_orthogonal(ppo, learner):
    observation = paid_for_action_1(1.0).observation[0]
    policy = jnp.exp(log_policy(ppo, learner, observation))
    np.testing.assert_allclose(policy, 1 / ACTIONS, atol=0.02)
    for weights in learner.weights:
        kernel = weights[0].kernel  # (4, 5)
        np.testing.assert_allclose(kernel @ kernel.T, 2 * np.eye(4), atol=1e-5)
    np.testing.assert_allclose(
        jnp.linalg.norm(learner.weights.critic[-1].kernel), 1.0, rtol=1e-5
    )


def test_networks_for_an_environment_fit_it():
    discrete, continuous = Acted(), Acted(continuous=True)
    actor, critic = actor_and_critic(discrete, (7, 5))
    assert (actor.sizes, critic.sizes) == ((1, 7, 5, 2), (1, 7, 5, 1))
    assert actor_and_critic(continuous, (7,))[0].sizes == (1, 7, 2)
