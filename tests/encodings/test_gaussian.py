"""Gaussian variation, worked by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurojax.encodings import Gaussian
from neurojax.noise import normal_like
from neurojax.types import Inherited

KEYS = tuple(jax.random.split(jax.random.key(1), 3))


def children(variation, population, fathers=None, own=None, params=None, elites=1):
    """What `vary` makes of a population whose first members are elites."""
    params = variation.default_params if params is None else params
    mothers = variation.init(population, params)
    mothers = mothers if own is None else mothers._replace(own=own)
    fathers = mothers if fathers is None else Inherited(fathers, mothers.own)
    is_child = jnp.arange(len(population)) >= elites
    return variation.vary(KEYS, mothers, fathers, is_child, params)


def test_a_child_is_its_mother_plus_std_times_noise():
    mothers = jnp.arange(21.0).reshape(7, 3)
    after, own = children(Gaussian(0.3), mothers, elites=2)
    noise = normal_like(KEYS[2], mothers, "threefry")
    np.testing.assert_allclose(after[2:], (mothers + 0.3 * noise)[2:], rtol=1e-6)
    np.testing.assert_array_equal(after[:2], mothers[:2])
    assert own == ()


def test_mutation_has_the_stated_std_and_params_override_it():
    variation, zeros = Gaussian(0.3), jnp.zeros((101, 7, 101))
    params = variation.default_params
    for std in (0.3, 0.7):
        params = params._replace(std=jnp.float32(std))
        changes = np.asarray(children(variation, zeros, params=params).population)[1:]
        tolerance = 5 / np.sqrt(2 * changes.size)
        np.testing.assert_allclose(changes.std(), std, rtol=tolerance)
        np.testing.assert_allclose(changes.mean(), 0, atol=2 * std * tolerance)


def test_an_own_std_is_used_after_it_was_varied():
    variation = Gaussian(0.1, "lognormal", adaptation_rate=0.5)
    zeros = jnp.zeros((5, 7))
    after, own = children(variation, zeros, elites=0)
    factor = np.exp(0.5 * np.asarray(normal_like(KEYS[1], zeros, "threefry")))
    np.testing.assert_allclose(own, 0.1 * factor, rtol=1e-5)
    noise = normal_like(KEYS[2], zeros, "threefry")
    np.testing.assert_allclose(after, own * noise, rtol=1e-5)


def test_multiplicative_adaptation_multiplies_by_one_plus_the_noise():
    variation = Gaussian(0.1, "multiplicative", adaptation_rate=0.01)
    zeros = jnp.zeros((5, 7))
    own = children(variation, zeros, elites=0).own
    factor = 1 + 0.01 * np.asarray(normal_like(KEYS[1], zeros, "threefry"))
    np.testing.assert_allclose(own, 0.1 * factor, rtol=1e-6)


@pytest.mark.parametrize(
    "adaptation, drift", [("multiplicative", -5e-5), ("lognormal", 0.0)]
)
def test_drift_of_log_std(adaptation, drift):
    # Each generation multiplies by 1 + rate * xi, or exp(rate * xi).
    generations, members, size = 10, 32, 2**14
    variation = Gaussian(0.1, adaptation, adaptation_rate=0.01)
    params = variation.default_params
    everyone = jnp.ones(members, bool)

    @jax.jit
    def step(key, parents):
        keys = tuple(jax.random.split(key, 3))
        return variation.vary(keys, parents, parents, everyone, params)

    parents = variation.init(jnp.zeros((members, size)), params)
    for generation in range(generations):
        parents = step(jax.random.key(generation), parents)
    per_generation = (np.mean(np.log(parents.own)) - np.log(0.1)) / generations
    error = 0.01 / np.sqrt(members * size * generations)  # of a mean: 4.4e-6
    assert abs(per_generation - drift) < 4 * error


def test_an_own_std_is_inherited_bounded_and_kept_by_elites():
    variation = Gaussian(
        0.1, "lognormal", adaptation_rate=2.0, min_std=0.05, max_std=0.4
    )
    own = children(variation, jnp.zeros((5, 53)), own=jnp.full((5, 53), 0.07)).own
    np.testing.assert_array_equal(own[0], np.float32(0.07))
    varied = np.asarray(own[1:])
    assert varied.min() == np.float32(0.05) and varied.max() == np.float32(0.4)
    assert 0.05 < np.median(varied) < 0.1


def test_crossover_takes_the_stated_share_of_the_second_parent():
    variation = Gaussian(1e-9, crossover_rate=0.2)
    zeros, ones = jnp.zeros((5, 4001)), jnp.ones((5, 4001))
    mixed = np.round(children(variation, zeros, ones).population)
    np.testing.assert_array_equal(mixed[0], 0)
    assert set(np.unique(mixed)) == {0, 1}
    shares = mixed[1:].mean(axis=1)
    assert np.abs(shares - 0.2).max() < 4 * np.sqrt(0.16 / 4001)
    assert len(np.unique(shares)) > 1


def test_a_crossed_child_keeps_its_mothers_std():
    variation = Gaussian(
        0.1, "lognormal", adaptation_rate=1e-9, max_std=9.0, crossover_rate=1.0
    )
    mothers, fathers = jnp.zeros((3, 5)), jnp.ones((3, 5))
    own = jnp.arange(1.0, 4.0)[:, None] * jnp.ones((3, 5))
    found = children(variation, mothers, fathers, own, elites=0).own
    np.testing.assert_allclose(found, own, rtol=1e-6)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"std": 0.0}, "std=0.0 must be a finite number above 0"),
        ({"std": float("nan")}, "std=nan"),
        ({"std": float("inf")}, "std=inf"),
        ({"adaptation_rate": -0.1}, "adaptation_rate=-0.1"),
        ({"min_std": 1.0, "max_std": 0.5}, "min_std=1.0 and max_std=0.5"),
        ({"min_std": -1.0}, "min_std=-1.0"),
        ({"max_std": 0.0}, "max_std=0.0"),
        ({"crossover_rate": 1.1}, r"crossover_rate=1.1 must be a number in \[0, 1\]"),
    ],
)
def test_bad_numbers_are_refused_by_name_and_value(options, message):
    with pytest.raises(ValueError, match=message):
        Gaussian(**options)
