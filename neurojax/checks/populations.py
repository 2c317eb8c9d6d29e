"""Checks of genotypes, of populations and of their fitness."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from neurojax.checks.numbers import is_real
from neurojax.checks.objects import function, key
from neurojax.names import short
from neurojax.types import Fitness, FitnessLike, Genotype, Population


def sampled(sample: Any, one: Any) -> Genotype:
    """The shapes of the genotype that `sample` draws with the key `one`.

    Raises:
        ValueError: if it draws none, or `one` is no key.
    """
    key("key", one)
    what = "a function from a key to one genotype, such as network.init"
    function("sample", sample, what)
    try:
        shapes = jax.eval_shape(sample, one)
    except TypeError as error:
        raise ValueError(f"sample={short(sample)} must be {what}: {error}") from error
    if not jax.tree.leaves(shapes):
        raise ValueError(
            f"sample={short(sample)} draws {short(shapes)}, which holds no numbers; it "
            f"must be {what}."
        )
    return shapes


def told(owner: str, population: Population, fitness: FitnessLike, size: int) -> None:
    """Refuse a population, or its fitness, that is not of `size` members."""
    fitness_shape(owner, fitness, size)
    shapes = [jnp.shape(leaf) for leaf in jax.tree.leaves(population)]
    if not shapes or any(shape[:1] != (size,) for shape in shapes):
        raise ValueError(
            f"population with leaves of shapes {short(shapes)}, but {owner}.tell needs "
            f"the {size} members that ask returned."
        )


def fitness_shape(strategy: str, fitness: FitnessLike, population_size: int) -> None:
    """Refuse fitness that is not one number per member."""
    is_array = isinstance(fitness, jax.Array | np.ndarray)
    if not (is_array and (is_real(fitness.dtype) or fitness.dtype == bool)):
        raise ValueError(
            f"{strategy}.tell got fitness={short(fitness)}; it needs an array of real "
            "numbers, one per member: jnp.asarray(fitness, jnp.float32)."
        )
    if jnp.shape(fitness) != (population_size,):
        raise ValueError(
            f"{strategy}.tell got fitness of shape {jnp.shape(fitness)}; it needs "
            f"({population_size},), one number per member."
        )


def as_fitness(given: FitnessLike) -> Fitness:
    """Real numbers as float32, in which what is too large for it is infinite."""
    if jnp.issubdtype(given.dtype, jnp.complexfloating):
        raise ValueError(f"fitness of dtype {given.dtype} must hold real numbers.")
    with np.errstate(over="ignore"):  # of which numpy warns
        return jnp.asarray(given).astype(jnp.float32)


def real_valued(owner: str, genotype: Population) -> None:
    """Refuse a genotype with leaves that are not floating-point arrays."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(genotype):
        if not jnp.issubdtype(jnp.result_type(leaf), jnp.floating):
            raise ValueError(
                f"{owner} varies real numbers, but the genotype's leaf "
                f"{jax.tree_util.keystr(path) or '(itself)'} has dtype "
                f"{jnp.result_type(leaf)}; draw floats in `sample` and convert in "
                "`decode`."
            )
