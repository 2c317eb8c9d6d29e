"""The sphere, and a genotype that is one vector."""

import jax.numpy as jnp


def sphere(population):
    return jnp.sum(population**2, axis=tuple(range(1, population.ndim)))


def constant(size, value=0.0):
    """A `sample` that always draws the same."""
    return lambda key: jnp.full(size, value)
