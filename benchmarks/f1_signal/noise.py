"""Signal and noise of estimates of a population's fitness."""

from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
from scipy.stats import rankdata

from benchmarks.shared.store import Row
from neurojax.noise import normal_like
from neurojax.parallel import member_mesh
from neurojax.parallel.mesh import evaluate_sharded
from neurojax.problems import Imitation
from neurojax.tree import repeat
from neurojax.types import Key, Population, State

Array = np.ndarray

ESTIMATORS = {
    "sampled_independent": "sampled F1, own draws",
    "sampled_common": "sampled F1, shared draws",
    "expected": "F1 of expected counts",
    "cross_entropy": "cross-entropy",
}


class Noise(NamedTuple):
    """How well an estimator tells members apart.

    Attributes:
        signal: std over members of the true value.
        noise: std over members of estimate minus truth; rms over repeats.
        total_noise: std over repeats of estimate minus truth, what is common to all
            members included; rms over members.
        rank_correlation: Spearman's, of estimate and truth; mean over repeats.
    """

    signal: float
    noise: float
    total_noise: float
    rank_correlation: float


def mutants(key: Key, parent: Any, members: int, std: float) -> Population:
    """Copies of the parent, every weight mutated."""
    parents = repeat(parent, members)
    noise = normal_like(key, parents, "threefry")
    return jax.tree.map(lambda weight, xi: weight + std * xi, parents, noise)


def compare(
    problem: Imitation,
    key: Key,
    population: Population,
    batch_sizes: tuple[int, ...],
    repeats: int,
) -> list[Row]:
    """Signal and noise of every estimator at every batch size, against all rows."""
    state = problem.init(key)
    truth = _host(_truth(problem, population, state))
    result = []
    for batch_size in sorted(set(batch_sizes)):
        batched = replace(problem, batch_size=batch_size)
        keys = jax.random.split(jax.random.fold_in(key, batch_size), repeats)
        estimates = _host(_estimates(batched, keys, population, state))
        for name in ESTIMATORS:
            of = truth["cross_entropy" if name == "cross_entropy" else "macro_f1"]
            noise = noise_of(estimates[name], of)
            result.append(
                {"batch_size": batch_size, "estimator": name, **noise._asdict()}
            )
    return result


def _host(values: dict[str, Any]) -> dict[str, Array]:
    return {name: np.asarray(value, float) for name, value in values.items()}


@partial(jax.jit, static_argnames="problem")
def _truth(problem: Imitation, population: Population, state: State) -> dict[str, Any]:
    """Cross-entropy and expected-count F1 on all rows, `(members,)` each."""

    def on_all_rows(population: Population, state: State) -> Any:
        metrics = problem.eval(jax.random.key(0), population, state)[2]
        return {name: metrics[name] for name in ("cross_entropy", "macro_f1")}, ()

    return evaluate_sharded(on_all_rows, member_mesh())(population, state)[0]


@partial(jax.jit, static_argnames="problem")
def _estimates(
    problem: Imitation, keys: Key, population: Population, state: State
) -> dict[str, Any]:
    """Estimates on one batch for each key, `(repeats, members)` each."""

    def on_batches(keys: Key, rest: tuple[Population, State]) -> Any:
        return jax.lax.map(lambda key: _on_a_batch(problem, key, *rest), keys), ()

    # The devices share the repeats, as if they were members.
    run = evaluate_sharded(on_batches, member_mesh())
    return run(keys, (population, state))[0]


def _on_a_batch(
    problem: Imitation, key: Key, population: Population, state: State
) -> dict[str, Any]:
    """Every estimate of every member on one batch, `(members,)` each."""
    key_batch, key_shared, key_own = jax.random.split(key, 3)
    # The first batch of a fresh epoch: rows without replacement.
    state = state._replace(key=key_batch)
    shared = problem.eval(key_shared, population, state)[2]
    sampled = replace(problem, metrics=("sampled_macro_f1",), shared_draws=False)
    own = sampled.eval(key_own, population, state)[2]
    return {
        "sampled_independent": own["sampled_macro_f1"],
        "sampled_common": shared["sampled_macro_f1"],
        "expected": shared["macro_f1"],
        "cross_entropy": shared["cross_entropy"],
    }


def noise_of(estimates: Array, truth: Array) -> Noise:
    """Compare estimates `(repeats, members)` with the true values `(members,)`."""
    error = estimates - truth
    return Noise(
        signal=float(truth.std(ddof=1)),
        noise=float(np.sqrt(error.var(axis=1, ddof=1).mean())),
        total_noise=float(np.sqrt(error.var(axis=0, ddof=1).mean())),
        rank_correlation=_rank_correlation(estimates, truth),
    )


def _rank_correlation(estimates: Array, truth: Array) -> float:
    """Spearman's, mean over repeats; 0 where all members are estimated alike."""
    center = (len(truth) + 1) / 2
    x, y = rankdata(estimates, axis=1) - center, rankdata(truth) - center
    norm = np.sqrt((x**2).sum(axis=1) * (y**2).sum())
    return float(np.mean(x @ y / np.maximum(norm, 1e-9)))
