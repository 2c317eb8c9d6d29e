"""Contacts of a leg with the terrain: friction, and impulses that only push.

After Box2D's b2ContactSolver.cpp. The terrain does not move, so only the leg does.
Written for one contact, with plain numbers: it runs hundreds of times in a step.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from neurojax.environments.lunar_lander import constants as c
from neurojax.environments.lunar_lander.collision import Manifold, placed
from neurojax.environments.lunar_lander.state import Body
from neurojax.environments.lunar_lander.vector import (
    Vector,
    choose,
    clockwise,
    cross,
    dot,
)

MASS, INERTIA = c.LEG_INVERSE_MASS, c.LEG_INVERSE_INERTIA


class ContactSetup(NamedTuple):
    """What stays the same while velocities are solved; pairs are of the two points."""

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


def prepared(manifold: Manifold, leg: Body) -> ContactSetup:
    """A contact for a leg at this place."""
    normal, arms = Vector(jnp.float32(0), jnp.float32(0)), []
    for point in (0, 1):
        normal, at, gap = placed(manifold, leg.position, leg.angle, point)
        outward = choose(manifold.is_edge_face, normal, -normal)
        arms.append(at - outward * (0.5 * (gap + c.SKIN)) - leg.position)
    tangent = clockwise(normal)
    first, second = cross(arms[0], normal), cross(arms[1], normal)
    masses = tuple(
        MASS + INERTIA * a * b
        for a, b in ((first, first), (first, second), (second, second))
    )
    # Two points that are nearly one: Box2D keeps the first.
    determinant = masses[0] * masses[2] - masses[1] ** 2
    is_two = masses[0] ** 2 < c.MAX_CONDITION_NUMBER * determinant
    has = manifold.is_point
    return ContactSetup(
        normal=normal,
        tangent=tangent,
        normal_arms=(first, second),
        tangent_arms=(cross(arms[0], tangent), cross(arms[1], tangent)),
        masses=masses,
        is_point=(has[0], has[1] & (is_two | ~has[0])),
    )


def first_guess(leg: Body, setup: ContactSetup, impulses: Impulses) -> Body:
    """The leg after the impulses of the last step."""
    for point in (0, 1):
        has = setup.is_point[point]
        along = jnp.where(has, impulses.normal[point], 0.0)
        aside = jnp.where(has, impulses.tangent[point], 0.0)
        leg = _push(leg, setup.normal, setup.normal_arms[point], along)
        leg = _push(leg, setup.tangent, setup.tangent_arms[point], aside)
    return leg


def solve_velocity(
    leg: Body, impulses: Impulses, setup: ContactSetup
) -> tuple[Body, Impulses]:
    """One iteration: friction at both points, then the normals together."""
    tangents = list(impulses.tangent)
    for point in (0, 1):
        arm, has = setup.tangent_arms[point], setup.is_point[point]
        speed = dot(leg.velocity, setup.tangent) + leg.spin * arm
        most = c.FRICTION * impulses.normal[point]
        wanted = tangents[point] - speed / (MASS + INERTIA * arm * arm)
        wanted = jnp.where(has, jax.lax.clamp(-most, wanted, most), tangents[point])
        leg = _push(leg, setup.tangent, arm, wanted - tangents[point])
        tangents[point] = wanted
    normals = _normals(leg, impulses.normal, setup)
    for point in (0, 1):
        change = normals[point] - impulses.normal[point]
        leg = _push(leg, setup.normal, setup.normal_arms[point], change)
    return leg, Impulses(normals, (tangents[0], tangents[1]))


def solve_position(
    leg: Body, manifold: Manifold, baumgarte: float
) -> tuple[Body, Float[Array, ""]]:
    """Push the leg out of the terrain; also the smallest gap met, at most 0 m."""
    smallest = jnp.float32(0)
    for point in (0, 1):
        normal, at, gap = placed(manifold, leg.position, leg.angle, point)
        gap = jnp.where(manifold.is_point[point], gap, 0.0)
        smallest = jnp.minimum(smallest, gap)
        arm = cross(at - leg.position, normal)
        depth = jnp.clip(
            baumgarte * (gap + c.LINEAR_SLOP), -c.MAX_LINEAR_CORRECTION, 0.0
        )
        impulse = -depth / (MASS + INERTIA * arm * arm)
        leg = leg._replace(
            position=leg.position + normal * (MASS * impulse),
            angle=leg.angle + INERTIA * arm * impulse,
        )
    return leg, smallest


def _push(leg: Body, direction: Vector, arm: Array, impulse: Array) -> Body:
    return leg._replace(
        velocity=leg.velocity + direction * (MASS * impulse),
        spin=leg.spin + INERTIA * arm * impulse,
    )


def _normals(
    leg: Body, old: tuple[Array, Array], setup: ContactSetup
) -> tuple[Array, Array]:
    """New normal impulses: each point pushes and rests, or parts and is free.

    With two points, the first of four cases that holds is taken: both push, the first
    only, the second only, none. If none holds the impulses stay.
    """
    along = dot(leg.velocity, setup.normal)
    speeds = [along + leg.spin * arm for arm in setup.normal_arms]
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
