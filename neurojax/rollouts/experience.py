"""Experience for learners: many environments in step, none of which ever stands still.

Where an episode ends, the next begins within the same step, so that every row is one of
an episode. `rollout` is the way to collect whole episodes.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int
from jaxtyping import Key as Keys

from neurojax import checks
from neurojax.keys import key_of_life
from neurojax.rollouts.episode import (
    EpisodeKeys,
    Life,
    Step,
    advance,
    begin,
    most,
)
from neurojax.types import Environment, Key, Network, Weights


class Lockstep(NamedTuple):
    """Environments in the midst of their episodes; every leaf starts with `(envs,)`."""

    life: Life
    time: Int[Array, " envs"]  # steps of the present episode


def start_lockstep(
    environment: Environment,
    network: Network,
    weights: Weights,
    key: Key,
    *,
    num_envs: int,
) -> Lockstep:
    """Begin an episode in each of `num_envs` environments.

    Raises:
        ValueError: if an argument is of the wrong kind or out of range.
    """
    checks.environment("environment", environment)
    checks.network("network", network)
    checks.key("key", key)
    checks.integer_between("num_envs", num_envs, 1)
    return _start_lockstep(environment, network, weights, key, num_envs)


@partial(jax.jit, static_argnames=("environment", "network", "num_envs"))
def _start_lockstep(
    environment: Environment,
    network: Network,
    weights: Weights,
    key: Key,
    num_envs: int,
) -> Lockstep:
    keys, keys_life = _keys_of_starts(key, num_envs)
    starts = jax.vmap(environment.reset)(keys)
    life = jax.vmap(partial(begin, network, weights))(keys_life, starts)
    return Lockstep(life, jnp.zeros(num_envs, jnp.int32))


def collect(
    environment: Environment,
    network: Network,
    weights: Weights,
    lockstep: Lockstep,
    key: Key,
    *,
    num_steps: int,
    greedy: bool,
) -> tuple[Lockstep, Step]:
    """Play on for `num_steps` steps in every environment.

    Args:
        environment: where to play.
        network: who plays; its memory goes on from call to call until an episode ends.
        weights: of one member, or of a learner.
        lockstep: where the episodes stand: from `start_lockstep`, or an earlier call.
        key: decides draws of network and environment, and later episodes.
        num_steps: in each environment.
        greedy: whether to take the best action instead of drawing one.

    Returns:
        Where the episodes stand then, and steps `(num_steps, envs)`. `next_observation`
        is what the action led to even where another episode has begun since. A step is
        truncated by the environment, or as the last of its `max_steps`.

    Raises:
        ValueError: if an argument is of the wrong kind or out of range.
    """
    checks.environment("environment", environment)
    checks.network("network", network)
    checks.integer_between("num_steps", num_steps, 1)
    checks.flag("greedy", greedy)
    checks.key("key", key)
    remedy = "must be what start_lockstep or collect returned."
    checks.instance("lockstep", lockstep, Lockstep, remedy)
    return _collect(environment, network, weights, lockstep, key, num_steps, greedy)


@partial(jax.jit, static_argnames=("environment", "network", "num_steps", "greedy"))
def _collect(
    environment: Environment,
    network: Network,
    weights: Weights,
    lockstep: Lockstep,
    key: Key,
    num_steps: int,
    greedy: bool,
) -> tuple[Lockstep, Step]:
    num_envs = len(lockstep.time)
    play = jax.vmap(partial(advance, environment, network, greedy, weights))

    def step(lockstep: Lockstep, key: Key) -> tuple[Lockstep, Step]:
        key_step, key_action, key_restart = _keys_of_step(key)
        keys = EpisodeKeys(
            jax.random.split(key_step, num_envs), jax.random.split(key_action, num_envs)
        )
        life, seen = play(lockstep.life, keys)
        time = lockstep.time + 1
        seen = seen._replace(truncated=seen.truncated | (time >= environment.max_steps))
        ended = seen.terminated | seen.truncated

        def restart(after: Lockstep) -> Lockstep:
            fresh = _start_lockstep(
                environment, network, weights, key_restart, num_envs
            )
            return _where(ended, fresh, after)

        # A reset may cost as much as a step, and is seldom needed.
        after = Lockstep(life, time)
        any_ended = most(jnp.any(ended))
        return jax.lax.cond(any_ended, restart, lambda after: after, after), seen

    return jax.lax.scan(step, lockstep, jax.random.split(key, num_steps))


def keys_of_lives(key: Key, num_steps: int, num_envs: int) -> Keys[Array, "steps envs"]:
    """The keys `(num_steps, num_envs)` with which `collect` begins lives.

    One behind each step, whether or not an episode ends there, so that whoever replays
    the steps resets the network as it was: a carry may be drawn.
    """

    def behind(key: Key) -> Keys[Array, " envs"]:
        key_restart = _keys_of_step(key)[2]
        return _keys_of_starts(key_restart, num_envs)[1]

    return jax.vmap(behind)(jax.random.split(key, num_steps))


def _keys_of_starts(
    key: Key, num_envs: int
) -> tuple[Keys[Array, " envs"], Keys[Array, " envs"]]:
    """Of resets of all environments, and of the lives that begin with them."""
    keys = jax.random.split(key, num_envs)
    return keys, jax.vmap(key_of_life)(keys)


def _keys_of_step(key: Key) -> tuple[Key, Key, Key]:
    """Of the environments' steps, of the actions, and of episodes that begin then."""
    key_step, key_action, key_restart = jax.random.split(key, 3)
    return key_step, key_action, key_restart


def _where(chosen: Bool[Array, " envs"], these: Lockstep, others: Lockstep) -> Lockstep:
    def of_one(chosen: Array, this: Lockstep, other: Lockstep) -> Lockstep:
        return jax.tree.map(partial(jnp.where, chosen), this, other)

    return jax.vmap(of_one)(chosen, these, others)
