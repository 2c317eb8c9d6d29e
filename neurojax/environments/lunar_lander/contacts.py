"""Contacts of a body with the terrain: friction, and impulses that only push.

After Box2D's b2ContactSolver.cpp. The terrain does not move, so only the body does.
Written for one contact, with plain numbers: it runs hundreds of times in a step.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from neurojax.environments.lunar_lander import constants as c
from neurojax.environments.lunar_lander.collision import Manifold, Solid, placed
from neurojax.environments.lunar_lander.state import Body
from neurojax.environments.lunar_lander.vector import (
    Vector,
    choose,
    clockwise,
    cross,
    dot,
)


class ContactSetup(NamedTuple):
    """What stays the same while velocities are solved; pairs are of the two points."""

    solid: Solid
    normal: Vector
    tangent: Vector
    normal_arms: tuple[Array, Array]
    tangent_arms: tuple[Array, Array]
    masses: tuple[Array, Array, Array]  # 11, 12, 22: inverse effective, of the normals
    is_point: tuple[Array, Array]


class Impulses(NamedTuple):
    """Accumulated impulses of the two points of a contact, N s."""

    normal: tuple[Array, Array]
    tangent: tuple[Array, Array]


def prepared(solid: Solid, manifold: Manifold, body: Body) -> ContactSetup:
    """A contact for a body at this place."""
    normal, arms = Vector(jnp.float32(0), jnp.float32(0)), []
    for point in (0, 1):
        normal, at, gap = placed(manifold, body.position, body.angle, point)
        outward = choose(manifold.is_edge_face, normal, -normal)
        arms.append(at - outward * (0.5 * (gap + c.SKIN)) - body.position)
    tangent = clockwise(normal)
    first, second = cross(arms[0], normal), cross(arms[1], normal)
    masses = tuple(
        solid.inverse_mass + solid.inverse_inertia * a * b
        for a, b in ((first, first), (first, second), (second, second))
    )
    # Two points that are nearly one: Box2D keeps the first.
    determinant = masses[0] * masses[2] - masses[1] ** 2
    is_two = masses[0] ** 2 < c.MAX_CONDITION_NUMBER * determinant
    has = manifold.is_point
    return ContactSetup(
        solid=solid,
        normal=normal,
        tangent=tangent,
        normal_arms=(first, second),
        tangent_arms=(cross(arms[0], tangent), cross(arms[1], tangent)),
        masses=masses,
        is_point=(has[0], has[1] & (is_two | ~has[0])),
    )


def first_guess(body: Body, setup: ContactSetup, impulses: Impulses) -> Body:
    """The body after the impulses of the last step."""
    for point in (0, 1):
        has = setup.is_point[point]
        along = jnp.where(has, impulses.normal[point], 0.0)
        aside = jnp.where(has, impulses.tangent[point], 0.0)
        body = _push(body, setup, setup.normal, setup.normal_arms[point], along)
        body = _push(body, setup, setup.tangent, setup.tangent_arms[point], aside)
    return body


def solve_velocity(
    body: Body, impulses: Impulses, setup: ContactSetup
) -> tuple[Body, Impulses]:
    """One iteration: friction at both points, then the normals together."""
    tangents, solid = list(impulses.tangent), setup.solid
    for point in (0, 1):
        arm, has = setup.tangent_arms[point], setup.is_point[point]
        speed = dot(body.velocity, setup.tangent) + body.spin * arm
        most = solid.friction * impulses.normal[point]
        inertia = solid.inverse_mass + solid.inverse_inertia * arm * arm
        wanted = tangents[point] - speed / inertia
        wanted = jnp.where(has, jax.lax.clamp(-most, wanted, most), tangents[point])
        body = _push(body, setup, setup.tangent, arm, wanted - tangents[point])
        tangents[point] = wanted
    normals = _normals(body, impulses.normal, setup)
    for point in (0, 1):
        change = normals[point] - impulses.normal[point]
        body = _push(body, setup, setup.normal, setup.normal_arms[point], change)
    return body, Impulses(normals, (tangents[0], tangents[1]))


def solve_position(
    solid: Solid, body: Body, manifold: Manifold, baumgarte: float
) -> tuple[Body, Float[Array, ""]]:
    """Push the body out of the terrain; also the smallest gap met, at most 0 m."""
    smallest = jnp.float32(0)
    for point in (0, 1):
        normal, at, gap = placed(manifold, body.position, body.angle, point)
        gap = jnp.where(manifold.is_point[point], gap, 0.0)
        smallest = jnp.minimum(smallest, gap)
        arm = cross(at - body.position, normal)
        depth = jnp.clip(
            baumgarte * (gap + c.LINEAR_SLOP), -c.MAX_LINEAR_CORRECTION, 0.0
        )
        impulse = -depth / (solid.inverse_mass + solid.inverse_inertia * arm * arm)
        body = body._replace(
            position=body.position + normal * (solid.inverse_mass * impulse),
            angle=body.angle + solid.inverse_inertia * arm * impulse,
        )
    return body, smallest


def _push(
    body: Body, setup: ContactSetup, direction: Vector, arm: Array, impulse: Array
) -> Body:
    solid = setup.solid
    return body._replace(
        velocity=body.velocity + direction * (solid.inverse_mass * impulse),
        spin=body.spin + solid.inverse_inertia * arm * impulse,
    )


def _normals(
    body: Body, old: tuple[Array, Array], setup: ContactSetup
) -> tuple[Array, Array]:
    """New normal impulses: each point pushes and rests, or parts and is free.

    With two points, the first of four cases that holds is taken: both push, the first
    only, the second only, none. If none holds the impulses stay.
    """
    along = dot(body.velocity, setup.normal)
    speeds = [along + body.spin * arm for arm in setup.normal_arms]
    k11, k12, k22 = setup.masses
    # Speeds that there would be without the accumulated impulses.
    free_1 = speeds[0] - k11 * old[0] - k12 * old[1]
    free_2 = speeds[1] - k12 * old[0] - k22 * old[1]
    has_1, has_2 = setup.is_point
    scale = 1 / jnp.where(has_1 & has_2, k11 * k22 - k12 * k12, 1.0)
    both_1 = (k12 * free_2 - k22 * free_1) * scale
    both_2 = (k12 * free_1 - k11 * free_2) * scale
    only_1, only_2 = -free_1 / k11, -free_2 / k22
    is_both = (both_1 >= 0) & (both_2 >= 0)
    is_1 = (only_1 >= 0) & (k12 * only_1 + free_2 >= 0)
    is_2 = (only_2 >= 0) & (k12 * only_2 + free_1 >= 0)
    is_none = (free_1 >= 0) & (free_2 >= 0)
    pair_1 = _first_that_holds(
        [(is_both, both_1), (is_1, only_1), (is_2, 0.0), (is_none, 0.0)], old[0]
    )
    pair_2 = _first_that_holds(
        [(is_both, both_2), (is_1, 0.0), (is_2, only_2), (is_none, 0.0)], old[1]
    )
    alone_1 = jnp.maximum(old[0] - speeds[0] / k11, 0.0)
    alone_2 = jnp.maximum(old[1] - speeds[1] / k22, 0.0)
    return (
        jnp.where(has_1, jnp.where(has_2, pair_1, alone_1), old[0]),
        jnp.where(has_2, jnp.where(has_1, pair_2, alone_2), old[1]),
    )


def _first_that_holds(cases: list[tuple[Array, Any]], otherwise: Array) -> Array:
    """The value of the first case whose condition holds."""
    for condition, value in reversed(cases):
        otherwise = jnp.where(condition, value, otherwise)
    return otherwise
