"""Probes of a problem, which evaluates five members."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from neurojax.testing.expect import (
    drawn,
    expect,
    expect_arrays,
    expect_close,
    expect_equal,
    expect_finite,
    expect_types,
    satisfying,
)
from neurojax.tree import take
from neurojax.types import Fitness, Metrics, Population, Problem, Sample, State

MEMBERS = 5
ORDER = (3, 0, 4, 1, 2)  # the same members in other places
BROKEN = 2


def check_problem(problem: object, sample: Sample) -> None:
    """Check that a problem does what systems and strategies rely on.

    Fitness is float32 `(population,)` and finite; every metric has the member axis in
    front; the state keeps its types; the same key gives the same; a member's fitness
    depends neither on its place nor on the others, and is NaN where its weights are;
    compiled and eager do the same.

    Args:
        problem: what to check.
        sample: draws what a member is evaluated with: `network.init`.

    Raises:
        ConformanceError: at the first thing that is wrong.
    """
    checked = satisfying(problem, Problem)
    name = type(checked).__name__
    population = drawn(sample, jax.random.key(0), MEMBERS)
    state = checked.init(jax.random.key(1))
    expect_arrays(f"{name}.init's state", state)
    evaluate = partial(checked.eval, jax.random.key(7))
    run = jax.jit(evaluate) if checked.jittable else evaluate
    fitness, after, metrics = run(population, state)
    _check_shapes(name, fitness, metrics)
    expect_types(f"{name}.eval's state", after, state, "return it as init made it")
    expect_finite(f"{name}.eval's fitness", fitness, "NaN is for broken members alone")
    again = run(population, state)[0]
    expect_equal(
        f"{name}.eval, called again: fitness", again, fitness, "draw from the key"
    )
    _check_apart(name, run, population, state, (fitness, metrics))
    if checked.jittable:
        eager = evaluate(population, state)[0]
        remedy = "change nothing outside the state, and draw from the key alone"
        expect_close(f"{name}.eval, not compiled: fitness", eager, fitness, remedy)


def _check_shapes(name: str, fitness: Any, metrics: Metrics) -> None:
    expect(
        fitness.shape == (MEMBERS,) and fitness.dtype == jnp.float32,
        f"{name}.eval's fitness is {fitness.dtype}{list(fitness.shape)} of {MEMBERS} "
        "members; return float32 (population,).",
    )
    for metric, values in metrics.items():
        expect(
            values.shape[:1] == (MEMBERS,),
            f"{name}.eval's metric {metric!r} has shape {values.shape} for {MEMBERS} "
            "members; put their axis in front.",
        )


def _check_apart(
    name: str,
    run: Any,
    population: Population,
    state: State,
    expected: tuple[Fitness, Metrics],
) -> None:
    """Check that members in other places, or beside a broken one, fare the same."""
    order = jnp.array(ORDER)
    fitness, _, metrics = run(take(population, order), state)
    remedy = "evaluate all members alike, each by itself"
    what = f"{name}.eval of members in other places: (fitness, metrics)"
    expect_close(what, (fitness, metrics), take(expected, order), remedy)
    dtypes = {leaf.dtype for leaf in jax.tree.leaves(population)}
    if not all(jnp.issubdtype(dtype, jnp.floating) for dtype in dtypes):
        return  # there is no NaN
    broken = jax.tree.map(lambda leaf: leaf.at[BROKEN].set(jnp.nan), population)
    fitness = np.asarray(run(broken, state)[0])
    expect(
        np.isnan(fitness[BROKEN]),
        f"{name}.eval gives NaN weights the fitness {fitness[BROKEN]}; let it be NaN, "
        "which ranks last.",
    )
    others = np.delete(np.asarray(expected[0]), BROKEN)
    what = f"{name}.eval beside a member with NaN weights: fitness"
    expect_close(what, np.delete(fitness, BROKEN), others, remedy)
