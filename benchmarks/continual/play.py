"""Networks at play on the seeds that a person has played."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32

from benchmarks.continual.inputs import Inputs, information
from benchmarks.shared.lander_play import LANDER_TASK, Played, play_lander
from neurojax.data.recordings.recording import Recording
from neurojax.data.tasks import find_task
from neurojax.environments import Gymnax, gymnasium_starts
from neurojax.networks import GRU, MLP
from neurojax.rollouts import rollout
from neurojax.types import EnvState, Key, Network, Observation, Population

PLAY_SEED = 2026


class Matched(NamedTuple):
    """Episodes to be played again by networks.

    Attributes:
        task: gymnasium's id.
        seeds: what each episode is reset with.
        told: what the networks are told of each besides the observations.
        has_previous: whether they are told their last action too.
    """

    task: str
    seeds: tuple[int, ...]
    told: Float32[np.ndarray, "episodes size"]
    has_previous: bool


def matched(
    recording: Recording,
    episodes: Sequence[int],
    inputs: Inputs,
    is_own: bool = True,
) -> Matched:
    """The episodes with their own session and run, or else the median of them all."""
    told = information(recording, inputs)[np.asarray(episodes, int)]
    if not is_own and len(told):
        told = np.broadcast_to(np.median(told, axis=0), told.shape)
    return Matched(
        recording.task,
        tuple(recording.episodes[position].seed for position in episodes),
        np.asarray(told, np.float32),
        inputs == "previous",
    )


def play(
    network: MLP | GRU, weights: Population, episodes: Matched, num_rollouts: int
) -> Played:
    """Let every network play every episode several times; actions are sampled.

    A rollout of one number draws the same random numbers for all networks.
    """
    key = jax.random.key(PLAY_SEED)
    keys = jax.random.split(key, (len(episodes.seeds), num_rollouts))
    if episodes.task == LANDER_TASK:
        return play_lander(
            network,
            weights,
            episodes.seeds,
            keys,
            greedy=False,
            told=episodes.told,
            has_previous=episodes.has_previous,
        )
    environment = Told(Gymnax(episodes.task), episodes.has_previous)
    starts = gymnasium_starts(environment.inner, episodes.seeds)
    starts = environment.told(*starts, jnp.asarray(episodes.told))
    return Played(
        *map(np.asarray, _played(environment, network, weights, starts, keys))
    )


@partial(jax.jit, static_argnums=(0, 1))
def _played(
    environment: "Told", network: Network, weights: Population, starts: Any, keys: Key
) -> tuple[Array, Array, Array]:
    def once(weights: Any, start: Any, key: Key) -> tuple[Array, Array, Array]:
        path = rollout(environment, network, weights, key, greedy=False, start=start)
        is_switch = (path.action[1:] != path.action[:-1]) & path.is_alive[1:]
        return path.reward.sum(), path.is_alive.sum(), is_switch.sum()

    over_rollouts = jax.vmap(once, (None, None, 0))
    over_episodes = jax.vmap(over_rollouts, (None, 0, 0))

    # One network at a time: all at once would be no faster on a CPU, and need memory
    # for the steps of all.
    def of(weights: Any) -> tuple[Array, Array, Array]:
        return over_episodes(weights, starts, keys)

    return jax.lax.map(of, weights)


class ToldState(NamedTuple):
    """The inner state, what stays the same in the episode, and the last action."""

    inner: EnvState
    told: Float[Array, " size"]
    previous: Float[Array, " actions"]


@dataclass(frozen=True)
class Told:
    """An environment whose observations go on with what is told of the episode.

    Args:
        inner: the environment that is played.
        has_previous: whether the last action follows too, one-hot; zeros at first.
    """

    inner: Gymnax
    has_previous: bool

    @property
    def max_steps(self) -> int:
        """Steps after which an episode is truncated."""
        return self.inner.max_steps

    @property
    def num_actions(self) -> int | None:
        """How many actions there are."""
        return self.inner.num_actions

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Shape of an observation of which nothing is told."""
        return (self.inner.observation_shape[0] + self._previous_size,)

    def reset(self, key: Key) -> tuple[Observation, ToldState]:
        """Begin an episode of which nothing is told."""
        observation, state = self.inner.reset(key)
        first = jnp.zeros(self._previous_size)
        return self._seen(observation, ToldState(state, jnp.zeros(0), first))

    def told(
        self, observations: Array, states: EnvState, told: Array
    ) -> tuple[Observation, ToldState]:
        """Starts `(episodes, ...)` with what is told of each, `(episodes, size)`."""
        first = jnp.zeros((len(told), self._previous_size))
        return jax.vmap(self._seen)(observations, ToldState(states, told, first))

    def step(
        self, key: Key, state: ToldState, action: Array
    ) -> tuple[
        Observation, ToldState, Float[Array, ""], Bool[Array, ""], Bool[Array, ""]
    ]:
        """Return observation, state, reward, terminated, truncated."""
        observation, inner, reward, terminated, truncated = self.inner.step(
            key, state.inner, action
        )
        previous = jax.nn.one_hot(action, self._previous_size)
        seen, state = self._seen(observation, ToldState(inner, state.told, previous))
        return seen, state, reward, terminated, truncated

    @property
    def _previous_size(self) -> int:
        if not self.has_previous:
            return 0
        return find_task(self.inner.name).num_actions

    def _seen(
        self, observation: Array, state: ToldState
    ) -> tuple[Observation, ToldState]:
        return jnp.concatenate([observation, state.told, state.previous]), state
