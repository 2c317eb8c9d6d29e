"""What is measured of trained networks: on unseen rows, and at play."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from benchmarks.shared.lander_play import LANDER_TASK, play_lander
from neurojax.data import Transitions
from neurojax.environments import Gymnax
from neurojax.networks import MLP
from neurojax.problems import Control, Imitation
from neurojax.types import Network

Measure = Callable[[Any], dict[str, np.ndarray]]
Returns = Callable[[Any], Any]  # of networks: the mean return of each

METRICS = ("accuracy", "cross_entropy", "macro_f1")
EPISODE_SEED = 2026  # the same episodes for every network of every method
TUNING_EPISODE_SEED = 2025  # apart from those


def on_rows(
    network: Network,
    rows: Transitions,
    prefix: str = "",
    metrics: tuple[str, ...] = METRICS,
) -> Measure:
    """Match (accuracy), cross-entropy and expected-count macro-F1 on these rows.

    Takes networks as a population; each value is `(networks,)`.
    """
    problem = Imitation(
        network, rows.observations, rows.actions, objective="accuracy", metrics=metrics
    )
    key = jax.random.key(0)  # only sampled F1 draws: the same for all networks
    state = problem.init(key)
    evaluate = jax.jit(problem.eval)

    def measure(weights: Any) -> dict[str, np.ndarray]:
        measured = evaluate(key, weights, state)[2]
        return {
            prefix + ("match" if name == "accuracy" else name): np.asarray(values)
            for name, values in measured.items()
        }

    return measure


def at_play(
    network: MLP, task: str, num_episodes: int, seed: int = EPISODE_SEED
) -> Measure:
    """Mean return over seeded episodes, greedy, as `return`.

    In LunarLander episode i is that of gymnasium with the seed `seed + i`; in other
    tasks, which are gymnax's, the seed is JAX's.
    """
    play = _in_lander if task == LANDER_TASK else _in_gymnax
    returns = play(network, task, num_episodes, seed)

    def measure(weights: Any) -> dict[str, np.ndarray]:
        return {"return": np.asarray(returns(weights))}

    return measure


def _in_gymnax(network: MLP, task: str, num_episodes: int, seed: int) -> Returns:
    problem = Control(Gymnax(task), network, num_episodes)
    key = jax.random.key(seed)
    return jax.jit(lambda weights: problem.eval(key, weights, ())[2]["return"])


def _in_lander(network: MLP, task: str, num_episodes: int, seed: int) -> Returns:
    keys = jax.random.split(jax.random.key(seed), (num_episodes, 1))
    seeds = range(seed, seed + num_episodes)

    def returns(weights: Any) -> np.ndarray:
        played = play_lander(network, weights, seeds, keys, greedy=True)
        return played.returns.mean((1, 2))

    return returns


def both(*measures: Measure) -> Measure:
    """All of these measures in one."""

    def measure(weights: Any) -> dict[str, np.ndarray]:
        return {name: v for m in measures for name, v in m(weights).items()}

    return measure
