"""Pytree helpers for populations: pytrees whose leaves start with the member axis."""

import copy
import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from neurojax import checks
from neurojax.types import Decode, Genotype, Key, Population, Sample

__all__ = [
    "by_value",
    "decode_population",
    "num_parameters",
    "population_size",
    "repeat",
    "spawn",
    "take",
]


def population_size(population: Population) -> int:
    """How many members a population has.

    Raises:
        ValueError: if it has no leaves, or its leaves disagree on the member axis.
    """
    sizes = {jnp.shape(leaf)[:1] for leaf in jax.tree.leaves(population)}
    if len(sizes) != 1 or sizes == {()}:
        raise ValueError(
            f"population has leading axes {sorted(sizes)}; every leaf needs the same "
            "member axis in front. Build one with jax.vmap(network.init)(keys)."
        )
    return sizes.pop()[0]


def take(population: Population, index: int | Int[Array, "..."]) -> Any:
    """Members at `index`: a scalar gives one genotype, a vector a population."""
    return jax.tree.map(lambda leaf: leaf[index], population)


def spawn(key: Key, sample: Sample, size: int) -> Population:
    """A population of `size` independent draws of `sample`."""
    checks.integer_between("size", size, 1)
    checks.sampled(sample, key)
    return jax.vmap(sample)(jax.random.split(key, size))


def repeat(genotype: Genotype, size: int) -> Population:
    """A population of `size` copies."""
    checks.integer_between("size", size, 1)
    return jax.tree.map(
        lambda leaf: jnp.broadcast_to(leaf, (size, *jnp.shape(leaf))), genotype
    )


def decode_population(decode: Decode, population: Population) -> Population:
    """The weights of every member, computed once, outside any loop over steps."""
    checks.function("decode", decode, "a function from one genotype to weights")
    return jax.vmap(decode)(population)


def num_parameters(genotype: Genotype) -> int:
    """How many numbers a genotype holds; arrays or their shapes (`jax.eval_shape`)."""
    return sum(leaf.size for leaf in jax.tree.leaves(genotype))


@dataclass(frozen=True)
class Bound:
    """A bound method that is compared by value.

    Python compares bound methods by the identity of their object, so that
    `MLP((4, 2)).init` of two equal networks would compile twice.
    """

    function: Callable[..., Any]
    owner: Any

    def __call__(self, *arguments: Any) -> Any:
        """Call the method."""
        return self.function(self.owner, *arguments)


def by_value(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, a bound method replaced by one compared by value."""
    checks.function("function", function, "a function")
    if inspect.ismethod(function):
        return Bound(function.__func__, function.__self__)
    return function


def without_data(value: Any) -> Any:
    """An equal object that holds no arrays, to be a static argument.

    JAX keeps static arguments for ever. Arrays in fields that do not count when objects
    are compared (`field(compare=False)`) decide nothing that is compiled, or equal
    objects could not share a program: their shapes take their place. Dataclasses and
    tuples are looked into; what holds no such array comes back as it is.
    """
    if isinstance(value, tuple) and type(value) is tuple:
        parts = tuple(without_data(part) for part in value)
        return parts if any(map(_differ, parts, value)) else value
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    lighter = {}
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        if not field.compare and isinstance(held, np.ndarray | jax.Array):
            lighter[field.name] = jax.ShapeDtypeStruct(held.shape, held.dtype)
        elif (part := without_data(held)) is not held:
            lighter[field.name] = part
    if not lighter:
        return value
    light = copy.copy(value)  # not checked again: there is nothing new in it
    for name, part in lighter.items():
        object.__setattr__(light, name, part)
    return light


def _differ(one: Any, other: Any) -> bool:
    return one is not other
