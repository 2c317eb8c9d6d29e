"""What is measured of trained networks: on unseen rows, and at play."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from benchmarks.shared.lander_play import play_lander
from neurojax.data import Transitions
from neurojax.environments import Gymnax
from neurojax.networks import MLP
from neurojax.problems import Control, Imitation
from neurojax.types import Network

Measure = Callable[[Any], dict[str, np.ndarray]]

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
    """Mean return over seeded episodes, greedy, as `return`."""
    problem = Control(Gymnax(task), network, num_episodes)
    key = jax.random.key(seed)
    evaluate = jax.jit(lambda weights: problem.eval(key, weights, ())[2]["return"])

    def measure(weights: Any) -> dict[str, np.ndarray]:
        return {"return": np.asarray(evaluate(weights))}

    return measure


def at_lander_play(network: MLP, num_episodes: int) -> Measure:
    """As `at_play`, in LunarLander; episode i is gymnasium's `EPISODE_SEED + i`."""
    keys = jax.random.split(jax.random.key(EPISODE_SEED), (num_episodes, 1))
    seeds = range(EPISODE_SEED, EPISODE_SEED + num_episodes)

    def measure(weights: Any) -> dict[str, np.ndarray]:
        played = play_lander(network, weights, seeds, keys, greedy=True)
        return {"return": played.returns.mean((1, 2))}

    return measure


def both(*measures: Measure) -> Measure:
    """All of these measures in one."""

    def measure(weights: Any) -> dict[str, np.ndarray]:
        return {name: v for m in measures for name, v in m(weights).items()}

    return measure
