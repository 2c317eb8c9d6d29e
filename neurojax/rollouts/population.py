"""Episodes of a whole population, of which only the living are played.

All members play the same episodes in step. After some steps the members with an episode
that still lasts are gathered in front, and only their blocks are played on. That does
not change a result: what a member does depends on no other.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Shaped

from neurojax.rollouts.episode import (
    EpisodeKeys,
    Life,
    advance,
    begin,
    episode_limit,
    most,
    split_key,
)
from neurojax.rollouts.moments import Moments
from neurojax.rollouts.single import EpisodeReturn
from neurojax.tree import population_size, take
from neurojax.types import Environment, Network, Observation, Population, Weights

# Steps before the living are gathered for the first time; later as many as have been
# played, as most deaths come early and every gathering copies the weights.
FIRST_SEGMENT = 32
# Steps between two questions whether anybody lives. An accelerator answers the host,
# which takes longer than a step; a CPU asks every time and plays nothing in vain.
ACCELERATOR_STEPS = 16


class Tally(NamedTuple):
    """Sums over an episode's steps. Offsets are from its first observation."""

    total_reward: Array
    length: Array
    offset: Observation
    squared_offset: Observation


class _Play(NamedTuple):
    life: Life
    tally: Tally


class _Setting(NamedTuple):
    """What does not change while a population plays; axes of episodes in front."""

    environment: Environment
    network: Network
    greedy: bool
    keys: EpisodeKeys  # (episodes, steps)
    first: Observation  # (episodes, ...)
    watch: bool


def population_returns(
    environment: Environment,
    network: Network,
    population: Population,
    keys: Shaped[Array, " episodes"],
    *,
    greedy: bool = True,
    max_steps: int | None = None,
    block: int,
    watch: bool = False,
) -> tuple[EpisodeReturn, Moments | None]:
    """Returns and lengths `(members, episodes)`; every member plays every episode.

    Args:
        environment: where to play.
        network: who plays.
        population: weights of all members.
        keys: of the episodes, as `episode_return` takes them.
        greedy: whether to take the best discrete action instead of drawing one.
        max_steps: ends episodes early, in environment steps.
        block: members that play at the same time.
        watch: whether to return the moments of the observations, too.

    Returns:
        What `episode_return` gives for each member and key, and the moments
        `(members, episodes, ...)` of what was observed before the end, or None.
    """
    num_steps = episode_limit(environment, max_steps)
    split = jax.vmap(partial(split_key, num_steps=num_steps))
    reset_keys, life_keys, step_keys = split(keys)
    start = jax.vmap(environment.reset)(reset_keys)
    setting = _Setting(environment, network, greedy, step_keys, start[0], watch)

    def enter(weights: Weights) -> _Play:
        life = jax.vmap(partial(begin, network, weights))(life_keys, start)
        return _Play(life, jax.vmap(partial(_no_tally, watch))(start[0]))

    plays = jax.vmap(enter)(population)
    tally = _play_on(setting, population, plays, num_steps, block)
    outcome = EpisodeReturn(tally.total_reward, tally.length)
    return outcome, _moments(tally, start[0]) if watch else None


def _no_tally(watch: bool, observation: Observation) -> Tally:
    zeros = jnp.zeros_like(observation) if watch else ()
    return Tally(jnp.float32(0.0), jnp.int32(0), zeros, zeros)


