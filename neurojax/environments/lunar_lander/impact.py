"""When a moving polygon first meets an edge of the terrain, within one step.

After Box2D's b2TimeOfImpact.cpp: the distance along a separating axis is brought to a
target by root finding, until the axis of the nearest features stays. The features are
found by trying all of them, where Box2D uses GJK.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from neurojax.environments.lunar_lander.constants import LINEAR_SLOP, SKIN
from neurojax.environments.lunar_lander.vector import (
    Vector,
    choose,
    clockwise,
    cross,
    dot,
    rotate,
    unit,
)

TARGET = np.float32(SKIN - 3 * LINEAR_SLOP)
TOLERANCE = np.float32(0.25 * LINEAR_SLOP)
MAX_AXES, MAX_PUSHES, MAX_ROOT_STEPS = 20, 16, 50
SEARCHING, APART, TOUCHING = map(np.int32, range(3))


class Sweep(NamedTuple):
    """A body's way within a step: from one place to another, at fractions 0 to 1."""

    position: Vector
    angle: Float[Array, "..."]
    last_position: Vector
    last_angle: Float[Array, "..."]

    def at(self, fraction: Float[Array, "..."]) -> tuple[Vector, Float[Array, "..."]]:
        """Position and angle at a fraction of the way."""
        rest = 1 - fraction
        return (
            self.position * rest + self.last_position * fraction,
            rest * self.angle + fraction * self.last_angle,
        )


class _Axis(NamedTuple):
    """A direction in which polygon and edge are apart."""

    is_face: Bool[Array, ""]  # of the polygon, with which it turns
    normal: Vector  # towards the polygon; a face's: outwards, in the polygon's frame
    middle: Vector  # of the face, in the polygon's frame


class _Edge(NamedTuple):
    start: Vector
    end: Vector


def time_of_impact(
    vertices: Vector, sweep: Sweep, start: Vector, end: Vector
) -> tuple[Float[Array, ""], Bool[Array, ""]]:
    """Fraction of the way at which they touch, and whether they do.

    Args:
        vertices: (corners,), of the polygon, counter-clockwise.
        sweep: of the polygon.
        start: of the edge.
        end: of the edge.
    """
    edge = _Edge(start, end)

    def goes_on(carry: tuple) -> Array:
        return (carry[2] == SEARCHING) & (carry[0] < MAX_AXES)

    def try_an_axis(carry: tuple) -> tuple:
        count, low, _ = carry
        axis, distance = _nearest(vertices, *sweep.at(low), edge)
        status = jnp.where(
            distance <= 0.0,
            APART,  # they overlap: too late, as Box2D finds too
            jnp.where(distance < TARGET + TOLERANCE, TOUCHING, SEARCHING),
        )
        low, status = _advance(axis, vertices, sweep, edge, low, status)
        return count + 1, low, status

    _, fraction, status = jax.lax.while_loop(
        goes_on, try_an_axis, (jnp.int32(0), jnp.float32(0), jnp.int32(SEARCHING))
    )
    return fraction, status == TOUCHING


def _advance(
    axis: _Axis,
    vertices: Vector,
    sweep: Sweep,
    edge: _Edge,
    low: Float[Array, ""],
    status: Int[Array, ""],
) -> tuple[Float[Array, ""], Int[Array, ""]]:
    """The latest fraction at which they are still apart along the axis."""

    def gaps(fraction: Array) -> Float[Array, " corners"]:
        return _gaps(axis, vertices, *sweep.at(fraction), edge)

    def push(carry: tuple) -> tuple:
        count, low, high, status, _ = carry
        at_high = gaps(high)
        witness = jnp.argmin(at_high)
        s2, s1 = at_high[witness], gaps(low)[witness]
        is_apart = s2 > TARGET + TOLERANCE
        is_reached = ~is_apart & (s2 > TARGET - TOLERANCE)
        is_pressing = ~is_apart & ~is_reached
        is_lost = is_pressing & (s1 < TARGET - TOLERANCE)
        is_touching = is_pressing & ~is_lost & (s1 <= TARGET + TOLERANCE)
        status = jnp.where(
            is_apart | is_lost, APART, jnp.where(is_touching, TOUCHING, status)
        )
        is_done = is_apart | is_reached | is_lost | is_touching
        low = jnp.where(is_reached, high, low)
        root = _root(lambda t: gaps(t)[witness], low, high, s1, s2, is_done)
        return count + 1, low, jnp.where(is_done, high, root), status, is_done

    def goes_on(carry: tuple) -> Array:
        return ~carry[4] & (carry[0] < MAX_PUSHES)

    start = (jnp.int32(0), low, jnp.float32(1), status, status != SEARCHING)
    _, low, _, status, _ = jax.lax.while_loop(goes_on, push, start)
    return low, status


