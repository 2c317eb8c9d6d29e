"""`unrolled` keys give the bits of JAX's own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import neurojax as nj
from neurojax.keys import (
    FEW,
    UNROLLED,
    VECTOR,
    _counters,
    bits_at,
    is_threefry,
    threefry2x32,
    unrolled,
)
from neurojax.strategies import Evosax, SimpleES
from neurojax.systems import Evolution

KEY = jax.random.key(42)


def same(function):
    """Whether `function` gives the same for both kinds of key, compiled."""
    ours, theirs = jax.jit(function)(unrolled(KEY)), jax.jit(function)(KEY)
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        if jnp.issubdtype(a.dtype, jax.dtypes.prng_key):
            a, b = jax.random.key_data(a), jax.random.key_data(b)
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def test_unrolled_key_is_of_its_own_kind():
    assert "unr" in str(unrolled(KEY).dtype) or "unrolled" in str(unrolled(KEY).dtype)
    assert UNROLLED is not None


def test_split_and_fold_in_are_the_same():
    same(lambda key: jax.random.split(key, 7))
    same(lambda key: jax.random.split(key, (2, 3)))
    same(lambda key: [jax.random.fold_in(key, i) for i in (0, 1, 2**31)])
    same(lambda key: jax.random.fold_in(jax.random.split(key)[1], 5))


@pytest.mark.parametrize("width", [8, 16, 32])
def test_bits_of_every_width_are_the_same(width):
    same(
        lambda key: [
            jax.random.bits(key, shape, f"uint{width}") for shape in [(), (5,), (3, 7)]
        ]
    )


def test_bits_of_64_are_the_same():
    with jax.enable_x64(True):
        same(lambda key: jax.random.bits(key, (3, 5), "uint64"))


def test_distributions_are_the_same():
    same(lambda key: jax.random.normal(key, (3, 5)))
    same(lambda key: jax.random.uniform(key, (7,)))
    same(lambda key: jax.random.randint(key, (11,), 0, 1000))
    same(lambda key: jax.random.permutation(key, 13))
    same(lambda key: jax.random.normal(key, (3,), jnp.bfloat16))


def test_vmap_is_the_same():
    def draw(key):
        return jax.vmap(lambda k: jax.random.normal(k, (2,)))(jax.random.split(key, 5))

    same(draw)
    same(lambda key: jax.vmap(lambda i: jax.random.fold_in(key, i))(jnp.arange(3)))


def test_other_kinds_of_keys_are_returned_as_they_are():
    rbg = jax.random.key(0, impl="rbg")
    assert unrolled(rbg) is rbg
    old = jax.random.PRNGKey(0)
    assert unrolled(old) is old
    again = unrolled(KEY)
    assert unrolled(again) is again


@pytest.mark.parametrize("key", [KEY, unrolled(KEY)], ids=["default", "unrolled"])
def test_bits_from_the_middle_are_those_of_the_whole(key):
    whole = np.asarray(jax.random.bits(KEY, (200,)))
    some = bits_at(key, 17, (5, 4, 3))
    np.testing.assert_array_equal(whole[17:77].reshape(5, 4, 3), some)


def test_counters_go_on_beyond_32_bits():
    start = 2**34 - 7
    expected = start + np.arange(15, dtype=np.uint64).reshape(5, 3)
    high, low = _counters((5, 3), start)
    np.testing.assert_array_equal(high, expected >> 32)
    np.testing.assert_array_equal(low, expected % 2**32)
    words = threefry2x32(jax.random.key_data(KEY), high, low)
    np.testing.assert_array_equal(words[0] ^ words[1], bits_at(KEY, start, (5, 3)))


def test_default_keys_and_theirs_are_told_from_others():
    assert is_threefry(KEY) and is_threefry(unrolled(KEY))
    assert not is_threefry(jax.random.key(0, impl="rbg"))


@pytest.mark.parametrize("shape", [(8,), (8, 1), (FEW,), (1, 24)])
def test_few_numbers_are_drawn_in_a_kernel_of_their_own(shape):
    """Else a scalar's train would not be compiled: see below, without -m slow."""

    def consumed(draw):
        text = jax.jit(lambda key: jnp.max(draw(key))).lower(unrolled(KEY)).as_text()
        return text.count("optimization_barrier")

    assert consumed(lambda key: bits_at(key, 3, shape)) == 1
    assert consumed(lambda key: jax.random.bits(key, shape)) == 1
    assert consumed(lambda key: jax.random.normal(key, shape)) == 1


@pytest.mark.parametrize("shape", [(), (FEW + VECTOR,), (7,), (8, 2)])
def test_other_numbers_are_drawn_where_they_are_used(shape):
    draw = jax.jit(lambda key: jnp.max(bits_at(key, 0, shape)))
    assert "optimization_barrier" not in draw.lower(unrolled(KEY)).as_text()


@dataclass(frozen=True)
class Parabola:
    """The square of what a genotype of one number lacks to 3."""

    jittable = True

    def init(self, key):
        return ()

    def eval(self, key, population, state):
        return jnp.square(population - 3.0).reshape(len(population)), state, {}


def train_one_number(sizes):
    """Of no shape and of two axes, in so many members."""
    for size in sizes:
        for shape in ((), (1, 1)):
            for strategy in (SimpleES(size), Evosax("snes", size)):
                sample = partial(jax.random.normal, shape=shape)
                nj.train(Evolution(strategy, Parabola(), sample), KEY, 2)


@pytest.mark.slow
def test_a_genotype_of_one_number_is_compiled_in_seconds_at_any_population():
    # Optimised, unlike the rest of the suite, and in a process that can be stopped.
    sizes = [2, 3, 8, 16, 24, 32, 64, 1000]
    code = f"import test_keys; test_keys.train_one_number({sizes})"
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=os.path.dirname(__file__),
        env={**os.environ, "XLA_FLAGS": "", "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        timeout=10 * 4 * len(sizes),
    )