def _play_on(
    setting: _Setting,
    population: Population,
    plays: _Play,
    num_steps: int,
    block: int,
) -> Tally:
    """Play all members to the end, in segments with a gathering before each."""
    members = population_size(population)
    num_blocks = -(-members // block)

    def goes_on(progress: tuple[Array, _Play]) -> Array:
        return (progress[0] < num_steps) & most(jnp.any(progress[1].life.is_alive))

    def segment(progress: tuple[Array, _Play]) -> tuple[Array, _Play]:
        time, plays = progress
        stop = jnp.minimum(jnp.maximum(2 * time, FIRST_SEGMENT), num_steps)
        is_alive = jnp.any(plays.life.is_alive, axis=1)
        living = most(jnp.sum(is_alive))
        order = jnp.argsort(~is_alive, stable=True)
        # Places beyond the last member: read as some member, never written.
        order = jnp.pad(
            order, (0, num_blocks * block - members), constant_values=members
        )

        def play_block(index: Array | int, plays: _Play) -> _Play:
            chosen = jax.lax.dynamic_slice_in_dim(order, index * block, block)
            return _play_members(setting, population, plays, chosen, time, stop)

        used = -(-living // block)
        return stop, jax.lax.fori_loop(0, used, play_block, plays)

    return jax.lax.while_loop(goes_on, segment, (jnp.int32(0), plays))[1].tally


def _play_members(
    setting: _Setting,
    population: Population,
    plays: _Play,
    chosen: Int[Array, " block"],
    start: Array,
    stop: Array,
) -> _Play:
    """`plays` after the steps from `start` to `stop` of the chosen members."""
    weights = take(population, chosen)

    def goes_on(together: int, progress: tuple[Array, _Play]) -> Array:
        is_alive = jnp.any(progress[1].life.is_alive)
        return (progress[0] + together <= stop) & most(is_alive)

    def step(progress: tuple[Array, _Play]) -> tuple[Array, _Play]:
        time, plays = progress
        keys = jax.tree.map(lambda of_steps: of_steps[:, time], setting.keys)
        members = jax.vmap(partial(_step_all, setting), in_axes=(0, 0, None))
        return time + 1, members(weights, plays, keys)

    def steps(progress: tuple[Array, _Play]) -> tuple[Array, _Play]:
        count = ACCELERATOR_STEPS
        return jax.lax.fori_loop(0, count, lambda _, now: step(now), progress)

    progress = start, take(plays, chosen)
    if jax.default_backend() != "cpu":
        goes_on_long = partial(goes_on, ACCELERATOR_STEPS)
        progress = jax.lax.while_loop(goes_on_long, steps, progress)
    _, after = jax.lax.while_loop(partial(goes_on, 1), step, progress)
    return jax.tree.map(
        lambda all_of, new: all_of.at[chosen].set(
            new, mode="drop", unique_indices=True
        ),
        plays,
        after,
    )


def _step_all(
    setting: _Setting, weights: Weights, plays: _Play, keys: EpisodeKeys
) -> _Play:
    """One step of one member in every episode."""
    in_episodes = (plays, keys, setting.first)
    step = partial(_step, setting, weights)
    if len(plays.life.is_alive) > 1:
        return jax.vmap(step)(*in_episodes)
    # Without an axis of one episode, with which brax's ant takes a tenth longer.
    squeezed = jax.tree.map(partial(jnp.squeeze, axis=0), in_episodes)
    return jax.tree.map(partial(jnp.expand_dims, axis=0), step(*squeezed))


def _step(
    setting: _Setting,
    weights: Weights,
    play: _Play,
    keys: EpisodeKeys,
    first: Observation,
) -> _Play:
    """One step of one member in one episode."""
    life, tally = play
    after, seen = advance(
        setting.environment, setting.network, setting.greedy, weights, life, keys
    )
    offset = squared = ()
    if setting.watch:
        apart = jnp.where(life.is_alive, life.observation - first, 0.0)
        offset = tally.offset + apart
        squared = tally.squared_offset + apart**2
    length = tally.length + life.is_alive.astype(jnp.int32)
    tally = Tally(tally.total_reward + seen.reward, length, offset, squared)
    return _Play(after, tally)


def _moments(tally: Tally, first: Observation) -> Moments:
    """Moments of each episode; `first` is its first observation."""
    count = tally.length.astype(jnp.float32)
    wide = count.reshape(*count.shape, *(1,) * (first.ndim - 1))
    offset = tally.offset / wide
    # Rounding may push the variance of what hardly varies below zero.
    variance = jnp.maximum(tally.squared_offset / wide - offset**2, 0.0)
    return Moments(count, first + offset, variance)
