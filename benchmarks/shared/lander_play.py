"""Networks at play in LunarLander, from gymnasium's own seeds, in JAX.

Episodes differ in length tenfold, so they take turns in a fixed number of places: where
one ends, the next begins. What moves the lander takes long to compile; as the loop runs
on the host, this is done once for all networks and numbers of episodes.
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32, Int, PRNGKeyArray, Shaped

from neurojax.environments import LunarLander, gymnasium_starts
from neurojax.keys import key_of_life
from neurojax.rollouts import choose_action
from neurojax.tree import population_size
from neurojax.types import (
    Carry,
    EnvState,
    Key,
    Network,
    Population,
    Start,
    Weights,
)

LANDER, LANDER_TASK = LunarLander(), "LunarLander-v3"
NUM_ACTIONS = 4

# At play at a time. CPU-seconds of one core for 192,000 steps (100 episodes of each of
# 10 networks): 8.5 in 64 places, 6.9 in 128, 9.9 in 256; without places, 100 episodes
# of one network at a time until the last has ended, 14.3.
PLACES = 128


class Played(NamedTuple):
    """What networks did, for each network, episode and rollout.

    Attributes:
        returns: sums of rewards.
        lengths: steps.
        switches: steps whose action is not that of the step before.
    """

    returns: Float32[np.ndarray, "networks episodes rollouts"]
    lengths: Int[np.ndarray, "networks episodes rollouts"]
    switches: Int[np.ndarray, "networks episodes rollouts"]


class _Life(NamedTuple):
    """What is at play; every leaf starts with `(places,)`."""

    observation: Float[Array, "places 8"]
    state: EnvState
    carry: Carry


def play_lander(
    network: Network,
    weights: Population,
    seeds: Sequence[int],
    keys: Shaped[PRNGKeyArray, "episodes rollouts"],
    *,
    greedy: bool,
    told: Float32[np.ndarray, "episodes size"] | None = None,
    has_previous: bool = False,
) -> Played:
    """Let every network play every episode, once for each of its keys.

    A return is NaN if the network gave a NaN.

    Args:
        network: who plays.
        weights: of a population.
        seeds: gymnasium's, one for each episode.
        keys: draw the actions of the rollouts, the same for all networks.
        greedy: whether to take the best action instead of drawing one.
        told: what observations go on with in each episode.
        has_previous: whether the last action follows too, one-hot; zeros at first.
    """
    told = np.zeros((len(seeds), 0), np.float32) if told is None else told
    starts = _starts(seeds)
    # From several devices to one. Not by `device_put`: `_moved` is compiled twice if
    # arrays are bound to a device.
    weights = jax.tree.map(jnp.asarray, jax.device_get(weights))
    turns = _Turns((population_size(weights), *keys.shape))
    life = _begun(network, weights, keys, starts, turns.rows)
    choose = partial(_chosen, network, greedy, has_previous, weights, told, keys)
    while turns.are_left:
        carry, actions, is_broken = choose(life, turns.rows, turns.before)
        observation, state, rewards, is_over = _moved(life.state, actions)
        life = _Life(observation, state, carry)
        turns.count(*map(np.asarray, (actions, rewards, is_broken)))
        is_over = np.asarray(is_over)
        if is_over.any():
            turns.pass_on(is_over)
            fresh = _begun(network, weights, keys, starts, turns.rows)
            life = _replaced(is_over, fresh, life)
    return turns.played


class _Turns:
    """Whose turn it is in each place, and what came of it so far."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape, self._size = shape, math.prod(shape)
        self._sums = np.zeros((3, self._size))
        self._so_far = np.zeros((3, PLACES))
        self._number = np.arange(PLACES)
        self._action = np.full(PLACES, -1)

    @property
    def are_left(self) -> bool:
        """Whether anything is still at play."""
        return bool((self._number < self._size).any())

    @property
    def rows(self) -> tuple[np.ndarray, ...]:
        """Network, episode and rollout in each place; the last where none is left."""
        return np.unravel_index(np.minimum(self._number, self._size - 1), self._shape)

    @property
    def before(self) -> tuple[np.ndarray, np.ndarray]:
        """Steps done, and the last action or else -1."""
        return self._so_far[1].astype(np.int32), self._action

    def count(
        self, actions: np.ndarray, rewards: np.ndarray, is_broken: np.ndarray
    ) -> None:
        """Add a step."""
        is_switch = (actions != self._action) & (self._action >= 0)
        rewards = np.where(is_broken, np.nan, rewards)
        self._so_far += rewards, np.ones(PLACES), is_switch
        self._action = actions

    def pass_on(self, is_over: np.ndarray) -> None:
        """Note what has ended, and give its places to the next."""
        is_counted = is_over & (self._number < self._size)
        self._sums[:, self._number[is_counted]] = self._so_far[:, is_counted]
        self._number[is_over] = self._number.max() + 1 + np.arange(is_over.sum())
        self._so_far[:, is_over] = 0
        self._action = np.where(is_over, -1, self._action)

    @property
    def played(self) -> Played:
        """The sums of all."""
        returns, *counts = self._sums.reshape(3, *self._shape)
        return Played(returns.astype(np.float32), *(c.astype(int) for c in counts))


