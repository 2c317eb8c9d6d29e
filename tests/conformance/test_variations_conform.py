"""What holds for every variation in `neurojax.encodings.__all__`."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from probe_cases import VARIATIONS, sample
from probes import assert_close, assert_equal, expect_cases, shapes

from neurojax import encodings
from neurojax.strategies import SimpleES, SimpleGA
from neurojax.tree import spawn, take
from neurojax.types import Inherited, Variation

SIZE = 13
IS_CHILD = jnp.arange(SIZE) >= 3
EACH = [
    pytest.param(make, id=f"{name}-{kind}")
    for name, cases in VARIATIONS.items()
    for kind, make in cases.items()
]
each = pytest.mark.parametrize("make", EACH)
TRACES = []


@partial(jax.jit, static_argnums=0)
def varied(variation, key, mothers, fathers, is_child, params):
    TRACES.append(variation)
    keys = tuple(jax.random.split(key, 3))
    return variation.vary(keys, mothers, fathers, is_child, params)


def parents(variation, draw=sample, size=SIZE):
    """Mothers and fathers, all different, and the variation's params as arrays."""
    params = jax.tree.map(jnp.float32, variation.default_params)
    mothers = variation.init(spawn(jax.random.key(0), draw, size), params)
    fathers = variation.init(spawn(jax.random.key(1), draw, size), params)
    return mothers, fathers, params


def test_every_variation_has_a_case():
    expect_cases(encodings, VARIATIONS, "VARIATIONS")


@each
def test_protocol_is_satisfied_and_equal_variations_are_equal(make):
    assert isinstance(make(), Variation)
    assert make() == make() and hash(make()) == hash(make())


@each
def test_first_population_is_as_it_was_drawn(make):
    population = spawn(jax.random.key(0), sample, SIZE)
    mothers, _, _ = parents(make())
    assert_equal(mothers.population, population)
    for leaf in jax.tree.leaves(mothers.own):
        assert leaf.shape[0] == SIZE


@each
def test_children_differ_and_all_others_stay_to_the_bit(make):
    variation = make()
    mothers, fathers, params = parents(variation)
    # A negative zero is a bit that adding nothing would lose.
    mothers = mothers._replace(
        population=jax.tree.map(lambda leaf: leaf.at[:, 0].set(-0.0), mothers[0])
    )
    after = varied(variation, jax.random.key(2), mothers, fathers, IS_CHILD, params)
    for new, old in zip(jax.tree.leaves(after), jax.tree.leaves(mothers), strict=True):
        new, old = np.asarray(new), np.asarray(old)
        assert new[:3].tobytes() == old[:3].tobytes()
    flat = np.concatenate(
        [np.reshape(leaf, (SIZE, -1)) for leaf in jax.tree.leaves(after.population)],
        axis=1,
    )
    assert len(np.unique(flat, axis=0)) == SIZE
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(after))


@each
def test_other_params_and_equal_variations_do_not_recompile(make):
    mothers, fathers, params = parents(make())
    arguments = (jax.random.key(2), mothers, fathers, IS_CHILD)
    first = varied(make(), *arguments, params)
    before = len(TRACES)
    halved = jax.tree.map(lambda number: number / 2, params)
    second = varied(make(), *arguments, halved)
    assert len(TRACES) == before
    for a, b in zip(jax.tree.leaves(first[0]), jax.tree.leaves(second[0]), strict=True):
        assert not np.array_equal(a, b)


@each
@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "mixed"])
def test_structure_shapes_and_dtypes_are_kept(make, dtype):
    def draw(key):
        genotype = sample(key)
        if dtype == "mixed":
            return genotype | {"bias": genotype["bias"].astype(jnp.bfloat16)}
        return jax.tree.map(lambda leaf: leaf.astype(dtype), genotype)

    mothers, fathers, params = parents(make(), draw)
    keys = tuple(jax.random.split(jax.random.key(2), 3))
    after = jax.eval_shape(make().vary, keys, mothers, fathers, IS_CHILD, params)
    assert isinstance(after, Inherited)
    assert shapes(after) == shapes(mothers)


@each
def test_no_key_is_used_twice(make):
    mothers, fathers, params = parents(make())
    with jax.debug_key_reuse(True):
        keys = tuple(jax.random.split(jax.random.key(2), 3))
        jax.eval_shape(jax.jit(make().vary), keys, mothers, fathers, IS_CHILD, params)


@each
def test_vmap_over_params_equals_loop(make):
    variation = make()
    if not variation.is_counted:
        pytest.skip("its numbers under vmap are others")
    mothers, fathers, params = parents(variation)
    halved = jax.tree.map(lambda number: number / 2, params)
    both = jax.tree.map(lambda *numbers: jnp.stack(numbers), params, halved)
    arguments = (jax.random.key(2), mothers, fathers, IS_CHILD)
    together = jax.vmap(lambda p: varied(variation, *arguments, p))(both)
    for i, one in enumerate((params, halved)):
        alone = varied(variation, *arguments, one)
        assert_close(alone, take(together, i))


@each
def test_numbers_of_a_member_depend_on_its_index_alone_if_counted(make):
    """So that a device of a mesh can make its own members, and no others."""
    variation = make()

    def mutated(size):
        def one_leaf(key):
            return jnp.ones(7)

        mothers, fathers, params = parents(variation, one_leaf, size)
        is_child = jnp.ones(size, bool)
        key = jax.random.key(2)
        return varied(variation, key, mothers, fathers, is_child, params)

    few, many = mutated(5), mutated(SIZE)
    is_same = np.array_equal(few.population, many.population[:5])
    assert is_same or not variation.is_counted


@each
@pytest.mark.parametrize("strategy", [SimpleGA, SimpleES])
def test_a_genotype_of_integers_is_refused_by_what_needs_real_numbers(make, strategy):
    variation = make()
    made = strategy(5, variation=variation)
    with pytest.raises(ValueError, match="dtype int32; draw floats"):
        made.init(jax.random.key(0), lambda key: jnp.zeros(3, jnp.int32))
