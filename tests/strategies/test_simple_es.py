"""The evolution strategy, worked by hand."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sphere import constant

from neurojax.encodings import Gaussian, SparseGaussian
from neurojax.noise import normal_like
from neurojax.strategies import SimpleES

KEY = jax.random.key(0)


def test_mean_moves_to_the_softmax_weighted_average():
    strategy = SimpleES(3)
    state = strategy.init(KEY, constant(2))
    population = jnp.array([[1.0, 10.0], [2.0, 20.0], [4.0, 0.0]])
    state, metrics = strategy.tell(KEY, population, jnp.array([1.0, 2, 6]), state)
    # Mean 3; (4 + 1 + 9) / (3 - 1) = 7, the variance with ddof 1.
    weights = np.exp(np.array([2, 1, -3]) / np.sqrt(7))
    weights /= weights.sum()
    np.testing.assert_allclose(state.mean, weights @ np.asarray(population), rtol=1e-6)
    np.testing.assert_allclose(strategy.best(state), state.mean)
    effective = 1 / np.sum(weights**2)
    np.testing.assert_allclose(metrics["effective_parents"], effective, rtol=1e-6)


def test_population_scatters_around_the_mean_with_the_stated_std():
    strategy = SimpleES(101, Gaussian(0.3))
    state = strategy.init(KEY, constant((7, 101), 5.0))
    population = np.asarray(strategy.ask(jax.random.key(1), state)[0])
    tolerance = 5 / np.sqrt(2 * population.size)
    np.testing.assert_allclose(population.std(), 0.3, rtol=tolerance)
    np.testing.assert_allclose(population.mean(), 5, atol=0.6 * tolerance)
    params = strategy.default_params._replace(std=0.02)
    population = strategy.ask(jax.random.key(1), state, params)[0]
    np.testing.assert_allclose(np.std(population), 0.02, rtol=tolerance)


def test_a_key_gives_the_draws_of_the_published_results():
    strategy = SimpleES(3, Gaussian(0.1, "lognormal", 0.5))
    state = strategy.init(KEY, constant(5, 2.0))
    key = jax.random.key(7)
    population, _ = strategy.ask(key, state)
    key_std, key_noise = jax.random.split(key)
    std = 0.1 * jnp.exp(0.5 * normal_like(key_std, population, "threefry"))
    expected = 2.0 + std * normal_like(key_noise, population, "threefry")
    np.testing.assert_allclose(population, expected, rtol=1e-6)


def test_std_adapts_and_recombines_with_the_same_weights():
    strategy = SimpleES(3, Gaussian(0.2, "lognormal", adaptation_rate=0.5))
    state = strategy.init(KEY, constant(5))
    population, asked = strategy.ask(jax.random.key(1), state)
    factor = np.log(asked.member_own / 0.2) / 0.5
    assert 0.3 < factor.std() < 2 and len(np.unique(factor)) == 15
    told, _ = strategy.tell(KEY, population, jnp.array([1.0, 2, 6]), asked)
    weights = np.exp(np.array([2, 1, -3]) / np.sqrt(7))
    weights /= weights.sum()
    expected = weights @ np.asarray(asked.member_own)
    np.testing.assert_allclose(told.own, expected, rtol=1e-6)


@pytest.mark.parametrize(
    "adaptation, drift", [("multiplicative", -5e-5), ("lognormal", 0.0)]
)
def test_drift_of_log_std_of_the_members(adaptation, drift):
    strategy = SimpleES(32, Gaussian(0.1, adaptation, adaptation_rate=0.01))
    state = strategy.init(KEY, constant(2**17))
    _, asked = jax.jit(strategy.ask)(jax.random.key(1), state)
    change = np.mean(np.log(asked.member_own)) - np.log(0.1)
    assert abs(change - drift) < 4 * 0.01 / np.sqrt(32 * 2**17)


def test_adapted_std_stays_within_its_bounds():
    variation = Gaussian(0.1, "multiplicative", 3.0, min_std=0.05, max_std=0.2)
    strategy = SimpleES(7, variation)
    _, asked = strategy.ask(KEY, strategy.init(KEY, constant(31)))
    assert asked.member_own.min() == np.float32(0.05)
    assert asked.member_own.max() == np.float32(0.2)


def test_a_population_start_averages_independent_draws():
    strategy = SimpleES(50, Gaussian(1e-3), start="population")
    sample = partial(jax.random.normal, shape=(4001,))
    state = strategy.init(KEY, sample)
    population, state = strategy.ask(jax.random.key(1), state)
    np.testing.assert_allclose(np.std(population, axis=0).mean(), 1.0, atol=0.02)
    fitness = jax.random.normal(jax.random.key(2), (50,))
    state, metrics = strategy.tell(KEY, population, fitness, state)
    # The std of a weighted sum of independent draws: the root of the sum of squares.
    expected = metrics["effective_parents"] ** -0.5
    np.testing.assert_allclose(np.std(state.mean), expected, rtol=0.05)
    population, _ = strategy.ask(jax.random.key(3), state)
    np.testing.assert_allclose(np.std(population - state.mean), 1e-3, rtol=0.02)


def test_sparse_members_keep_most_numbers_of_the_mean():
    strategy = SimpleES(31, SparseGaussian(0.5, 0.1, 0.1))
    state = strategy.init(KEY, constant(211, 5.0))
    population, _ = strategy.ask(jax.random.key(1), state)
    share = np.mean(np.asarray(population) != 5)
    assert abs(share - 0.1) < 4 * np.sqrt(0.09 / population.size)


def test_equal_fitness_weighs_all_members_alike():
    strategy = SimpleES(5)
    state = strategy.init(KEY, constant(3))
    population, state = strategy.ask(jax.random.key(1), state)
    state, metrics = strategy.tell(KEY, population, jnp.full(5, 2.0), state)
    np.testing.assert_allclose(state.mean, population.mean(axis=0), atol=1e-7)
    np.testing.assert_allclose(metrics["effective_parents"], 5, rtol=1e-5)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"population_size": 1}, "population_size=1"),
        ({"ddof": 2}, "ddof=2"),
    ],
)
def test_bad_numbers_are_refused_by_name_and_value(options, message):
    with pytest.raises(ValueError, match=message):
        SimpleES(**{"population_size": 7} | options)
