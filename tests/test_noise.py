"""Statistics of the noise sources."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurojax import noise

SIZE = 2**18
SOURCES = ["threefry", "rbg", "table"]


@pytest.fixture(scope="module", params=SOURCES)
def drawn(request):
    """Eight generations of noise, a row each."""
    draw = jax.jit(lambda key: noise.normal(key, SIZE, request.param))
    keys = jax.random.split(jax.random.key(0), 8)
    return np.stack([draw(key) for key in keys])


def test_moments_are_those_of_a_standard_normal(drawn):
    # Bounds of 5 standard errors: of mean, variance, skewness and kurtosis.
    count = drawn.size
    assert abs(drawn.mean()) < 5 / np.sqrt(count)
    assert abs(drawn.var() - 1) < 5 * np.sqrt(2 / count)
    assert abs(np.mean(drawn**3)) < 5 * np.sqrt(15 / count)
    assert abs(np.mean(drawn**4) - 3) < 5 * np.sqrt(96 / count)
    assert 4 < np.abs(drawn).max() < 7


def test_generations_are_uncorrelated(drawn):
    # 28 pairs, 5 standard errors each.
    correlation = np.corrcoef(drawn) - np.eye(8)
    assert np.abs(correlation).max() < 5 / np.sqrt(SIZE)


def test_members_of_a_generation_are_uncorrelated(drawn):
    members = drawn[0].reshape(64, -1)  # 4096 numbers each, 2016 pairs
    correlation = np.corrcoef(members) - np.eye(64)
    assert np.abs(correlation).max() < 6 / np.sqrt(members.shape[1])


def test_more_numbers_than_a_stretch_do_not_repeat():
    size = noise.STRETCH + 101
    draw = jax.jit(lambda key: noise.normal(key, size, "table"))
    numbers = np.asarray(draw(jax.random.key(1)))
    assert numbers.shape == (size,)
    assert abs(numbers.mean()) < 5 / np.sqrt(size)
    assert not np.array_equal(numbers[:101], numbers[-101:])


@pytest.mark.parametrize("source", SOURCES)
def test_a_tree_gets_independent_numbers_of_its_shapes_and_dtypes(source):
    tree = {"a": jnp.zeros((3, 5)), "b": jnp.zeros(7, jnp.bfloat16)}
    draw = noise.normal_like(jax.random.key(2), tree, source)
    assert draw["a"].shape == (3, 5) and draw["a"].dtype == jnp.float32
    assert draw["b"].shape == (7,) and draw["b"].dtype == jnp.bfloat16
    assert len(np.unique(draw["a"])) == 15
    again = noise.normal_like(jax.random.key(2), tree, source)
    np.testing.assert_array_equal(draw["a"], again["a"])
    other = noise.normal_like(jax.random.key(3), tree, source)
    assert not np.array_equal(draw["a"], other["a"])


@pytest.mark.parametrize("source", SOURCES)
def test_the_leaves_of_a_tree_share_one_draw(source):
    tree = {"a": jnp.zeros((3, 5)), "b": jnp.zeros((3,)), "c": jnp.zeros((3, 2, 2))}
    key = jax.random.key(4)
    draw = noise.normal_like(key, tree, source)
    numbers = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(draw)])
    np.testing.assert_array_equal(numbers, noise.normal(key, 30, source))


def test_a_key_of_another_kind_serves_too():
    key = jax.random.key(0, impl="rbg")
    draw = noise.normal_like(key, {"a": jnp.zeros((3, 5))}, "threefry")
    np.testing.assert_array_equal(draw["a"].ravel(), jax.random.normal(key, (15,)))
