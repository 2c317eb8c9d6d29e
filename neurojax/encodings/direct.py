"""What variations of real-valued genotypes are made of, on whole populations."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from neurojax.types import Key, Population


def beside(per_member: Array, leaf: Array) -> Array:
    """One number for each member, shaped to broadcast against a leaf."""
    return per_member.reshape(-1, *[1] * (leaf.ndim - 1))


def for_children(
    is_child: Bool[Array, " population"], children: Population, parents: Population
) -> Population:
    """The children where `is_child`; elsewhere the parents, bit for bit."""

    def choose(child: Array, parent: Array) -> Array:
        return jnp.where(beside(is_child, parent), child, parent)

    return jax.tree.map(choose, children, parents)


def add_noise(parent: Array, std: Any, xi: Array) -> Array:
    """The parent plus std times noise, in the parent's dtype."""
    return parent + (std * xi).astype(parent.dtype)


def chosen(
    key: Key,
    population: Population,
    probability: float | Float[Array, ""] | Float[Array, " population"],
) -> Population:
    """Whether each parameter is chosen, with one probability or one for each member."""
    leaves, treedef = jax.tree.flatten(population)

    def draw(key: Key, leaf: Array) -> Bool[Array, "..."]:
        odds = jnp.asarray(probability, jnp.float32)
        odds = beside(odds, leaf) if odds.ndim else odds
        return jax.random.bernoulli(key, odds, leaf.shape)

    return treedef.unflatten(map(draw, jax.random.split(key, len(leaves)), leaves))


def uniform_crossover(
    key: Key,
    mothers: Population,
    fathers: Population,
    rate: float | Float[Array, ""],
) -> Population:
    """Mothers with each parameter replaced by the father's with probability `rate`."""
    return jax.tree.map(jnp.where, chosen(key, mothers, rate), fathers, mothers)
