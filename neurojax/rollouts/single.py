"""One episode of a network in an environment: its return, or all of its steps.

Both are written for one network and one key: `vmap` them over members and episodes.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from neurojax.rollouts.episode import (
    EpisodeKeys,
    Life,
    advance,
    begin,
    episode_limit,
    most,
    split_key,
)
from neurojax.types import Environment, Key, Network, Start, Weights


class EpisodeReturn(NamedTuple):
    """What an episode came to."""

    total_reward: Float[Array, "..."]
    length: Int[Array, "..."]  # environment steps


class Trajectory(NamedTuple):
    """The steps of an episode; rows whose `is_alive` is False do not belong to it."""

    observations: Any  # (steps, ...): what the network saw
    actions: Array  # (steps,) or (steps, action_size)
    rewards: Float[Array, " steps"]  # 0 after the end
    is_alive: Bool[Array, " steps"]


@partial(jax.jit, static_argnums=(0, 1), static_argnames=("greedy", "max_steps"))
def episode_return(
    environment: Environment,
    network: Network,
    weights: Weights,
    key: Key,
    *,
    greedy: bool = True,
    max_steps: int | None = None,
    start: Start | None = None,
) -> EpisodeReturn:
    """Return and length of one episode.

    The return is NaN if the network gave a NaN, or the environment a NaN reward, while
    the episode lasted. Steps are played until every episode of the surrounding `vmap`s
    has ended.

    Args:
        environment: where to play.
        network: who plays; one output per action, or per number of an action.
        weights: of one member.
        key: decides the episode.
        greedy: whether to take the best discrete action instead of drawing one.
        max_steps: ends the episode early, in environment steps.
        start: begins with this observation and state, as a reset returns them; None
            resets the environment with the key.

    Raises:
        ValueError: if network and environment do not fit, or `max_steps` is out of
            range.
    """
    num_steps = episode_limit(environment, max_steps)
    key_reset, keys = split_key(key, num_steps)
    start = environment.reset(key_reset) if start is None else start

    def goes_on(progress: tuple[Array, Life, EpisodeReturn]) -> Array:
        return (progress[0] < num_steps) & most(progress[1].is_alive)

    def step(progress: tuple[Array, Life, EpisodeReturn]) -> tuple:
        time, life, sums = progress
        now = EpisodeKeys(keys.step[time], keys.action[time])
        after, (_, reward) = advance(environment, network, greedy, weights, life, now)
        sums = EpisodeReturn(sums.total_reward + reward, sums.length + life.is_alive)
        return time + 1, after, sums

    nothing = EpisodeReturn(jnp.float32(0.0), jnp.int32(0))
    first = (jnp.int32(0), begin(network, weights, start), nothing)
    return jax.lax.while_loop(goes_on, step, first)[2]


@partial(jax.jit, static_argnums=(0, 1), static_argnames=("greedy", "max_steps"))
def rollout(
    environment: Environment,
    network: Network,
    weights: Weights,
    key: Key,
    *,
    greedy: bool = True,
    max_steps: int | None = None,
    start: Start | None = None,
) -> Trajectory:
    """All steps of the episode that `episode_return` sums up, with the same arguments.

    Returns:
        A trajectory of `max_steps` rows (None: the environment's).

    Raises:
        ValueError: if network and environment do not fit, or `max_steps` is out of
            range.
    """
    num_steps = episode_limit(environment, max_steps)
    key_reset, keys = split_key(key, num_steps)
    start = environment.reset(key_reset) if start is None else start

    def step(life: Life, now: EpisodeKeys) -> tuple[Life, Trajectory]:
        after, (action, reward) = advance(
            environment, network, greedy, weights, life, now
        )
        return after, Trajectory(life.observation, action, reward, life.is_alive)

    return jax.lax.scan(step, begin(network, weights, start), keys)[1]
