"""Sparse Gaussian variation, worked by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurojax.encodings import SparseGaussian

KEYS = tuple(jax.random.split(jax.random.key(1), 3))


def children(variation, population, params=None):
    """What `vary` makes of a population all of which are children."""
    params = variation.default_params if params is None else params
    mothers = variation.init(population, params)
    everyone = jnp.ones(len(population), bool)
    return np.asarray(variation.vary(KEYS, mothers, mothers, everyone, params)[0])


def test_each_child_changes_its_own_log_uniform_share_of_the_parameters():
    variation = SparseGaussian(1.0, min_probability=0.01, max_probability=0.25)
    changed = children(variation, jnp.zeros((997, 2003))) != 0
    shares = np.log(changed.mean(axis=1))
    low, high = np.log(0.01), np.log(0.25)
    # Uniform between the two, up to the error of a share (a fifth at the least).
    quantiles = np.quantile(shares, [0.25, 0.5, 0.75])
    np.testing.assert_allclose(
        quantiles, low + np.array([0.25, 0.5, 0.75]) * (high - low), atol=0.25
    )
    assert shares.min() > low - 1 and shares.max() < high + 0.2


def test_changes_have_the_stated_std_and_the_rest_is_kept_to_the_bit():
    variation = SparseGaussian(0.3, min_probability=0.2, max_probability=0.2)
    mothers = jnp.full((101, 503), 5.0)
    after = children(variation, mothers)
    changes = after[after != 5.0] - 5.0
    share = changes.size / after.size
    np.testing.assert_allclose(share, 0.2, atol=4 * np.sqrt(0.16 / after.size))
    np.testing.assert_allclose(changes.std(), 0.3, rtol=5 / np.sqrt(2 * changes.size))


def test_params_override_probabilities_and_std():
    variation = SparseGaussian(0.3)
    params = variation.default_params._replace(
        std=jnp.float32(2.0),
        min_probability=jnp.float32(1.0),
        max_probability=jnp.float32(1.0),
    )
    after = children(variation, jnp.zeros((31, 503)), params)
    assert (after != 0).all()
    np.testing.assert_allclose(after.std(), 2.0, rtol=0.03)


def test_only_what_is_changed_is_clipped():
    always = {"min_probability": 1.0, "max_probability": 1.0}
    after = children(SparseGaussian(2.0, **always, bound=1.5), jnp.zeros((7, 101)))
    assert after.min() == -1.5 and after.max() == 1.5
    rarely = {"min_probability": 1e-9, "max_probability": 1e-9}
    after = children(SparseGaussian(2.0, **rarely, bound=1.5), jnp.full((7, 101), 3.0))
    np.testing.assert_array_equal(after, 3.0)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"std": -1.0}, "std=-1.0 must be a finite number above 0"),
        ({"min_probability": 0.0}, "min_probability=0.0 and max_probability=0.3 must"),
        (
            {"max_probability": 1.1},
            "max_probability=1.1 must be a number in \\[0, 1\\]",
        ),
        ({"min_probability": 0.4}, "min_probability=0.4 and max_probability=0.3"),
        ({"bound": 0.0}, "bound=0.0"),
    ],
)
def test_bad_numbers_are_refused_by_name_and_value(options, message):
    with pytest.raises(ValueError, match=message):
        SparseGaussian(**{"std": 1.0} | options)
