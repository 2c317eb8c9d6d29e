"""What the engines do to the lander, as gymnasium applies it."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from neurojax.environments.lunar_lander import constants as c
from neurojax.environments.lunar_lander.state import Body
from neurojax.environments.lunar_lander.vector import Vector, cross, rotate

LEFT, MAIN, RIGHT = 1, 2, 3


def discrete_powers(action: Int[Array, ""]) -> tuple[Array, Array, Array]:
    """Main power, side power and side (-1 left, 1 right) of an action in [0, 4)."""
    is_side = (action == LEFT) | (action == RIGHT)
    side = jnp.where(action == LEFT, -1.0, 1.0)
    return jnp.where(action == MAIN, 1.0, 0.0), jnp.where(is_side, 1.0, 0.0), side


def continuous_powers(action: Float[Array, "2"]) -> tuple[Array, Array, Array]:
    """Main power, side power and side of two numbers, which are clipped to [-1, 1]."""
    main, lateral = jnp.clip(action, -1.0, 1.0)
    strength = jnp.abs(lateral)
    return (
        jnp.where(main > 0, (main + 1) / 2, 0.0),
        jnp.where(strength > 0.5, strength, 0.0),
        jnp.sign(lateral),
    )


def fired(
    lander: Body, powers: tuple[Array, Array, Array], dispersion: Float[Array, "2"]
) -> Body:
    """The lander after the impulses of its engines.

    Args:
        lander: before.
        powers: as `discrete_powers` or `continuous_powers` return them.
        dispersion: noise in [-1, 1), along the lander and across it.
    """
    main, side, direction = powers
    along, across = dispersion[0] / c.SCALE, dispersion[1] / c.SCALE
    sine, cosine = jnp.sin(lander.angle), jnp.cos(lander.angle)
    # Downwards and sideways, in the frame of the lander.
    down, right = Vector(sine, -cosine), Vector(-cosine, -sine)
    origin = lander.position + rotate(lander.angle, c.LANDER_ORIGIN)

    offset = down * (c.MAIN_ENGINE_BELOW + 2 * along) + right * across
    lander = _with_impulse(
        lander, -(offset * (c.MAIN_ENGINE_POWER * main)), origin + offset
    )
    offset = down * along + right * (3 * across + direction * c.SIDE_ENGINE_AWAY)
    nozzle = Vector(-sine * c.SIDE_ENGINE_X, cosine * c.SIDE_ENGINE_Y)
    return _with_impulse(
        lander, -(offset * (c.SIDE_ENGINE_POWER * side)), origin + offset + nozzle
    )


def _with_impulse(lander: Body, impulse: Vector, place: Vector) -> Body:
    turn = cross(place - lander.position, impulse)
    return lander._replace(
        velocity=lander.velocity + impulse * c.LANDER_INVERSE_MASS,
        spin=lander.spin + c.LANDER_INVERSE_INERTIA * turn,
    )
