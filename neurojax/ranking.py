"""Fitness shaping and selection. Fitness is to be minimised; NaN ranks last."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from neurojax import checks
from neurojax.types import Fitness, Key

__all__ = [
    "best_index",
    "centered_ranks",
    "distinct",
    "elites",
    "nan_as_worst",
    "nan_last",
    "nan_worse",
    "order",
    "softmax_weights",
    "tournament",
    "truncation",
]


def nan_last(fitness: Fitness) -> Fitness:
    """Fitness in whose order NaN ranks last: as +inf, which is the largest float."""
    largest = jnp.finfo(fitness.dtype).max
    return jnp.where(jnp.isnan(fitness), jnp.inf, jnp.minimum(fitness, largest))


def nan_as_worst(fitness: Fitness) -> Fitness:
    """Fitness with finite numbers alone: 0 for all where none of them is finite.

    NaN and +inf take the worst finite value, and -inf takes the best. For algorithms
    that compute with fitness values instead of ranks, which an infinity would turn into
    NaN.
    """
    is_finite = jnp.isfinite(fitness)
    worst = jnp.max(jnp.where(is_finite, fitness, -jnp.inf))
    worst = jnp.where(jnp.any(is_finite), worst, 0.0)
    fitness = jnp.where(is_finite | jnp.isneginf(fitness), fitness, worst)
    best = jnp.min(jnp.where(jnp.isneginf(fitness), jnp.inf, fitness))
    best = jnp.where(jnp.any(is_finite), best, 0.0)
    return jnp.maximum(fitness, best)


def nan_worse(fitness: Fitness) -> Fitness:
    """As `nan_as_worst`; where all finite values tie, NaN and +inf come behind them.

    For algorithms that keep a best member by these values: the first of a tie.
    """
    finite = nan_as_worst(fitness)
    is_broken = jnp.isnan(fitness) | jnp.isposinf(fitness)
    are_tied = jnp.max(finite) == jnp.min(finite)
    largest = jnp.finfo(fitness.dtype).max
    behind = jnp.minimum(finite + 1e-3 * jnp.maximum(jnp.abs(finite), 1.0), largest)
    return jnp.where(is_broken & are_tied, behind, finite)


def best_index(fitness: Fitness) -> Int[Array, ""]:
    """Index of the member with the lowest fitness."""
    return jnp.argmin(nan_last(fitness))


def order(fitness: Fitness) -> Int[Array, " population"]:
    """Member indices from best to worst; ties keep the order of the members."""
    return jnp.argsort(nan_last(fitness), stable=True)


def centered_ranks(fitness: Fitness) -> Float[Array, " population"]:
    """Ranks spread evenly over [-0.5, 0.5]; the best member gets -0.5.

    Salimans et al., 2017 (arXiv:1703.03864), section 2.1, for minimisation.
    """
    ranks = jnp.argsort(order(fitness)).astype(jnp.float32)
    return ranks / (fitness.shape[0] - 1) - 0.5


def softmax_weights(fitness: Fitness, ddof: int = 1) -> Float[Array, " population"]:
    """Recombination weights: a softmax of the standardised negative fitness.

    The standard deviation divides by the population size less `ddof`. NaN counts as the
    worst finite fitness. Sums to 1.
    """
    checks.integer_between("ddof", ddof, 0, 1)
    fitness = nan_as_worst(fitness)
    std = jnp.std(fitness, ddof=ddof)
    return jax.nn.softmax(-(fitness - jnp.mean(fitness)) / (std + 1e-8))


def truncation(
    fitness: Fitness, num_parents: int, num_children: int
) -> Int[Array, " children"]:
    """Parents of `num_children`: the best `num_parents`, each in turn.

    In turn, not at random: every survivor has the same number of children (or one
    more), and no random number is drawn.
    """
    checks.integer_between("num_parents", num_parents, 1, fitness.shape[0])
    checks.integer_between("num_children", num_children, 0)
    return order(fitness)[jnp.arange(num_children) % num_parents]


def tournament(
    key: Key, fitness: Fitness, size: int, num_children: int
) -> Int[Array, " children"]:
    """Parents of `num_children`: each the best of `size` distinct members."""
    checks.integer_between("size", size, 1, fitness.shape[0])
    checks.integer_between("num_children", num_children, 0)
    entrants = distinct(key, fitness.shape[0], (num_children, size))
    winner = jnp.argmin(nan_last(fitness)[entrants], axis=1)
    return jnp.take_along_axis(entrants, winner[:, None], axis=1)[:, 0]


def distinct(
    key: Key, population_size: int, shape: tuple[int, int]
) -> Int[Array, "rows draws"]:
    """Uniform indices below `population_size`, distinct within each row.

    The i-th draw is uniform over what i draws have left; it then steps over those
    already taken, in ascending order. Costs `rows * draws` random numbers.
    """
    checks.key("key", key)
    checks.integer_between("population_size", population_size, 1)
    rows, draws = shape
    checks.integer_between("shape[1]", draws, 1, population_size)
    left = population_size - jnp.arange(draws, dtype=jnp.int32)
    # A float32 uniform keeps 24 bits: exact enough below some millions of members.
    uniform = jax.random.uniform(key, (rows, draws), jnp.float32)
    index = (uniform * left[None].astype(jnp.float32)).astype(jnp.int32)
    index = jnp.minimum(index, left[None] - 1)
    taken = index[:, :1]
    for i in range(1, draws):
        draw = index[:, i]
        for earlier in jnp.sort(taken, axis=1).T:
            draw += (draw >= earlier).astype(jnp.int32)
        taken = jnp.concatenate([taken, draw[:, None]], axis=1)
    return taken


def elites(fitness: Fitness, num_elites: int) -> Int[Array, " elites"]:
    """Indices of the best members, best first."""
    checks.integer_between("num_elites", num_elites, 0, fitness.shape[0])
    if num_elites == 1:  # a minimum costs less than an order
        return best_index(fitness)[None]
    return order(fitness)[:num_elites]
