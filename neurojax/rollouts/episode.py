"""The step that every rollout repeats, and what it needs.

Written for one network and one episode: rollouts `vmap` it over members and episodes.
It works for every network, because its memory travels in the carry.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from neurojax import checks
from neurojax.keys import key_of_life
from neurojax.rollouts.actions import choose_action
from neurojax.types import (
    Carry,
    Environment,
    EnvState,
    HostEnvironment,
    Key,
    Network,
    Observation,
    Start,
    Weights,
)


class EpisodeKeys(NamedTuple):
    """Keys of an episode's steps, with a leading axis of steps, or of one step."""

    step: Any
    action: Any


class Life(NamedTuple):
    """Where an episode stands."""

    observation: Observation
    state: EnvState
    carry: Carry
    is_alive: Bool[Array, ""]


class Step(NamedTuple):
    """One step of play as a learner sees it, or many with leading axes.

    Behind a terminated step nothing follows; a truncated one is cut by a limit of
    steps, and what would have followed has a value. Rows that are padding, behind the
    end of an episode, have `is_alive` False, a reward of 0 and neither kind of end.
    """

    observation: Observation  # what the network saw
    action: Array  # (...) or (..., action_size), in the environment's units
    reward: Float[Array, "..."]
    next_observation: Observation  # where the action led, before any restart
    terminated: Bool[Array, "..."]
    truncated: Bool[Array, "..."]
    is_alive: Bool[Array, "..."]  # whether the step belongs to an episode


def split_key(key: Key, num_steps: int) -> tuple[Key, Key, EpisodeKeys]:
    """The keys of the environment's reset, of the network's, and of all steps.

    They are drawn at once, and dropped by the compiler where neither network nor
    environment uses them. They do not depend on the member: under a `vmap` over
    members the environment's random numbers are drawn once for all.
    """
    key_reset, key_steps, key_actions = jax.random.split(key, 3)
    split = partial(jax.random.split, num=num_steps)
    return (
        key_reset,
        key_of_life(key),
        EpisodeKeys(split(key_steps), split(key_actions)),
    )


def begin(network: Network, weights: Weights, key: Key, start: Start) -> Life:
    """The first instant of an episode that starts with this observation and state."""
    observation, state = start
    return Life(observation, state, network.reset(key, weights), jnp.bool_(True))


def advance(
    environment: Environment,
    network: Network,
    greedy: bool,
    weights: Weights,
    life: Life,
    keys: EpisodeKeys,
) -> tuple[Life, Step]:
    """One step: the next life, and how it was reached.

    After the end the reward is 0. It is NaN if the network gave a NaN.
    """
    carry, output = network.apply(weights, life.carry, life.observation)
    action = choose_action(environment, output, None if greedy else keys.action)
    observation, state, reward, terminated, truncated = environment.step(
        keys.step, life.state, action
    )
    # The argmax of NaN is a number: without this, broken weights would play on.
    reward = jnp.where(jnp.any(jnp.isnan(output)), jnp.nan, reward)
    seen = Step(
        life.observation,
        action,
        jnp.where(life.is_alive, reward, 0.0).astype(jnp.float32),
        observation,
        life.is_alive & terminated,
        life.is_alive & truncated,
        life.is_alive,
    )
    is_alive = life.is_alive & ~(terminated | truncated)
    return Life(observation, state, carry, is_alive), seen


def episode_limit(
    environment: Environment | HostEnvironment, max_steps: int | None
) -> int:
    """The most steps an episode may take: the environment's, or fewer if asked for.

    Raises:
        ValueError: if `max_steps` is no integer in [1, environment.max_steps].
    """
    checks.integer_between("environment.max_steps", environment.max_steps, 1)
    if max_steps is None:
        return environment.max_steps
    checks.integer_between("max_steps", max_steps, 1)
    if max_steps > environment.max_steps:
        raise ValueError(
            f"max_steps={max_steps} must be at most {environment.max_steps}, the limit "
            f"of {environment}; a longer episode is an option of the environment."
        )
    return max_steps


@jax.custom_batching.custom_vmap
def most(number: Array) -> Array:
    """The largest of the numbers of all copies under `vmap`: one answer for them all.

    A plain condition on it would differ between copies, and `vmap` would then select
    between old and new of everything in the loop, weights that learn included.
    """
    return number


@most.def_vmap
def _most_of_many(axis_size: int, batched: Any, number: Array) -> Any:
    return most(jnp.max(number, axis=0)), False
