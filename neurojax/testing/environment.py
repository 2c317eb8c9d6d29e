"""Probes of an environment in JAX, which is played by chance and by a network."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from neurojax.networks import MLP
from neurojax.networks.fitting import bounds_of
from neurojax.rollouts import episode_return
from neurojax.testing.expect import (
    Program,
    expect,
    expect_arrays,
    expect_close,
    expect_equal,
    expect_finite,
    expect_types,
    keys_used_once,
    satisfying,
    strong,
)
from neurojax.testing.spaces import check_spaces
from neurojax.tree import take
from neurojax.types import Environment, EnvState, Key, Observation

EPISODES = 3
STEPS = 5  # compared step by step: longer, rounding decides in a chaotic world
# Rounding by another compilation, grown in a few steps.
TOLERANCE = 1e-4


class Played(NamedTuple):
    """Where an episode stands, and what it has paid."""

    observation: Observation
    state: EnvState
    total_reward: Float[Array, "..."]
    terminated: Bool[Array, "..."]
    truncated: Bool[Array, "..."]
    length: Int[Array, "..."]  # environment steps


def check_environment(environment: object) -> None:
    """Check that an environment does what rollouts and `Control` rely on.

    Types: the spaces are told; observation and state keep structure, shapes and dtypes
    from `reset` on; reward, terminated and truncated are scalars; no key is used twice,
    and a state that was given stays as it was.
    Play: the same key gives the same episode, eager, compiled and under `vmap`; what
    is seen and paid is finite; an episode ends within `max_steps`, and says so; an
    `MLP` plays one.

    Args:
        environment: what to check; three programs of it are compiled.

    Raises:
        ConformanceError: at the first thing that is wrong.
    """
    checked = check_types(environment)
    check_play(checked)


def check_types(environment: object) -> Environment:
    """Check all that can be told without compiling; return the environment."""
    checked = satisfying(environment, Environment)
    name, key = type(checked).__name__, jax.random.key(0)
    check_spaces(checked)
    action = jax.eval_shape(partial(_by_chance, checked), key)
    with keys_used_once(name):
        observation, state = jax.eval_shape(jax.jit(checked.reset), key)
        after = jax.eval_shape(jax.jit(partial(_step, checked)), key, state, action)
    expect_arrays(f"{name}.reset's state", state)
    expect(
        observation.shape == checked.observation_shape,
        f"{name}.reset's observation has shape {observation.shape}, but "
        f"observation_shape={checked.observation_shape}; make them equal.",
    )
    remedy = "return it as reset does: a loop needs the same shapes and dtypes"
    for what, index, before in (("observation", 0, observation), ("state", 1, state)):
        found = strong(after[index])
        expect_types(f"{name}.step's {what}", found, strong(before), remedy)
    names = ("reward", "terminated", "truncated")
    for what, found, dtype in zip(names, after[2:], (float, bool, bool), strict=True):
        expected = jax.ShapeDtypeStruct((), jax.dtypes.canonicalize_dtype(dtype))
        is_right = (found.shape, found.dtype) == ((), expected.dtype)
        expect(
            is_right,
            f"{name}.step's {what} is {found.dtype}{list(found.shape)}, expected a "
            f"{expected.dtype} scalar; use jnp.asarray({what}, {expected.dtype}).",
        )
    return checked


def check_play(environment: Environment) -> None:
    """Check what shows when episodes are played."""
    name = type(environment).__name__
    keys = jax.random.split(jax.random.key(0), EPISODES)
    one = Program(_played, environment)
    many = jax.jit(jax.vmap(partial(_played, environment), in_axes=(0, None)))
    together = many(keys, STEPS)
    for index, key in enumerate(keys):
        alone = one(key, STEPS)
        remedy = "write reset and step for one episode, and draw from the key alone"
        found = take(together, index)
        expect_close(f"{name} under vmap: episode", found, alone, remedy, TOLERANCE)
    again = one(keys[-1], STEPS)
    expect_equal(
        f"{name}, played again: episode", again, alone, "draw from the key alone"
    )
    _check_eager(environment, keys[0], one(keys[0], 1))
    one.expect_one_trace()
    _check_end(name, one(keys[0], environment.max_steps))
    _check_network(environment, keys[0])


def _step(
    environment: Environment, key: Key, state: EnvState, action: Array
) -> tuple[Any, ...]:
    """`environment.step`, which leaves the state that it was given as it was."""
    before = jax.tree.leaves(state)
    after = environment.step(key, state, action)
    kept = jax.tree.leaves(state)
    expect(
        len(before) == len(kept)
        and all(a is b for a, b in zip(before, kept, strict=True)),
        f"{type(environment).__name__}.step wrote into the state it was given; return "
        "a new one (`state._replace`).",
    )
    expect(
        isinstance(after, tuple) and len(after) == 5,
        f"{type(environment).__name__}.step must return observation, state, reward, "
        "terminated, truncated.",
    )
    return after


def _by_chance(environment: Environment, key: Key) -> Array:
    """An action drawn from all there are."""
    if environment.num_actions is not None:
        return jax.random.randint(key, (), 0, environment.num_actions)
    low, high = bounds_of(environment)
    return jax.random.uniform(key, low.shape, minval=low, maxval=high)


def _played(
    environment: Environment, key: Key, num_steps: int | Int[Array, ""]
) -> Played:
    """An episode with actions by chance, until its end or after so many steps."""
    key_reset, key_steps = jax.random.split(key)

    def goes_on(played: Played) -> Array:
        has_ended = played.terminated | played.truncated
        return ~has_ended & (played.length < num_steps)

    def step(played: Played) -> Played:
        key = jax.random.fold_in(key_steps, played.length)
        key_action, key_step = jax.random.split(key)
        action = _by_chance(environment, key_action)
        observation, state, reward, terminated, truncated = environment.step(
            key_step, played.state, action
        )
        total = played.total_reward + reward
        length = played.length + 1
        return Played(observation, state, total, terminated, truncated, length)

    observation, state = environment.reset(key_reset)
    no = jnp.bool_(False)
    start = Played(observation, state, jnp.float32(0), no, no, jnp.int32(0))
    return jax.lax.while_loop(goes_on, step, start)


def _check_eager(environment: Environment, key: Key, compiled: Played) -> None:
    """Check that the first step, called without a compiler, is the program's."""
    key_reset, key_steps = jax.random.split(key)
    observation, state = environment.reset(key_reset)
    key_action, key_step = jax.random.split(jax.random.fold_in(key_steps, 0))
    action = _by_chance(environment, key_action)
    after = environment.step(key_step, state, action)
    expect_close(
        f"{type(environment).__name__}, not compiled: episode",
        Played(*after, compiled.length),
        compiled,
        "change nothing outside the state, and draw from the key alone",
        TOLERANCE,
    )


def _check_end(name: str, played: Played) -> None:
    remedy = "a world that explodes is to terminate"
    expect_finite(f"{name}'s observation", played.observation, remedy)
    expect_finite(f"{name}'s return", played.total_reward, remedy)
    expect(
        played.terminated | played.truncated,
        f"{name} goes on after max_steps={played.length}; count the steps in the state "
        "and return truncated=time >= max_steps.",
    )


def _check_network(environment: Environment, key: Key) -> None:
    name = type(environment).__name__
    network = MLP.fitting(environment, hidden=(3,))
    total, length = episode_return(environment, network, network.init(key), key)
    expect(
        np.isfinite(total) and 1 <= length <= environment.max_steps,
        f"{name} pays an MLP {total} in {length} steps; returns are finite, and "
        f"episodes last from 1 to max_steps={environment.max_steps} steps.",
    )
