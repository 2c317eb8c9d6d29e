"""PPO of actors and critics that remember."""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen
from learning_probes import Acted, Remembered, Value

from neurojax.networks import GRU, MLP, Flax, Normalized
from neurojax.rl import PPO, log_probability
from neurojax.rl.ppo_training import proceed, start
from neurojax.rollouts import Lives, collect, lives_of

ENVS, STEPS = 3, 7
WORLD = Remembered()  # episodes of 4 steps
CELL = linen.GRUCell(2, carry_init=linen.initializers.normal())  # draws at the reset
CRITIC = GRU((1, 3, 1))


@dataclass(frozen=True)
class Idle:
    """Another network with a memory in which nothing happens."""

    network: MLP

    def init(self, key):
        return self.network.init(key)

    def reset(self, key, weights):
        return jnp.zeros(1)

    def apply(self, weights, carry, observation):
        return carry, self.network.apply(weights, (), observation)[1]


@dataclass(frozen=True)
class Counting:
    """Its value is how many observations it has met in the episode."""

    def init(self, key):
        return jnp.float32(0)

    def reset(self, key, weights):
        return jnp.float32(0)

    def apply(self, weights, carry, observation):
        return carry + 1, carry[None] + 1


def played(ppo, learner, lockstep, num_steps, key):
    """Step by step, so that the actor can be asked what it says before each."""

    @jax.jit
    def ask(carry, observation):
        apply = partial(ppo.actor.apply, learner.weights.actor)
        return jax.vmap(apply)(carry.actor, observation)[1]

    outputs, steps, lives = [], [], []
    for key_step in jax.random.split(key, num_steps):
        outputs.append(ask(lockstep.life.carry, lockstep.life.observation))
        after, step = collect(
            ppo.environment,
            ppo.player,
            learner.weights,
            lockstep,
            key_step,
            num_steps=1,
            greedy=False,
        )
        lives.append(lives_of(lockstep, key_step, step))
        steps.append(step)
        lockstep = after
    carry, ended, keys = zip(*lives, strict=True)
    ended, keys = (jnp.concatenate(each, axis=1) for each in (ended, keys))
    steps = jax.tree.map(lambda *rows: jnp.concatenate(rows), *steps)
    return jnp.stack(outputs), steps, Lives(carry[0], ended, keys), lockstep


@pytest.mark.parametrize(
    ("actor", "critic"),
    [
        (GRU((1, 3, 2)), CRITIC),
        (Normalized(GRU((1, 3, 2)), (1,)), MLP((1, 1))),
        (Flax(CELL, (1,)), CRITIC),
        (MLP((1, 2)), CRITIC),
    ],
)
def test_before_the_first_gradient_probabilities_are_those_at_play(actor, critic):
    """Across ends of episodes, and in a window that begins in the midst of one."""
    ppo = PPO(WORLD, actor, critic, num_updates=1, num_minibatches=3)
    learner, lockstep = start(ppo, jax.random.key(0), num_envs=ENVS)
    for number in (1, 2):
        outputs, steps, lives, lockstep = played(
            ppo, learner, lockstep, STEPS, jax.random.key(number)
        )
        assert jnp.all(jnp.any(lives.ended[:, :-1], axis=1))
        batch = ppo._batch(learner.weights, steps, ppo._lives_of_each(lives))
        measure = jax.vmap(jax.vmap(partial(log_probability, WORLD)))
        expected = measure(outputs, steps.action)
        np.testing.assert_allclose(batch.log_probability.T, expected, atol=1e-6)


def test_an_episode_that_is_cut_goes_on_in_the_critics_memory():
    """Each is cut after its only step: V = 1 there, and 2 of what followed."""
    ppo = PPO(
        Value(truncated=True),
        MLP((1, 2)),
        Counting(),
        num_updates=1,
        num_minibatches=1,
        discount=0.5,
    )
    learner, lockstep = start(ppo, jax.random.key(0), num_envs=ENVS)
    _, steps, lives, _ = played(ppo, learner, lockstep, 2, jax.random.key(1))
    batch = ppo._batch(learner.weights, steps, ppo._lives_of_each(lives))
    np.testing.assert_allclose(batch.target, 1 + 0.5 * 2)
    np.testing.assert_allclose(batch.advantage, 1 + 0.5 * 2 - 1)


def test_the_window_ends_with_the_value_of_what_the_critic_would_see_next():
    ppo = PPO(WORLD, MLP((1, 2)), Counting(), num_updates=1, trace=1.0, discount=1.0)
    learner, lockstep = start(ppo, jax.random.key(0), num_envs=ENVS)
    _, steps, lives, _ = played(ppo, learner, lockstep, 2, jax.random.key(1))
    batch = ppo._batch(learner.weights, steps, ppo._lives_of_each(lives))
    np.testing.assert_allclose(batch.target, 3.0)  # unpaid steps, then the third value


@pytest.mark.slow
def test_in_sequence_networks_without_memory_learn_what_they_learn_step_by_step():
    """From all steps at once, so that no shuffling tells them apart."""
    once = {"num_updates": 1, "num_epochs": 2, "num_minibatches": 1}
    plain = PPO(WORLD, MLP((1, 3, 2)), MLP((1, 3, 1)), **once)
    idle = PPO(WORLD, MLP((1, 3, 2)), Idle(MLP((1, 3, 1))), **once)
    found = []
    for ppo in (plain, idle):
        training = start(ppo, jax.random.key(0), num_envs=ENVS)
        after, _ = proceed(
            ppo, jax.random.key(1), training, num_updates=1, num_steps=STEPS
        )
        found.append(after.learner.weights)
    for one, other in zip(*map(jax.tree.leaves, found), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_memories_that_do_not_fit_the_steps_are_refused():
    ppo = PPO(WORLD, MLP((1, 2)), CRITIC, num_updates=1, num_minibatches=2)
    learner, lockstep = start(ppo, jax.random.key(0), num_envs=ENVS)
    key = jax.random.key(1)
    _, steps, lives, _ = played(ppo, learner, lockstep, 2, key)
    with pytest.raises(ValueError, match="lives=None is no memory.*collect with the"):
        ppo.update(key, learner, steps)
    with pytest.raises(ValueError, match=r"lives.carry=\(\) is no memory of both"):
        ppo.update(key, learner, steps, lives._replace(carry=()))
    with pytest.raises(ValueError, match="=2 must divide the 3 environments"):
        ppo.update(key, learner, steps, lives)
    with pytest.raises(ValueError, match=r"output of shape \(2,\); it must be \(1,\)"):
        PPO(Acted(), MLP((1, 2)), GRU((1, 3, 2)), num_updates=1)
