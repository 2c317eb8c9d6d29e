"""The joints between lander and legs: a motor that pushes outwards, between two limits.

After Box2D's b2RevoluteJoint.cpp. Every function is written for one leg, with plain
numbers: they run hundreds of times in a step.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from neurojax.environments.lunar_lander import constants as c
from neurojax.environments.lunar_lander.state import Body, Hinge
from neurojax.environments.lunar_lander.vector import Vector, cross, dot, rotate, spun

MASS_A, INERTIA_A = c.LANDER_INVERSE_MASS, c.LANDER_INVERSE_INERTIA
MASS_B, INERTIA_B = c.LEG_INVERSE_MASS, c.LEG_INVERSE_INERTIA
MOTOR_MASS = 1 / (INERTIA_A + INERTIA_B)
MAX_MOTOR_IMPULSE = c.STEP_SECONDS * c.MAX_MOTOR_TORQUE


class JointSetup(NamedTuple):
    """What stays the same while velocities are solved."""

    arm_a: Vector  # from the centre of mass of the lander to the hinge
    arm_b: Vector  # from that of the leg
    coupling: Vector  # of the hinge's impulse with the limit's
    inverse_2: tuple[Array, Array, Array]  # symmetric: xx, xy, yy
    inverse_3: tuple[Array, ...]  # symmetric: xx, xy, xz, yy, yz, zz
    motor_speed: Float[Array, ""]


def prepared(
    lander: Body, leg: Body, hinge: Hinge, side: int
) -> tuple[JointSetup, Hinge]:
    """The joint of leg `side` at the start of a step, and its first guess."""
    arm_a = rotate(lander.angle, c.LANDER_ORIGIN)
    arm_b = rotate(leg.angle, c.LEG_ANCHORS.pick(side))
    (xx, xy, yy), coupling = _point_mass(arm_a, arm_b), _coupling(arm_a, arm_b)
    setup = JointSetup(
        arm_a=arm_a,
        arm_b=arm_b,
        coupling=coupling,
        inverse_2=_inverse_2(xx, xy, yy),
        inverse_3=_inverse_3(xx, xy, coupling.x, yy, coupling.y, INERTIA_A + INERTIA_B),
        motor_speed=jnp.float32(c.MOTOR_SPEEDS[side]),
    )
    angle = leg.angle - lander.angle - c.REFERENCE_ANGLES[side]
    is_low, is_high = angle <= c.LOWER_ANGLES[side], angle >= c.UPPER_ANGLES[side]
    limit = jnp.where(is_low, -1.0, jnp.where(is_high, 1.0, 0.0)).astype(jnp.float32)
    is_same = (limit == hinge.limit) & (limit != 0)
    limit_impulse = jnp.where(is_same, hinge.limit_impulse, 0.0)
    return setup, hinge._replace(limit=limit, limit_impulse=limit_impulse)


def exert(
    lander: Body, leg: Body, setup: JointSetup, impulse: Vector, turn: Array
) -> tuple[Body, Body]:
    """The bodies after an impulse at the hinge and an angular one."""
    lander = lander._replace(
        velocity=lander.velocity - impulse * MASS_A,
        spin=lander.spin - INERTIA_A * (cross(setup.arm_a, impulse) + turn),
    )
    leg = leg._replace(
        velocity=leg.velocity + impulse * MASS_B,
        spin=leg.spin + INERTIA_B * (cross(setup.arm_b, impulse) + turn),
    )
    return lander, leg


def solve_velocity(
    lander: Body, leg: Body, hinge: Hinge, setup: JointSetup
) -> tuple[Body, Body, Hinge]:
    """One iteration: the motor, then hinge and limit together."""
    wanted = hinge.motor_impulse - MOTOR_MASS * (
        leg.spin - lander.spin - setup.motor_speed
    )
    motor = jax.lax.clamp(
        jnp.float32(-MAX_MOTOR_IMPULSE), wanted, jnp.float32(MAX_MOTOR_IMPULSE)
    )
    turn = motor - hinge.motor_impulse
    lander = lander._replace(spin=lander.spin - INERTIA_A * turn)
    leg = leg._replace(spin=leg.spin + INERTIA_B * turn)

    error = leg.velocity + spun(leg.spin, setup.arm_b)
    error = error - lander.velocity - spun(lander.spin, setup.arm_a)
    full, full_turn = _times_3(setup.inverse_3, -error, lander.spin - leg.spin)
    # A limit may only push back: -1 (lower) with positive impulses, 1 with negative.
    would_pull = hinge.limit * (hinge.limit_impulse + full_turn) > 0
    released = jnp.where(would_pull, hinge.limit_impulse, 0.0)
    point = _times_2(setup.inverse_2, setup.coupling * released - error)
    is_held = (hinge.limit != 0) & ~would_pull
    impulse = Vector(
        jnp.where(is_held, full.x, point.x), jnp.where(is_held, full.y, point.y)
    )
    turn = jnp.where(is_held, full_turn, -released)
    lander, leg = exert(lander, leg, setup, impulse, turn)
    return (
        lander,
        leg,
        hinge._replace(
            impulse=hinge.impulse + impulse,
            limit_impulse=hinge.limit_impulse + turn,
            motor_impulse=motor,
        ),
    )


def solve_position(
    lander: Body, leg: Body, limit: Array, side: int
) -> tuple[Body, Body, Bool[Array, ""]]:
    """One iteration: the limit, then the hinge. Also whether the errors were small."""
    angle = leg.angle - lander.angle - c.REFERENCE_ANGLES[side]
    below, above = angle - c.LOWER_ANGLES[side], angle - c.UPPER_ANGLES[side]
    low = jnp.clip(below + c.ANGULAR_SLOP, -c.MAX_ANGULAR_CORRECTION, 0.0)
    high = jnp.clip(above - c.ANGULAR_SLOP, 0.0, c.MAX_ANGULAR_CORRECTION)
    turn = -MOTOR_MASS * jnp.where(limit < 0, low, jnp.where(limit > 0, high, 0.0))
    excess = jnp.where(limit < 0, -below, jnp.where(limit > 0, above, 0.0))
    angle_a, angle_b = lander.angle - INERTIA_A * turn, leg.angle + INERTIA_B * turn

    arm_a = rotate(angle_a, c.LANDER_ORIGIN)
    arm_b = rotate(angle_b, c.LEG_ANCHORS.pick(side))
    error = leg.position + arm_b - lander.position - arm_a
    impulse = -_times_2(_inverse_2(*_point_mass(arm_a, arm_b)), error)
    lander = lander._replace(
        position=lander.position - impulse * MASS_A,
        angle=angle_a - INERTIA_A * cross(arm_a, impulse),
    )
    leg = leg._replace(
        position=leg.position + impulse * MASS_B,
        angle=angle_b + INERTIA_B * cross(arm_b, impulse),
    )
    is_small = (jnp.sqrt(dot(error, error)) <= c.LINEAR_SLOP) & (
        excess <= c.ANGULAR_SLOP
    )
    return lander, leg, is_small


def _point_mass(arm_a: Vector, arm_b: Vector) -> tuple[Array, Array, Array]:
    """Inverse effective mass of the hinge: xx, xy, yy."""
    xx = MASS_A + MASS_B + arm_a.y**2 * INERTIA_A + arm_b.y**2 * INERTIA_B
    xy = -arm_a.y * arm_a.x * INERTIA_A - arm_b.y * arm_b.x * INERTIA_B
    yy = MASS_A + MASS_B + arm_a.x**2 * INERTIA_A + arm_b.x**2 * INERTIA_B
    return xx, xy, yy


def _coupling(arm_a: Vector, arm_b: Vector) -> Vector:
    return Vector(
        -arm_a.y * INERTIA_A - arm_b.y * INERTIA_B,
        arm_a.x * INERTIA_A + arm_b.x * INERTIA_B,
    )


def _inverse_2(xx: Array, xy: Array, yy: Array) -> tuple[Array, Array, Array]:
    scale = 1 / (xx * yy - xy * xy)
    return yy * scale, -xy * scale, xx * scale


def _inverse_3(
    xx: Array, xy: Array, xz: Array, yy: Array, yz: Array, zz: float
) -> tuple[Array, ...]:
    first, second, third = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    scale = 1 / (xx * first + xy * second + xz * third)
    return (
        first * scale,
        second * scale,
        third * scale,
        (xx * zz - xz * xz) * scale,
        (xy * xz - xx * yz) * scale,
        (xx * yy - xy * xy) * scale,
    )


def _times_2(inverse: tuple[Array, Array, Array], a: Vector) -> Vector:
    xx, xy, yy = inverse
    return Vector(xx * a.x + xy * a.y, xy * a.x + yy * a.y)


def _times_3(inverse: tuple[Array, ...], a: Vector, z: Array) -> tuple[Vector, Array]:
    xx, xy, xz, yy, yz, zz = inverse
    first = xx * a.x + xy * a.y + xz * z
    second = xy * a.x + yy * a.y + yz * z
    return Vector(first, second), xz * a.x + yz * a.y + zz * z
