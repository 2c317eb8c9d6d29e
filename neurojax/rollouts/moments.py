"""Mean and variance of the observations of many episodes, merged without their rows.

Updating formulas of Chan, Golub and LeVeque, 1979 (Stanford STAN-CS-79-773).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

# Of a standard deviation: numbers that hardly change are not blown up to noise.
SMALLEST_STD = 1e-3


class Moments(NamedTuple):
    """How many observations there were, their mean and their variance."""

    count: Float[Array, "..."]
    mean: Float[Array, "..."]  # (..., *observation_shape)
    variance: Float[Array, "..."]

    @property
    def std(self) -> Float[Array, "..."]:
        """Standard deviation, at least `SMALLEST_STD`; 1 before any observation."""
        return jnp.maximum(jnp.sqrt(self.variance), SMALLEST_STD)


def no_moments(observation_shape: tuple[int, ...]) -> Moments:
    """Moments before any observation: mean 0, variance 1, and no weight."""
    return Moments(
        jnp.float32(0.0),
        jnp.zeros(observation_shape, jnp.float32),
        jnp.ones(observation_shape, jnp.float32),
    )


def merge(first: Moments, second: Moments) -> Moments:
    """The moments of both sets of observations together."""
    count = first.count + second.count
    share = jnp.where(count > 0, second.count / jnp.maximum(count, 1.0), 0.0)
    apart = second.mean - first.mean
    mean = first.mean + share * apart
    variance = (1 - share) * first.variance + share * second.variance
    return Moments(count, mean, variance + share * (1 - share) * apart**2)


def merge_all(many: Moments) -> Moments:
    """The moments of all sets along the leading axes of `count` together.

    Sets with a number that is not finite are left out: what a broken network saw must
    not spoil the others' observations.
    """
    lead = many.count.ndim
    inner = many.mean.ndim - lead
    flat = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[lead:]), many)
    axes = tuple(range(1, inner + 1))
    sound = jnp.isfinite(flat.mean) & jnp.isfinite(flat.variance)
    count = jnp.where(jnp.all(sound, axis=axes), flat.count, 0.0)
    total = jnp.sum(count)
    weights = (count / jnp.maximum(total, 1.0)).reshape(-1, *(1,) * inner)
    counts = weights > 0
    mean = jnp.sum(weights * jnp.where(counts, flat.mean, 0.0), axis=0)
    spread = flat.variance + (flat.mean - mean) ** 2
    variance = jnp.sum(weights * jnp.where(counts, spread, 0.0), axis=0)
    return Moments(total, mean, variance)
