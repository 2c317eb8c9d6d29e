"""Mutation and crossover of real-valued genotypes, on whole populations."""

from typing import Any, Literal, get_args

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from neurojax.noise import NoiseSource, normal_like
from neurojax.types import Key, Population

Adaptation = Literal["fixed", "lognormal", "multiplicative"]


def check_adaptation(adaptation: str) -> None:
    """Refuse an unknown rule of self-adaptation.

    Raises:
        ValueError: naming the rules there are.
    """
    if adaptation not in get_args(Adaptation):
        raise ValueError(
            f"adaptation={adaptation!r} must be one of {get_args(Adaptation)}."
        )


def adapt_std(
    key: Key,
    std: Population,
    rule: Adaptation,
    rate: float | Float[Array, ""],
    bounds: tuple[Any, Any],
    noise: NoiseSource,
) -> Population:
    """Every parameter's own mutation std, varied by a random factor and then bounded.

    "lognormal": exp(rate * xi), no drift of ln std (Schwefel, 1981; Baeck and Schwefel,
    1993). "multiplicative": 1 + rate * xi, under which ln std drifts by about
    -rate**2 / 2 per generation: searches die out. xi is standard normal.
    """
    low, high = bounds

    def vary(std: Array, xi: Array) -> Array:
        factor = jnp.exp(rate * xi) if rule == "lognormal" else 1 + rate * xi
        return jnp.clip(std * factor, low, high).astype(std.dtype)

    return jax.tree.map(vary, std, normal_like(key, std, noise))


def mutate(
    key: Key,
    parents: Population,
    std: Population | float | Float[Array, ""],
    is_mutated: Bool[Array, " population"],
    noise: NoiseSource,
) -> Population:
    """Parents plus std times standard normal noise, where `is_mutated`.

    `std` is one number for all parameters, or a tree like `parents`.
    """
    if jnp.ndim(jax.tree.leaves(std)[0]) == 0:
        std = jax.tree.map(lambda _: std, parents)

    def add(parent: Array, std: Array | float, xi: Array) -> Array:
        switch = is_mutated.reshape(-1, *[1] * (parent.ndim - 1))
        return parent + (jnp.where(switch, std, 0) * xi).astype(parent.dtype)

    return jax.tree.map(add, parents, std, normal_like(key, parents, noise))


def uniform_crossover(
    key: Key,
    mothers: Population,
    fathers: Population,
    rate: float | Float[Array, ""],
) -> Population:
    """Mothers with each parameter replaced by the father's with probability `rate`."""
    leaves, treedef = jax.tree.flatten(mothers)
    keys = treedef.unflatten(list(jax.random.split(key, len(leaves))))

    def cross(key: Key, mother: Array, father: Array) -> Array:
        is_father = jax.random.bernoulli(key, rate, mother.shape)
        return jnp.where(is_father, father, mother)

    return jax.tree.map(cross, keys, mothers, fathers)
