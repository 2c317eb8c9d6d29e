"""Sequences that are met again must be what they were when they were played."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from learning_probes import Remembered

from neurojax.rollouts import collect, lives_of, replay, start_lockstep

ENVS, STEPS, EPISODE = 3, 7, 4
WORLD = Remembered(continuous=True)  # a greedy action there is the tanh of the output
WEIGHTS = jnp.float32(0.3)


@dataclass(frozen=True)
class Drawn:
    """A life begins with a number drawn, times the weights; each step adds to it."""

    def init(self, key):
        return WEIGHTS

    def reset(self, key, weights):
        return weights * jax.random.normal(key)

    def apply(self, weights, carry, observation):
        carry = carry + 0.1 * observation[0] + 0.05
        return carry, carry[None]


def played(num_windows):
    """Windows one after the other: the lives and the steps of the last."""
    keys = jax.random.split(jax.random.key(1), num_windows)
    lockstep = start_lockstep(WORLD, Drawn(), WEIGHTS, jax.random.key(0), num_envs=ENVS)
    for key in keys:
        before = lockstep
        lockstep, steps = collect(
            WORLD, Drawn(), WEIGHTS, lockstep, key, num_steps=STEPS, greedy=True
        )
    return lives_of(before, keys[-1], steps), steps, lockstep


def test_replayed_outputs_are_those_of_play_also_of_lives_that_began_with_a_draw():
    """In windows that begin with an episode, and in the midst of one."""
    for num_windows in (1, 2):
        lives, steps, after = played(num_windows)
        ended = np.asarray(lives.ended)
        assert ended[:, :-1].any(axis=1).all()
        assert not ended[:, -1].any() or num_windows > 1
        observations = steps.observation.swapaxes(0, 1)
        outputs, memories = replay(Drawn(), WEIGHTS, lives, observations)
        np.testing.assert_allclose(
            jnp.tanh(outputs).swapaxes(0, 1), steps.action, rtol=1e-5
        )
        goes_on = ~ended[:, -1]
        np.testing.assert_allclose(
            memories[goes_on, -1], after.life.carry[goes_on], rtol=1e-6
        )


def test_lives_of_all_environments_and_steps_begin_with_keys_of_their_own():
    lives, _, _ = played(1)
    words = jax.random.key_data(lives.keys).reshape(ENVS * STEPS, -1)
    assert len(np.unique(words, axis=0)) == ENVS * STEPS


def test_what_begins_in_the_window_follows_the_weights_and_what_was_stored_does_not():
    lives, steps, _ = played(1)
    observations = steps.observation.swapaxes(0, 1)
    outputs, _ = replay(Drawn(), WEIGHTS, lives, observations)
    others, _ = replay(Drawn(), 2 * WEIGHTS, lives, observations)
    drawn = others - outputs  # once the weights times the number drawn
    np.testing.assert_allclose(drawn[:, :EPISODE], 0.0, atol=1e-6)
    first = outputs[:, EPISODE, 0] - 0.1 * observations[:, EPISODE, 0] - 0.05
    np.testing.assert_allclose(drawn[:, EPISODE, 0], first, atol=1e-6)
    assert np.all(np.abs(first) > 1e-3)
