import jax
import jax.numpy as jnp
import numpy as np

from neurojax.rollouts.moments import (
    SMALLEST_STD,
    Moments,
    merge,
    merge_all,
    no_moments,
)


def of(rows):
    return Moments(jnp.float32(len(rows)), jnp.mean(rows, 0), jnp.var(rows, 0))


def assert_same(moments, rows):
    np.testing.assert_allclose(moments.count, len(rows))
    np.testing.assert_allclose(moments.mean, rows.mean(0), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(moments.variance, rows.var(0), rtol=1e-4, atol=1e-5)


def rows(number, shape=(3,)):
    draws = jax.random.normal(jax.random.key(number), (number, *shape))
    return np.asarray(100 + number * draws)


def test_merged_moments_are_those_of_all_rows():
    merged = merge(of(rows(5)), of(rows(11)))
    assert_same(merged, np.concatenate([rows(5), rows(11)]))


def test_nothing_changes_nothing():
    assert_same(merge(no_moments((3,)), of(rows(5))), rows(5))
    assert_same(merge(of(rows(5)), no_moments((3,))), rows(5))
    both = merge(no_moments((3,)), no_moments((3,)))
    np.testing.assert_array_equal(both.std, [1, 1, 1])


def test_many_sets_of_images_are_merged_at_once():
    sets = [rows(number, (2, 3)) for number in (2, 3, 5, 7)]
    many = jax.tree.map(lambda *leaves: jnp.stack(leaves), *map(of, sets))
    square = jax.tree.map(lambda leaf: leaf.reshape(2, 2, *leaf.shape[1:]), many)
    assert_same(merge_all(square), np.concatenate(sets))


def test_a_set_that_is_not_finite_is_left_out():
    broken = of(rows(4))._replace(mean=jnp.array([1.0, jnp.nan, 1.0]))
    many = jax.tree.map(lambda *leaves: jnp.stack(leaves), of(rows(3)), broken)
    assert_same(merge_all(many), rows(3))
    alone = merge_all(jax.tree.map(lambda leaf: leaf[None], broken))
    assert alone.count == 0 and np.isfinite(alone.mean).all()


def test_what_never_varies_has_the_smallest_std():
    constant = of(np.full((4, 2), 7.0, np.float32))
    np.testing.assert_allclose(constant.std, SMALLEST_STD)
