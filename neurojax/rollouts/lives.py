"""A network with a memory, met again with what it saw: for learning from sequences.

Each sequence goes on from the memory that its first step was played with, and begins a
new life behind each end of an episode, with the key that `collect` began it with:
recurrent PPO's sequences (Pleines et al., 2022, arXiv:2205.11104), whose ends of
episodes are resets within a sequence here, not cuts and padding.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float
from jaxtyping import Key as Keys

from neurojax.rollouts.episode import Step
from neurojax.rollouts.experience import Lockstep, keys_of_lives
from neurojax.types import Carry, Key, Network, Observation, Weights


class Lives(NamedTuple):
    """The lives that steps were played in; every leaf starts with `(envs,)`."""

    carry: Carry  # memory before the first step
    ended: Bool[Array, "envs steps"]  # whether another life begins behind the step
    keys: Keys[Array, "envs steps"]  # with which it begins


def lives_of(lockstep: Lockstep, key: Key, steps: Step) -> Lives:
    """The lives of the steps that `collect` played from there with that key.

    Args:
        lockstep: where the episodes stood before.
        key: that of `collect`.
        steps: `(steps, envs)`.
    """
    keys = keys_of_lives(key, *steps.reward.shape)
    ended = steps.terminated | steps.truncated
    return Lives(lockstep.life.carry, ended.swapaxes(0, 1), keys.swapaxes(0, 1))


def replay(
    network: Network, weights: Weights, lives: Lives, observations: Observation
) -> tuple[Float[Array, "envs steps outputs"], Carry]:
    """What a network says to observations `(envs, steps, ...)` in their lives.

    With the weights that played it is what it said then.

    Returns:
        Outputs, and memories `(envs, steps, ...)` behind each step, before any reset.
    """

    def meet(carry: Carry, row: tuple) -> tuple[Carry, tuple[Array, Carry]]:
        observation, has_ended, key = row
        after, output = network.apply(weights, carry, observation)
        fresh = network.reset(key, weights)
        carry = jax.tree.map(partial(jnp.where, has_ended), fresh, after)
        return carry, (output, after)

    def along(lives: Lives, observations: Observation) -> tuple[Array, Carry]:
        rows = observations, lives.ended, lives.keys
        return jax.lax.scan(meet, lives.carry, rows)[1]

    return jax.vmap(along)(lives, observations)
