"""Networks at play in gymnasium's own simulators, on all cores.

Each worker process plays one network at a time, all of its rollouts in lockstep, and
keeps its simulators for the next.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks._continual_play import PLAY_SEED, Matched, Played
from neurojax.data.recording import human_task
from neurojax.environments.gymnasium import make
from neurojax.networks import GRU, MLP
from neurojax.parallel import num_cores
from neurojax.parallel.workers import Workers
from neurojax.types import Population

Sized = MLP | GRU


@functools.cache
def _workers() -> Workers:
    return Workers(num_cores())


def play_on_host(
    network: Sized, weights: Population, episodes: Matched, num_rollouts: int
) -> Played:
    """As `_continual_play.play`; the values do not depend on the number of workers.

    Raises:
        RuntimeError: if a worker died.
    """
    weights = jax.tree.map(np.asarray, weights)
    count = len(jax.tree.leaves(weights)[0])
    members = [jax.tree.map(lambda leaf, i=i: leaf[i], weights) for i in range(count)]
    # Networks hold functions that no message can carry: made anew in the worker.
    kind = type(network), network.sizes
    one = functools.partial(_one, kind, episodes, num_rollouts)
    return Played(*map(np.stack, zip(*_workers().map(one, members), strict=True)))


def _one(
    kind: tuple[Any, tuple[int, ...]],
    episodes: Matched,
    num_rollouts: int,
    weights: Any,
) -> Played:
    """One network's rollouts, `(episodes, rollouts)` each."""
    network = kind[0](kind[1])
    runs = _Lockstep(episodes, num_rollouts)
    count = len(runs.seen)
    told = np.repeat(episodes.told, num_rollouts, axis=0)
    size = human_task(episodes.task).num_actions if episodes.has_previous else 0
    previous = np.zeros((count, size), np.float32)
    carry = jax.vmap(lambda _: network.reset(weights))(jnp.zeros(count))
    draws = np.random.default_rng(PLAY_SEED)
    while len(runs.alive):
        inputs = np.concatenate([runs.seen, told, previous], axis=1)
        carry, logits = _step(network, weights, carry, inputs)
        # The largest of logits with Gumbel noise is a draw from their softmax.
        noise = draws.gumbel(size=logits.shape)
        actions = np.argmax(np.asarray(logits) + noise, axis=1)
        runs.step(actions)
        if size:
            previous = np.eye(size, dtype=np.float32)[actions]
    return runs.played(len(episodes.seeds))


class _Lockstep:
    """Simulators that take each step together, until all have ended."""

    def __init__(self, episodes: Matched, num_rollouts: int) -> None:
        seeds = np.repeat(episodes.seeds, num_rollouts)
        self._simulators = _simulators(episodes.task, len(seeds))
        first = [
            simulator.reset(seed=int(seed))[0]
            for simulator, seed in zip(self._simulators, seeds, strict=True)
        ]
        self.seen = np.stack(first).astype(np.float32)
        self.alive = np.arange(len(seeds))
        self._returns = np.zeros(len(seeds))
        self._lengths, self._switches = np.zeros((2, len(seeds)), int)
        self._before: np.ndarray | None = None

    def step(self, actions: np.ndarray) -> None:
        """Do what is chosen where play goes on."""
        going_on = []
        for index in self.alive:
            simulator = self._simulators[index]
            found = simulator.step(int(actions[index]))
            self.seen[index], reward, terminated, truncated, _ = found
            self._returns[index] += reward
            if not (terminated or truncated):
                going_on.append(index)
        self._lengths[self.alive] += 1
        if self._before is not None:
            is_switch = actions != self._before
            self._switches[self.alive] += is_switch[self.alive]
        self._before = actions
        self.alive = np.array(going_on, int)

    def played(self, num_episodes: int) -> Played:
        """What came of it, `(episodes, rollouts)` each."""
        sums = self._returns.astype(np.float32), self._lengths, self._switches
        return Played(*(array.reshape(num_episodes, -1) for array in sums))


@functools.cache
def _simulators(task: str, number: int) -> list[Any]:
    return [make(task) for _ in range(number)]


@functools.partial(jax.jit, static_argnums=0)
def _step(network: Sized, weights: Any, carry: Any, inputs: Any) -> tuple[Any, Any]:
    return jax.vmap(network.apply, (None, 0, 0))(weights, carry, inputs)
