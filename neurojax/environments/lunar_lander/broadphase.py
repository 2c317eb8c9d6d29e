"""Which edges of the terrain a leg may touch, and in which order they are solved.

After Box2D's b2DynamicTree.cpp and b2ContactManager.cpp: a leg has a box with a margin,
which is made anew when the leg leaves it. The newest contact comes first.
"""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from neurojax.environments.lunar_lander import constants as c
from neurojax.environments.lunar_lander.impact import Sweep
from neurojax.environments.lunar_lander.state import Box, Contact
from neurojax.environments.lunar_lander.vector import Vector, choose, rotate

NO_EDGE = -1


def tight_box(position: Vector, angle: Array) -> Box:
    """The smallest box around a leg."""
    corners = position + rotate(angle, c.LEG_VERTICES)
    skin = c.SKIN / 2
    return Box(
        Vector(jnp.min(corners.x) - skin, jnp.min(corners.y) - skin),
        Vector(jnp.max(corners.x) + skin, jnp.max(corners.y) + skin),
    )


def with_margin(box: Box) -> Box:
    """The box, larger on all sides."""
    margin = Vector(c.BOX_MARGIN, c.BOX_MARGIN)
    return Box(box.lower - margin, box.upper + margin)


def followed(box: Box, sweep: Sweep) -> Box:
    """The box of a leg that has moved: the old one if it still holds the leg."""
    before = tight_box(sweep.position, sweep.angle)
    after = tight_box(sweep.last_position, sweep.last_angle)
    tight = Box(_least(before.lower, after.lower), _most(before.upper, after.upper))
    holds = (
        (box.lower.x <= tight.lower.x)
        & (box.lower.y <= tight.lower.y)
        & (tight.upper.x <= box.upper.x)
        & (tight.upper.y <= box.upper.y)
    )
    ahead = (sweep.last_position - sweep.position) * c.BOX_PREDICTION
    fresh, nothing = with_margin(tight), Vector(0.0, 0.0)
    lower = fresh.lower + _least(ahead, nothing)
    upper = fresh.upper + _most(ahead, nothing)
    return Box(choose(holds, box.lower, lower), choose(holds, box.upper, upper))


def listed(contacts: Contact, box: Box, heights: Array) -> Contact:
    """The contacts of a leg after new ones have been found and old ones dropped."""
    meets = _edges_met(box, heights)
    low = jnp.argmax(meets).astype(jnp.int32)
    high = jnp.minimum(_last(meets), low + 1)
    is_low_known, is_high_known = (contacts.edge == e for e in (low, high))
    # The newest first; of two new ones, that of the higher edge.
    is_low_first = jnp.where(
        is_low_known.any(), is_high_known.any() & is_low_known[0], is_high_known.any()
    )
    pair = jnp.where(is_low_first, jnp.stack([low, high]), jnp.stack([high, low]))
    alone = jnp.stack([low, jnp.int32(NO_EDGE)])
    edges = jnp.where(low == high, alone, pair)
    edges = jnp.where(meets.any(), edges, NO_EDGE)
    return _carried_over(contacts, edges)


def fresh_contacts(num_legs: int) -> Contact:
    """No contacts."""
    pair, points = (num_legs, 2), (num_legs, 2, 2)
    return Contact(
        edge=jnp.full(pair, NO_EDGE, jnp.int32),
        is_touching=jnp.zeros(pair, bool),
        feature=jnp.full(points, -1, jnp.int32),
        normal_impulse=jnp.zeros(points, jnp.float32),
        tangent_impulse=jnp.zeros(points, jnp.float32),
    )


def _edges_met(box: Box, heights: Array) -> Bool[Array, "edges"]:
    margin = c.BOX_MARGIN + c.SKIN / 2
    left = jnp.arange(heights.shape[0] - 1, dtype=jnp.float32) * c.EDGE_WIDTH
    low = jnp.minimum(heights[:-1], heights[1:]) - margin
    high = jnp.maximum(heights[:-1], heights[1:]) + margin
    return (
        (box.lower.x <= left + c.EDGE_WIDTH + margin)
        & (box.upper.x >= left - margin)
        & (box.lower.y <= high)
        & (box.upper.y >= low)
    )


def _last(meets: Bool[Array, "edges"]) -> Int[Array, ""]:
    return (meets.shape[0] - 1 - jnp.argmax(meets[::-1])).astype(jnp.int32)


def _carried_over(contacts: Contact, edges: Int[Array, "2"]) -> Contact:
    """Contacts with these edges, with what the old ones of the same edges remember."""
    fresh = fresh_contacts(1)

    def one(slot: int) -> list[Array]:
        is_old = (contacts.edge == edges[slot]) & (edges[slot] != NO_EDGE)
        return [
            jnp.where(is_old[0], old[0], jnp.where(is_old[1], old[1], new[0, 0]))
            for old, new in zip(contacts, fresh, strict=True)
        ]

    found = Contact(*(jnp.stack(pair) for pair in zip(one(0), one(1), strict=True)))
    return found._replace(edge=edges)


def _least(a: Vector, b: Vector) -> Vector:
    return Vector(jnp.minimum(a.x, b.x), jnp.minimum(a.y, b.y))


def _most(a: Vector, b: Vector) -> Vector:
    return Vector(jnp.maximum(a.x, b.x), jnp.maximum(a.y, b.y))
