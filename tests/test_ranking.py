"""Selection and fitness shaping, by hand and against theory."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurojax import ranking

NAN, INF = float("nan"), float("inf")


def values(*numbers):
    return jnp.array(numbers, jnp.float32)


def test_order_goes_from_best_to_worst_with_nan_last_and_ties_in_place():
    fitness = values(3, NAN, 1, 3, -2)
    assert ranking.order(fitness).tolist() == [4, 2, 0, 3, 1]
    assert ranking.elites(fitness, 3).tolist() == [4, 2, 0]
    assert ranking.elites(fitness, 1).tolist() == [4]
    assert ranking.elites(fitness, 0).tolist() == []
    assert int(ranking.best_index(fitness)) == 4


def test_the_best_of_nothing_but_nan_is_the_first():
    assert int(ranking.best_index(values(NAN, NAN, NAN))) == 0


def test_nan_counts_as_the_worst_finite_fitness_and_minus_infinity_as_the_best():
    assert ranking.nan_as_worst(values(2, NAN, 5, INF)).tolist() == [2, 5, 5, 5]
    assert ranking.nan_as_worst(values(NAN, INF)).tolist() == [0, 0]
    assert ranking.nan_as_worst(values(-INF, 3, NAN, 5)).tolist() == [3, 3, 5, 5]
    assert ranking.nan_as_worst(values(-INF, -INF)).tolist() == [0, 0]


def test_nan_comes_behind_finite_numbers_even_where_they_tie():
    assert ranking.nan_worse(values(NAN, 2, 5, INF)).tolist() == [5, 2, 5, 5]
    for tied in (-500.0, 0.0, 3.4e38, -3.4e38):
        worse = ranking.nan_worse(values(NAN, tied, INF, tied, -INF))
        assert np.isfinite(worse).all()
        assert worse[1] == worse[3] == worse[4] == np.float32(tied)
        if tied < 3e38:  # there is no larger float
            assert min(worse[0], worse[2]) > worse[1]


def test_nan_ranks_behind_infinity():
    fitness = values(NAN, INF, 1, -INF)
    assert ranking.order(fitness).tolist() == [3, 2, 1, 0]
    assert ranking.best_index(values(NAN, INF)) == 1
    assert ranking.best_index(values(NAN, NAN)) == 0


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_weights_are_finite_whatever_the_fitness(value):
    for fitness in (values(1, value, 2, 3), values(value, value, value)):
        weights = ranking.softmax_weights(fitness)
        assert np.isfinite(weights).all() and np.isclose(np.sum(weights), 1)
    assert ranking.nan_last(values(NAN, 1)).tolist() == [INF, 1]


def test_centered_ranks_by_hand():
    ranks = ranking.centered_ranks(values(30, 10, NAN, 20, 40))
    assert ranks.tolist() == [0.0, -0.5, 0.5, -0.25, 0.25]


def test_softmax_weights_standardise_by_hand():
    weights = ranking.softmax_weights(values(1, 2, 6))
    # Mean 3, sum of squares 4 + 1 + 9 = 14, over n - 1 = 2: std sqrt(7).
    scores = np.exp(np.array([2, 1, -3]) / np.sqrt(7))
    np.testing.assert_allclose(weights, scores / scores.sum(), rtol=1e-6)
    weights = ranking.softmax_weights(values(1, 2, 6), ddof=0)
    scores = np.exp(np.array([2, 1, -3]) / np.sqrt(14 / 3))
    np.testing.assert_allclose(weights, scores / scores.sum(), rtol=1e-6)
    with_nan = ranking.softmax_weights(values(1, 2, NAN, 6))
    np.testing.assert_allclose(
        with_nan, ranking.softmax_weights(values(1, 2, 6, 6)), rtol=1e-6
    )
    np.testing.assert_allclose(ranking.softmax_weights(values(4, 4, 4)), 1 / 3)


def test_truncation_gives_each_survivor_its_children_in_turn():
    fitness = values(5, 1, 4, NAN, 2)
    assert ranking.truncation(fitness, 3, 7).tolist() == [1, 4, 2, 1, 4, 2, 1]


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_tournament_wins_follow_the_hypergeometric_law(size):
    population, children = 7, 20_000
    fitness = jnp.array([3.0, NAN, 0.0, 5.0, 1.0, 4.0, 2.0])
    parents = ranking.tournament(jax.random.key(0), fitness, size, children)
    rank_of = np.argsort(np.argsort(np.nan_to_num(fitness, nan=9.0)))
    share = np.bincount(rank_of[parents], minlength=population) / children
    from math import comb

    # Rank r wins if it is drawn and the others are among the population - r - 1 worse.
    total = comb(population, size)
    law = [comb(population - r - 1, size - 1) / total for r in range(population)]
    np.testing.assert_allclose(share, law, atol=4 * np.sqrt(0.25 / children))


@pytest.mark.parametrize("population, draws", [(5, 3), (4, 4), (1, 1), (101, 7)])
def test_distinct_draws_are_distinct_and_each_is_uniform(population, draws):
    rows = 20_000
    index = np.asarray(ranking.distinct(jax.random.key(1), population, (rows, draws)))
    assert index.shape == (rows, draws)
    assert index.min() >= 0 and index.max() < population
    assert all(len(set(row)) == draws for row in index[:500].tolist())
    for column in index.T:
        count = np.bincount(column, minlength=population)
        chi_square = np.sum((count - rows / population) ** 2) / (rows / population)
        degrees = population - 1
        assert chi_square <= degrees + 5 * np.sqrt(2 * degrees)


def test_distinct_pairs_are_all_equally_likely():
    index = np.asarray(ranking.distinct(jax.random.key(2), 4, (24_000, 2)))
    count = np.bincount(index[:, 0] * 4 + index[:, 1], minlength=16)
    count = count[count > 0]
    assert len(count) == 12
    assert np.sum((count - 2000) ** 2) / 2000 < 11 + 5 * np.sqrt(22)
