"""One episode of a network in an environment: its return, or all of its steps.

Both are written for one network and one key: `vmap` them over members and episodes.
They work for every network, because its memory travels in the carry and is reset at the
start. The action is the argmax of the outputs (or a draw from their softmax) where
actions are discrete. Where they are continuous it is the tanh of the outputs, scaled to
the environment's bounds, as the actors of DDPG, ERL and CEM-RL do: every output means
an action, whereas clipping would make all outputs beyond a bound equal.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from neurojax.types import (
    Carry,
    Environment,
    EnvState,
    Key,
    Network,
    Observation,
    Weights,
)

Start: TypeAlias = tuple[Observation, EnvState]


class EpisodeReturn(NamedTuple):
    """What an episode came to."""

    total_reward: Float[Array, ""]
    length: Int[Array, ""]  # environment steps


class Trajectory(NamedTuple):
    """The steps of an episode; rows whose `is_alive` is False do not belong to it."""

    observations: Any  # (steps, ...): what the network saw
    actions: Array  # (steps,) or (steps, action_size)
    rewards: Float[Array, " steps"]  # 0 after the end
    is_alive: Bool[Array, " steps"]


class _Keys(NamedTuple):
    step: Any  # a key; of a whole episode, keys (steps,)
    action: Any


class _Life(NamedTuple):
    observation: Observation
    state: EnvState
    carry: Carry
    is_alive: Bool[Array, ""]


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

    The return is NaN if the network gave a NaN while the episode lasted. Steps are
    played until every episode of the surrounding `vmap`s has ended.

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
    step, life, keys = _begin(
        environment, network, weights, key, greedy, num_steps, start
    )

    def goes_on(progress: tuple[Array, _Life, EpisodeReturn]) -> Array:
        return (progress[0] < num_steps) & _anywhere(progress[1].is_alive)

    def advance(progress: tuple[Array, _Life, EpisodeReturn]) -> tuple:
        time, life, sums = progress
        next_life, (_, reward) = step(life, _Keys(keys.step[time], keys.action[time]))
        sums = EpisodeReturn(sums.total_reward + reward, sums.length + life.is_alive)
        return time + 1, next_life, sums

    nothing = EpisodeReturn(jnp.float32(0.0), jnp.int32(0))
    return jax.lax.while_loop(goes_on, advance, (jnp.int32(0), life, nothing))[2]


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
    step, life, keys = _begin(
        environment, network, weights, key, greedy, num_steps, start
    )

    def advance(life: _Life, keys: _Keys) -> tuple[_Life, Trajectory]:
        next_life, (action, reward) = step(life, keys)
        return next_life, Trajectory(life.observation, action, reward, life.is_alive)

    return jax.lax.scan(advance, life, keys)[1]


def choose_action(
    environment: Environment, output: Float[Array, " outputs"], key: Key | None = None
) -> Array:
    """The action that a network's output means; drawn if there is a `key`.

    Raises:
        ValueError: if the number of outputs is wrong, continuous actions are to be
            drawn, or an environment with continuous actions does not say their bounds.
    """
    if environment.num_actions is None:
        low, high = _bounds(environment)
        _check_outputs(environment, output, len(low))
        if key is not None:
            raise ValueError(
                f"greedy=False cannot draw the continuous actions of {environment}: "
                "outputs give no spread; use greedy=True."
            )
        return low + (high - low) * (jnp.tanh(output) + 1) / 2
    _check_outputs(environment, output, environment.num_actions)
    if key is None:
        return jnp.argmax(output).astype(jnp.int32)
    return jax.random.categorical(key, output).astype(jnp.int32)


def episode_limit(environment: Environment, max_steps: int | None) -> int:
    """The most steps an episode may take: the environment's, or fewer if asked for.

    Raises:
        ValueError: if `max_steps` is not in [1, environment.max_steps].
    """
    if max_steps is None:
        return environment.max_steps
    if not 1 <= max_steps <= environment.max_steps:
        raise ValueError(
            f"max_steps={max_steps} must lie in [1, {environment.max_steps}], the "
            f"limit of {environment}; a longer episode is an option of the environment."
        )
    return max_steps


def _begin(
    environment: Environment,
    network: Network,
    weights: Weights,
    key: Key,
    greedy: bool,
    num_steps: int,
    start: Start | None,
) -> tuple[Callable, _Life, _Keys]:
    """The function that plays one step, the first life, and the keys of all steps."""
    key_reset, key_steps, key_actions = jax.random.split(key, 3)

    def step(life: _Life, keys: _Keys) -> tuple[_Life, tuple[Array, Array]]:
        carry, output = network.apply(weights, life.carry, life.observation)
        action = choose_action(environment, output, None if greedy else keys.action)
        observation, state, reward, terminated, truncated = environment.step(
            keys.step, life.state, action
        )
        # The argmax of NaN is a number: without this, broken weights would play on.
        reward = jnp.where(jnp.any(jnp.isnan(output)), jnp.nan, reward)
        reward = jnp.where(life.is_alive, reward, 0.0)
        is_alive = life.is_alive & ~(terminated | truncated)
        return _Life(observation, state, carry, is_alive), (action, reward)

    observation, state = environment.reset(key_reset) if start is None else start
    life = _Life(observation, state, network.reset(weights), jnp.bool_(True))
    # Drawn at once, and dropped by the compiler where neither network nor environment
    # uses them. They do not depend on the member: under a vmap over members the
    # environment's random numbers are drawn once for all.
    split = partial(jax.random.split, num=num_steps)
    return step, life, _Keys(split(key_steps), split(key_actions))


@jax.custom_batching.custom_vmap
def _anywhere(is_alive: Array) -> Array:
    """Whether any copy under `vmap` is alive: one answer for all of them.

    A plain condition would differ between copies, and `vmap` would then select between
    old and new of everything in the loop, weights that learn included.
    """
    return is_alive


@_anywhere.def_vmap
def _anywhere_of_many(axis_size: int, batched: Any, is_alive: Array) -> Any:
    return _anywhere(jnp.any(is_alive, axis=0)), False


def _bounds(environment: Environment) -> tuple[Array, Array]:
    bounds = getattr(environment, "action_bounds", None)
    if bounds is None:
        raise ValueError(
            f"{environment} has continuous actions (num_actions=None) but no "
            "`action_bounds`, two arrays (lowest, highest); give it that property."
        )
    return jnp.asarray(bounds[0]), jnp.asarray(bounds[1])


def _check_outputs(environment: Environment, output: Array, size: int) -> None:
    if output.shape != (size,):
        raise ValueError(
            f"the network's output has shape {output.shape}, but {environment} needs "
            f"{(size,)}; give the network {size} outputs."
        )
