"""The computed permutation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neurojax.problems.minibatch import permuted


@jax.jit
def whole(key, position, size):
    return permuted(key, position, size)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 97, 1000, 4099])
def test_every_index_appears_once(size):
    for seed in range(3):
        # Positions at or above the traced size have no meaning.
        image = whole(jax.random.key(seed), jnp.arange(4099), size)[:size]
        assert image.dtype == jnp.int32
        assert sorted(np.asarray(image).tolist()) == list(range(size))


def test_a_known_size_gives_the_same_as_a_traced_one():
    key = jax.random.key(3)
    known = permuted(key, jnp.arange(97), 97)
    np.testing.assert_array_equal(known, whole(key, jnp.arange(97), 97))


def test_a_part_of_the_positions_agrees_with_the_whole():
    key = jax.random.key(4)
    image = whole(key, jnp.arange(97), 97)
    np.testing.assert_array_equal(whole(key, jnp.arange(30, 53), 97), image[30:53])


@pytest.mark.parametrize("size", [7, 97])
def test_a_position_lands_anywhere_equally_often(size):
    draws = 300 * size
    keys = jax.random.split(jax.random.key(5), draws)
    for position in (0, size - 1):
        land = jax.jit(
            jax.vmap(lambda k, p=position: permuted(k, jnp.array([p]), size))
        )
        count = np.bincount(np.asarray(land(keys))[:, 0], minlength=size)
        chi_square = np.sum((count - 300) ** 2) / 300
        assert chi_square < (size - 1) + 5 * np.sqrt(2 * (size - 1))


def test_neighbours_land_independently():
    size, draws = 53, 20_000
    keys = jax.random.split(jax.random.key(6), draws)
    pairs = jax.jit(jax.vmap(lambda k: permuted(k, jnp.array([0, 1]), size)))(keys)
    first, second = np.asarray(pairs, float).T
    # Without replacement the correlation is -1 / (size - 1).
    correlation = np.corrcoef(first, second)[0, 1]
    assert abs(correlation + 1 / (size - 1)) < 4 / np.sqrt(draws)


def test_keys_and_sizes_give_other_orders():
    orders = {
        tuple(np.asarray(whole(jax.random.key(seed), jnp.arange(97), 97)).tolist())
        for seed in range(20)
    }
    assert len(orders) == 20