def _root(gap, low, high, s_low, s_high, is_done) -> Float[Array, ""]:
    """Where a gap is the target, by secants and halvings in turn."""

    def goes_on(carry: tuple) -> Array:
        return ~carry[5] & (carry[0] < MAX_ROOT_STEPS)

    def narrow(carry: tuple) -> tuple:
        count, a1, a2, s1, s2, _, _ = carry
        secant = a1 + (TARGET - s1) * (a2 - a1) / (s2 - s1)
        t = jnp.where(count % 2 == 1, secant, 0.5 * (a1 + a2))
        s = gap(t)
        is_found, is_apart = jnp.abs(s - TARGET) < TOLERANCE, s > TARGET
        a1, s1 = jnp.where(is_apart, t, a1), jnp.where(is_apart, s, s1)
        a2, s2 = jnp.where(is_apart, a2, t), jnp.where(is_apart, s2, s)
        return count + 1, a1, a2, s1, s2, is_found, jnp.where(is_found, t, high)

    start = (jnp.int32(0), low, high, s_low, s_high, is_done, high)
    return jax.lax.while_loop(goes_on, narrow, start)[6]


def _gaps(
    axis: _Axis, vertices: Vector, position: Vector, angle: Array, edge: _Edge
) -> Float[Array, " corners"]:
    """Distances along the axis of all corners that may be the nearest."""
    corners = position + rotate(angle, vertices)
    furthest = jnp.maximum(dot(edge.start, axis.normal), dot(edge.end, axis.normal))
    from_edge = dot(corners, axis.normal) - furthest
    normal, middle = rotate(angle, axis.normal), position + rotate(angle, axis.middle)
    ends = [dot(point - middle, normal) for point in edge]
    padding = [jnp.float32(jnp.inf)] * (from_edge.shape[0] - len(ends))
    return jnp.where(axis.is_face, jnp.stack([*ends, *padding]), from_edge)


def _nearest(
    vertices: Vector, position: Vector, angle: Array, edge: _Edge
) -> tuple[_Axis, Float[Array, ""]]:
    """The axis between the nearest features, and their distance, 0 if they overlap."""
    corners = position + rotate(angle, vertices)
    nexts = Vector(jnp.roll(corners.x, -1), jnp.roll(corners.y, -1))
    # Corners of the polygon against the edge.
    on_edge, is_inside = _foot(corners, edge.start, edge.end)
    to_corner = corners - on_edge
    corner_distances = jnp.sqrt(dot(to_corner, to_corner))
    corner = jnp.argmin(corner_distances)
    across = clockwise(unit(edge.end - edge.start))
    side = jnp.where(dot(across, corners.pick(corner) - edge.start) < 0, -1.0, 1.0)
    normal = choose(is_inside[corner], across * side, unit(to_corner.pick(corner)))
    # Ends of the edge against the faces of the polygon.
    face_distances, depths = [], []
    for point in edge:
        foot, is_within = _foot(point, corners, nexts)
        away = point - foot
        distance = jnp.sqrt(dot(away, away))
        face_distances.append(jnp.where(is_within, distance, jnp.inf))
        depths.append(cross(nexts - corners, point - corners))
    by_face = jnp.minimum(*face_distances)
    face = jnp.argmin(by_face)
    is_face = by_face[face] < corner_distances[corner]
    a, b = _corner(vertices, face), _corner(vertices, (face + 1) % corners.x.shape[0])
    axis = _Axis(
        is_face, choose(is_face, clockwise(unit(b - a)), normal), (a + b) * 0.5
    )
    distance = jnp.where(is_face, by_face[face], corner_distances[corner])
    is_within = jnp.all(depths[0] >= 0) | jnp.all(depths[1] >= 0)
    is_overlapping = is_within | _crosses(corners, nexts, edge)
    return axis, jnp.where(is_overlapping, 0.0, distance)


def _corner(vertices: Vector, index: Array) -> Vector:
    return Vector(jnp.asarray(vertices.x)[index], jnp.asarray(vertices.y)[index])


def _foot(point: Vector, start: Vector, end: Vector) -> tuple[Vector, Array]:
    """The nearest place of a segment, and whether it is between its ends."""
    along = end - start
    share = dot(point - start, along) / dot(along, along)
    foot = start + along * jnp.clip(share, 0.0, 1.0)
    return foot, (share > 0) & (share < 1)


def _crosses(corners: Vector, nexts: Vector, edge: _Edge) -> Bool[Array, ""]:
    """Whether the edge cuts a face of the polygon."""
    along = edge.end - edge.start
    before = cross(along, corners - edge.start)
    after = cross(along, nexts - edge.start)
    face = nexts - corners
    first, second = (cross(face, point - corners) for point in edge)
    return jnp.any((before * after < 0) & (first * second < 0))