def _starts(seeds: Sequence[int]) -> Start:
    """Filled up with the last seed, so that few numbers of them are compiled for."""
    filler = [seeds[-1]] * (-len(seeds) % PLACES)
    return gymnasium_starts(LANDER, [*seeds, *filler])


@partial(jax.jit, static_argnums=0)
def _begun(
    network: Network,
    weights: Population,
    keys: Shaped[PRNGKeyArray, "episodes rollouts"],
    starts: Start,
    rows: Any,
) -> _Life:
    member, episode, rollout = rows
    observation, state = jax.tree.map(lambda leaf: leaf[episode], starts)
    own = jax.tree.map(lambda leaf: leaf[member], weights)
    key_life = jax.vmap(key_of_life)(keys[episode, rollout])
    return _Life(observation, state, jax.vmap(network.reset)(key_life, own))


@jax.jit
def _replaced(is_over: Bool[Array, " places"], fresh: _Life, life: _Life) -> _Life:
    return jax.vmap(
        lambda over, new, old: jax.tree.map(partial(jnp.where, over), new, old)
    )(is_over, fresh, life)


@partial(jax.jit, static_argnums=(0, 1, 2))
def _chosen(
    network: Network,
    greedy: bool,
    has_previous: bool,
    weights: Population,
    told: Float[Array, "episodes size"],
    keys: Shaped[PRNGKeyArray, "episodes rollouts"],
    life: _Life,
    rows: Any,
    before: Any,
) -> tuple[Carry, Int[Array, " places"], Bool[Array, " places"]]:
    """Carry and action in each place, and whether the network gave a NaN."""
    member, episode, rollout = rows

    def one(
        own: Weights, inputs: Array, carry: Carry, key: Key, time: Array
    ) -> tuple[Carry, Array, Array]:
        carry, output = network.apply(own, carry, inputs)
        drawing = None if greedy else jax.random.fold_in(key, time)
        action = choose_action(LANDER, output, drawing)
        return carry, action, jnp.isnan(output).any()

    time, previous = before
    size = NUM_ACTIONS if has_previous else 0
    shown = jax.nn.one_hot(previous, size)
    inputs = jnp.concatenate([life.observation, told[episode], shown], axis=1)
    own = jax.tree.map(lambda leaf: leaf[member], weights)
    return jax.vmap(one)(own, inputs, life.carry, keys[episode, rollout], time)


@jax.jit
def _moved(
    state: EnvState, actions: Int[Array, " places"]
) -> tuple[Array, EnvState, Array, Bool[Array, " places"]]:
    """Observation, state, reward and whether the episode is over, in each place."""
    key = jax.random.key(0)  # not used: the states bring along what the seeds draw
    observation, state, reward, terminated, truncated = jax.vmap(
        LANDER.step, (None, 0, 0)
    )(key, state, actions)
    return observation, state, reward, terminated | truncated
