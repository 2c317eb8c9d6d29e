"""Where a polygon meets an edge of the terrain.

After Box2D's b2CollideEdge.cpp for a lone edge, which may be hit from both sides.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from neurojax.environments.lunar_lander.constants import SKIN
from neurojax.environments.lunar_lander.state import Body
from neurojax.environments.lunar_lander.vector import (
    Vector,
    choose,
    clockwise,
    dot,
    rotate,
    unit,
)


class Solid(NamedTuple):
    """A body's convex polygon, counter-clockwise, about its centre of mass."""

    vertices: Vector  # (corners,)
    normals: Vector  # (corners,), of the face that begins at each corner
    inverse_mass: float  # 1/kg
    inverse_inertia: float  # 1/(kg m^2)
    friction: float  # with the terrain


class Manifold(NamedTuple):
    """Up to two points of contact, in the frame of the body that holds each part.

    The reference face belongs to the edge (`is_edge_face`) or to the polygon; the
    points are those of the other shape.
    """

    is_edge_face: Bool[Array, "..."]
    normal: Vector  # of the reference face, in its owner's frame
    plane: Vector  # a point of the reference face, in its owner's frame
    points: Vector  # (2,), in the frame of the other body
    is_point: Bool[Array, "... 2"]
    feature: Int[Array, "... 2"]  # the same number for the same corners, -1 if absent


class _Clip(NamedTuple):
    """The incident segment while it is cut; arrays of its two ends."""

    points: Vector
    edge_index: Int[Array, "2"]
    polygon_index: Int[Array, "2"]
    is_cut: Bool[Array, "2"]
    exists: Bool[Array, ""]


def collide(solid: Solid, body: Body, start: Vector, end: Vector) -> Manifold:
    """The contact of one polygon with the edge from `start` to `end`."""
    vertices = body.position + rotate(body.angle, solid.vertices)
    normals = rotate(body.angle, solid.normals)
    edge_normal = clockwise(unit(end - start))
    is_front = dot(edge_normal, body.position - start) >= 0
    edge_normal = choose(is_front, edge_normal, -edge_normal)

    edge_gap = jnp.min(dot(edge_normal, vertices - start))
    face_gaps = jnp.minimum(
        -dot(normals, vertices - start), -dot(normals, vertices - end)
    )
    face = jnp.argmax(face_gaps)
    is_near = (edge_gap <= SKIN) & (face_gaps[face] <= SKIN)
    # Box2D prefers the edge's face, so that contacts do not flicker.
    is_edge_face = face_gaps[face] <= 0.98 * edge_gap + 0.001

    corner = jnp.argmin(dot(edge_normal, normals))
    first = choose(is_front, start, end)
    second = choose(is_front, end, start)
    next_face = (face + 1) % solid.vertices.x.shape[0]
    reference = choose(is_edge_face, edge_normal, normals.pick(face))
    begin = choose(is_edge_face, first, vertices.pick(face))
    finish = choose(is_edge_face, second, vertices.pick(next_face))
    begin_index = jnp.where(is_edge_face, jnp.where(is_front, 0, 1), face)
    finish_index = jnp.where(is_edge_face, jnp.where(is_front, 1, 0), next_face)

    clip = _incident(vertices, corner, face, start, end, is_edge_face)
    clip = _cut(clip, clockwise(reference), begin, begin_index)
    clip = _cut(clip, -clockwise(reference), finish, finish_index)
    gaps = dot(reference, clip.points - begin)
    is_point = is_near & clip.exists & (gaps <= SKIN)
    return Manifold(
        is_edge_face=is_edge_face,
        normal=choose(is_edge_face, reference, polygon_part(solid.normals, face)),
        plane=choose(is_edge_face, begin, polygon_part(solid.vertices, face)),
        points=choose(
            is_edge_face,
            rotate(-body.angle, clip.points - body.position),
            clip.points,
        ),
        is_point=is_point,
        feature=jnp.where(is_point, _features(clip, is_edge_face), -1),
    )


def polygon_part(vectors: Vector, index: Int[Array, ""]) -> Vector:
    """One of the constant vectors of a polygon, by a traced index."""
    return Vector(jnp.asarray(vectors.x)[index], jnp.asarray(vectors.y)[index])


def _incident(
    vertices: Vector,
    corner: Int[Array, ""],
    face: Int[Array, ""],
    start: Vector,
    end: Vector,
    is_edge_face: Bool[Array, ""],
) -> _Clip:
    """The face of the polygon that looks at the edge, or the edge itself."""
    corners = jnp.stack([corner, (corner + 1) % vertices.x.shape[0]])
    edge = Vector(jnp.stack([start.x, end.x]), jnp.stack([start.y, end.y]))
    return _Clip(
        points=choose(is_edge_face, vertices.pick(corners), edge),
        edge_index=jnp.zeros(2, jnp.int32),
        polygon_index=jnp.where(is_edge_face, corners, face).astype(jnp.int32),
        is_cut=jnp.zeros(2, bool),
        exists=jnp.bool_(True),
    )


def _cut(clip: _Clip, normal: Vector, corner: Vector, index: Int[Array, ""]) -> _Clip:
    """Keep what lies behind the line through `corner`; the new end comes second."""
    beyond = dot(normal, clip.points - corner)
    is_out = beyond > 0
    is_any_out = is_out[0] | is_out[1]
    difference = beyond[0] - beyond[1]
    share = beyond[0] / jnp.where(difference == 0, 1.0, difference)
    a, b = clip.points.pick(0), clip.points.pick(1)
    crossing = a + (b - a) * share
    keep = jnp.where(is_out[0], 1, 0)

    def ends(values: Array, new: Array) -> Array:
        return jnp.stack([values[keep], jnp.where(is_any_out, new, values[1])])

    return _Clip(
        points=Vector(ends(clip.points.x, crossing.x), ends(clip.points.y, crossing.y)),
        edge_index=ends(clip.edge_index, index.astype(jnp.int32)),
        polygon_index=ends(clip.polygon_index, clip.polygon_index[0]),
        is_cut=ends(clip.is_cut, jnp.bool_(True)),
        exists=clip.exists & (~is_any_out | (beyond[0] * beyond[1] < 0)),
    )


def _features(clip: _Clip, is_edge_face: Bool[Array, ""]) -> Int[Array, "2"]:
    """Box2D's b2ContactID: two indices, and whether each is a corner or a face."""
    on_edge = clip.edge_index + 8 * clip.polygon_index + jnp.where(clip.is_cut, 128, 64)
    return jnp.where(
        is_edge_face, on_edge, clip.polygon_index + 8 * clip.edge_index + 64
    )


def placed(
    manifold: Manifold, position: Vector, angle: Float[Array, "..."], point: int
) -> tuple[Vector, Vector, Float[Array, "..."]]:
    """Normal towards the polygon, place and gap of one point, for a moved polygon.

    The gap is between the skins: negative where they overlap. The place is on the shape
    whose face is not the reference.
    """
    is_edge_face, at = manifold.is_edge_face, manifold.points.pick(point)
    normal = choose(is_edge_face, manifold.normal, rotate(angle, manifold.normal))
    plane = choose(
        is_edge_face, manifold.plane, position + rotate(angle, manifold.plane)
    )
    at = choose(is_edge_face, position + rotate(angle, at), at)
    gap = dot(at - plane, normal) - SKIN
    return choose(is_edge_face, normal, -normal), at, gap
