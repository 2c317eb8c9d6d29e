"""The networks of a chunk as a program that can be sent to a worker.

Networks hold functions, most of which (`jnp.tanh` is one) Python cannot send. So they
are traced here, by `jax.export`, and workers receive and compile what was traced: they
need not know the network, and compute what this process would.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import export
from jaxtyping import Array, Bool, Float, Int32
from jaxtyping import Key as Keys

from neurojax.keys import unrolled
from neurojax.rollouts.actions import choose_action
from neurojax.rollouts.episode import EpisodeKeys, split_key
from neurojax.types import Carry, HostEnvironment, Key, Network, Weights

PROGRAMS_KEPT = 16

Leaves = tuple[Array, ...]  # of a pytree, which a program does not know


class Program(NamedTuple):
    """Two functions, serialised.

    `begin(weights, key_data)` returns seeds `(episodes,)`, the data of the keys that
    draw actions `(episodes, steps, words)`, which are no steps if none are drawn, and
    carries. `act(weights, carries, observations, key_data, time)` returns carries,
    actions and which outputs held a NaN. Weights and carries are leaves `(members,
    ...)` and `(members, episodes, ...)`.
    """

    begin: bytes
    act: bytes


@dataclass(frozen=True)
class Policy:
    """How a network plays."""

    environment: HostEnvironment
    player: Network
    greedy: bool
    num_steps: int

    def begin(
        self, weights: Weights, keys: Keys[Array, " episodes"]
    ) -> tuple[Int32[Array, " episodes"], Keys[Array, "episodes steps"], Carry]:
        """Seeds of the episodes, keys of the actions and memories."""

        def split(key: Key) -> tuple[Key, Key, EpisodeKeys]:
            return split_key(unrolled(key), self.num_steps)

        reset_keys, life_keys, step_keys = jax.vmap(split)(keys)
        # 31 bits: simulators take no negative 32-bit integer.
        bits = jax.vmap(partial(jax.random.bits, dtype=jnp.uint32))(reset_keys)
        action_keys = step_keys.action[:, : 0 if self.greedy else self.num_steps]

        def reset(weights: Weights) -> Carry:
            return jax.vmap(lambda key: self.player.reset(key, weights))(life_keys)

        return (bits >> 1).astype(jnp.int32), action_keys, jax.vmap(reset)(weights)

    def act(
        self,
        weights: Weights,
        carry: Carry,
        observations: Float[Array, "members episodes ..."],
        keys: Keys[Array, " episodes"] | None,
    ) -> tuple[Carry, Array, Bool[Array, "members episodes"]]:
        """Memories, actions and which outputs held a NaN."""
        of_one_member = jax.vmap(self._act_once, in_axes=(None, 0, 0, 0))
        of_all = jax.vmap(of_one_member, in_axes=(0, 0, 0, None))
        return of_all(weights, carry, observations, keys)

    def _act_once(
        self, weights: Weights, carry: Carry, observation: Array, key: Key | None
    ) -> tuple[Carry, Array, Array]:
        carry, output = self.player.apply(weights, carry, observation)
        is_nan = jnp.isnan(output)
        # Not every simulator bears a NaN, and a broken network's action is void.
        key = None if key is None else unrolled(key)
        action = choose_action(self.environment, jnp.where(is_nan, 0.0, output), key)
        return carry, action, jnp.any(is_nan)


@lru_cache(maxsize=PROGRAMS_KEPT)
def traced(
    policy: Policy,
    structure: Any,
    shapes: tuple[jax.ShapeDtypeStruct, ...],
    num_episodes: int,
    key_kind: str,
    platform: str,
) -> Program:
    """The program for weights and episodes of one chunk.

    Args:
        policy: how they play.
        structure: of a member's weights, as a pytree.
        shapes: of its leaves, `(members, ...)`.
        num_episodes: of each member.
        key_kind: the implementation of the keys.
        platform: what the program is compiled for, as `jax.export` names it.
    """

    def begin(leaves: Leaves, key_data: Array) -> tuple[Array, Array, Carry]:
        keys = jax.random.wrap_key_data(key_data, impl=key_kind)
        weights = jax.tree.unflatten(structure, leaves)
        seeds, keys, carry = policy.begin(weights, keys)
        return seeds, jax.random.key_data(keys), carry

    def begin_flat(leaves: Leaves, key_data: Array) -> tuple[Array, Array, Leaves]:
        seeds, key_data, carry = begin(leaves, key_data)
        return seeds, key_data, tuple(jax.tree.leaves(carry))

    def act(
        leaves: Leaves, memory: Leaves, observations: Array, data: Array, time: Array
    ) -> tuple[Leaves, Array, Array]:
        keys = None
        if not policy.greedy:
            now = jax.lax.dynamic_index_in_dim(data, time, axis=1, keepdims=False)
            keys = jax.random.wrap_key_data(now, impl=key_kind)
        weights = jax.tree.unflatten(structure, leaves)
        carry = jax.tree.unflatten(jax.tree.structure(carry_shape), memory)
        carry, actions, is_broken = policy.act(weights, carry, observations, keys)
        return tuple(jax.tree.leaves(carry)), actions, is_broken

    key_data = jax.eval_shape(lambda: _key_data(key_kind, num_episodes))
    _, action_data, carry_shape = jax.eval_shape(begin, shapes, key_data)
    lanes = (shapes[0].shape[0], num_episodes)
    seen = (*lanes, *policy.environment.observation_shape)
    arguments = (
        shapes,
        tuple(jax.tree.leaves(carry_shape)),
        jax.ShapeDtypeStruct(seen, jnp.float32),
        action_data,
        jax.ShapeDtypeStruct((), jnp.int32),
    )
    on = partial(_serialised, platform)
    return Program(on(begin_flat, shapes, key_data), on(act, *arguments))


def _key_data(kind: str, number: int) -> Array:
    return jax.random.key_data(jax.random.split(jax.random.key(0, impl=kind), number))


def _serialised(platform: str, function: Callable[..., Any], *arguments: Any) -> bytes:
    exported = export.export(jax.jit(function), platforms=[platform])(*arguments)
    return bytes(exported.serialize())


@lru_cache(maxsize=PROGRAMS_KEPT)
def loaded(function: bytes) -> Callable[..., Any]:
    """The function, compiled at its first call."""
    return jax.jit(export.deserialize(bytearray(function)).call)
