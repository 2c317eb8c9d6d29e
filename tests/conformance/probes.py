"""What the conformance tests share: a sphere and one compiled generation on it."""

import inspect
from dataclasses import dataclass
from functools import cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

TRACES = []  # a strategy for each time its generation was traced


def squared(genotype):
    """The sum of all squares."""
    leaves = jax.tree.leaves(genotype)
    return sum(jnp.sum(leaf.astype(jnp.float32) ** 2) for leaf in leaves)


def sphere(population):
    """Fitness of every member."""
    return jax.vmap(squared)(population)


class Record(NamedTuple):
    """One generation: the strategy's state after it, and what was in it."""

    state: object
    population: object
    fitness: jax.Array


def one_generation(strategy, key, state, is_broken):
    """Ask, evaluate and tell; the fitness of broken members is NaN."""
    key_ask, key_tell = jax.random.split(key)
    population, state = strategy.ask(key_ask, state)
    fitness = jnp.where(is_broken, jnp.nan, sphere(population))
    gradient = None
    if strategy.uses_gradient:
        gradient = jax.grad(lambda p: jnp.sum(sphere(p)))(population)
    state, _ = strategy.tell(key_tell, population, fitness, state, gradient=gradient)
    return Record(state, population, fitness)


@partial(jax.jit, static_argnums=0)
def compiled_generation(strategy, key, state, is_broken):
    TRACES.append(strategy)
    return one_generation(strategy, key, state, is_broken)


def generation_key(generation):
    return jax.random.fold_in(jax.random.key(11), generation)


def run(strategy, state, start, stop, is_broken=None):
    """Records of the generations from `start` up to `stop`, all by one program."""
    if is_broken is None:
        is_broken = np.zeros(strategy.population_size, bool)
    records = []
    for generation in range(start, stop):
        record = compiled_generation(
            strategy, generation_key(generation), state, is_broken
        )
        state = record.state
        records.append(record)
    return records


@cache
def begin(case):
    """The strategy of a case and its state at the start."""
    strategy = case.make()
    return strategy, strategy.init(jax.random.key(5), case.sample)


def assert_equal(a, b):
    """The same structure, dtypes and bits."""
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        assert x.dtype == y.dtype
        np.testing.assert_array_equal(np.asarray(x), np.asarray(y))


def assert_close(a, b, tolerance=1e-5):
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        np.testing.assert_allclose(
            np.asarray(x, float), np.asarray(y, float), rtol=tolerance, atol=tolerance
        )


def shapes(tree):
    """Structure, shapes, dtypes and weak types: what decides on recompilation."""
    tree = jax.eval_shape(lambda: tree) if not _is_abstract(tree) else tree
    return jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype, leaf.weak_type), tree)


def _is_abstract(tree):
    leaves = jax.tree.leaves(tree)
    return all(isinstance(leaf, jax.ShapeDtypeStruct) for leaf in leaves)


def implementations(package):
    """Names in `__all__` that are classes with behaviour, not records or functions."""
    found = {name: getattr(package, name) for name in package.__all__}
    return {
        name
        for name, value in found.items()
        if inspect.isclass(value) and not issubclass(value, tuple)
    }


@dataclass(frozen=True)
class Sphere:
    """The sphere as a problem."""

    jittable = True

    def init(self, key):
        return ()

    def eval(self, key, population, state):
        return sphere(population), state, {}
