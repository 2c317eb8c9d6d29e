"""Members of a population at play in a simulator outside JAX: one worker's share.

All episodes of a chunk are played in step: one compiled call of all members' networks,
then one step of the simulators.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float64, Int64, Shaped, UInt32

from neurojax.rollouts.host_program import Program, loaded
from neurojax.rollouts.moments import Moments
from neurojax.rollouts.simulators import Observations, begin, made, seen, step
from neurojax.types import HostEnvironment

# Kept for the next chunk: those of a problem and of its test, of full and last chunks.
SIMULATORS_KEPT = 8


class Chunk(NamedTuple):
    """Some members and some episodes, each of which every one of these members plays.

    Arrays are filled up to the size that all chunks have, so that outputs are computed,
    and rounded, alike in each. Only the first `num_members` and `num_episodes` play.
    """

    program: Program
    weights: tuple[Shaped[np.ndarray, "members ..."], ...]
    num_members: int
    key_data: UInt32[np.ndarray, "episodes words"]
    num_episodes: int


class Outcome(NamedTuple):
    """What became of those that played."""

    returns: Float64[np.ndarray, "members episodes"]
    lengths: Int64[np.ndarray, "members episodes"]  # environment steps
    moments: Moments | None  # (members, ...): of what each member observed


def play(
    environment: HostEnvironment, num_steps: int, watch: bool, chunk: Chunk
) -> Outcome:
    """Play a chunk to the end of all its episodes, in this process.

    Args:
        environment: where to play.
        num_steps: ends episodes early, in environment steps.
        watch: whether to return the moments of the observations, too.
        chunk: who plays what.

    Raises:
        ValueError: if the simulators do not answer as gymnasium's do.
    """
    players, table = _Players(chunk), (chunk.num_members, chunk.num_episodes)
    simulators = _simulators(environment, table[0] * table[1])
    observations = begin(environment, simulators, players.seeds)
    observations = seen(environment, table, observations)
    returns, lengths = np.zeros(table), np.zeros(table, np.int64)
    is_alive = np.ones(table, bool)
    tally = _Tally(observations) if watch else None
    for time in range(num_steps):
        if tally is not None:
            tally.add(observations, is_alive)
        actions, is_broken = players.act(observations, time)
        observations, rewards, terminated, truncated = step(
            environment, simulators, actions, is_alive.size
        )
        observations = seen(environment, table, observations)
        rewards = np.where(is_broken, np.nan, rewards.reshape(table))
        returns += np.where(is_alive, rewards, 0.0)
        lengths += is_alive
        has_ended = np.logical_or(terminated, truncated).reshape(table)
        is_alive &= ~(has_ended | is_broken)
        if not is_alive.any():
            break
    return Outcome(returns, lengths, None if tally is None else tally.moments())


class _Players:
    """The networks of a chunk, with their memory."""

    def __init__(self, chunk: Chunk):
        self._chunk = chunk
        self._weights = tuple(jnp.asarray(leaf) for leaf in chunk.weights)
        begin = loaded(chunk.program.begin)
        seeds, self._keys, self._carry = begin(self._weights, chunk.key_data)
        # One for each member and episode, in this order.
        seeds = np.asarray(seeds)[: chunk.num_episodes]
        self.seeds: list[int] = seeds.tolist() * chunk.num_members

    def act(
        self, observations: Observations, time: int
    ) -> tuple[Shaped[np.ndarray, "lanes ..."], Bool[np.ndarray, "members episodes"]]:
        """Actions for the simulators, and which networks gave a NaN."""
        members, episodes = self._chunk.num_members, self._chunk.num_episodes
        missing = [
            (0, len(self._weights[0]) - members),
            (0, len(self._chunk.key_data) - episodes),
            *[(0, 0)] * (observations.ndim - 2),
        ]
        if missing[0][1] or missing[1][1]:
            observations = np.pad(observations, missing)
        self._carry, actions, is_broken = loaded(self._chunk.program.act)(
            self._weights, self._carry, observations, self._keys, np.int32(time)
        )
        actions = np.asarray(actions)[:members, :episodes]
        is_broken = np.asarray(is_broken)[:members, :episodes]
        return actions.reshape(-1, *actions.shape[2:]), is_broken


class _Tally:
    """Counts and sums of each member's observations, as offsets from its first."""

    def __init__(self, first: Observations):
        self._origin = first[:, :1].astype(np.float64)
        self._count = np.zeros(len(first))
        self._sum = np.zeros((len(first), *first.shape[2:]))
        self._squares = np.zeros_like(self._sum)

    def add(
        self, observations: Observations, is_alive: Bool[np.ndarray, "members episodes"]
    ) -> None:
        """Take in what the living see."""
        counts = is_alive.reshape(*is_alive.shape, *[1] * (observations.ndim - 2))
        with np.errstate(invalid="ignore"):  # the dead may see anything
            offsets = np.where(counts, observations - self._origin, 0.0)
        self._count += is_alive.sum(axis=1)
        self._sum += offsets.sum(axis=1)
        self._squares += (offsets**2).sum(axis=1)

    def moments(self) -> Moments:
        """Moments `(members, ...)`."""
        counts = self._count.reshape(-1, *[1] * (self._sum.ndim - 1))
        mean = self._sum / counts
        variance = np.maximum(self._squares / counts - mean**2, 0.0)
        numbers = self._count, self._origin[:, 0] + mean, variance
        return Moments(*(jnp.asarray(number, jnp.float32) for number in numbers))


@lru_cache(maxsize=SIMULATORS_KEPT)
def _simulators(environment: HostEnvironment, number: int) -> Any:
    return made(environment, number)
