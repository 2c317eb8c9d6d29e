"""The ground: ten edges between eleven points, flat in the middle."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from neurojax.environments.lunar_lander import constants as c
from neurojax.environments.lunar_lander.vector import Vector

PAD = slice(c.NUM_CHUNKS // 2 - 2, c.NUM_CHUNKS // 2 + 3)


def heights_of(draws: Float[Array, "12"]) -> Float[Array, "11"]:
    """The heights of the points, m, from twelve draws in [0, HEIGHT / 2)."""
    rough = draws.at[PAD].set(c.PAD_HEIGHT)
    points = jnp.arange(c.NUM_CHUNKS)
    # gymnasium takes the last draw for the left neighbour of the first point.
    return 0.33 * (rough[points - 1] + rough[points] + rough[points + 1])


def ends_of(
    heights: Float[Array, "11"], edge: Int[Array, "..."]
) -> tuple[Vector, Vector]:
    """The left and right end of an edge, or of many."""
    left = edge.astype(jnp.float32) * c.EDGE_WIDTH
    return (
        Vector(left, heights[edge]),
        Vector(left + c.EDGE_WIDTH, heights[edge + 1]),
    )


def edges_near(x: Float[Array, "..."]) -> tuple[Int[Array, "..."], Int[Array, "..."]]:
    """The two edges that meet at the inner point nearest to `x`: left and right."""
    point = jnp.round(x / c.EDGE_WIDTH).astype(jnp.int32)
    point = jnp.clip(point, 1, c.NUM_CHUNKS - 2)
    return point - 1, point
