"""One pass of Box2D's solver over lander, legs, joints and contacts.

After b2Island.cpp: velocities by sequential impulses, which start from those of the
last step, then positions. The order of joints and contacts is Box2D's.
"""

from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool

from neurojax.environments.lunar_lander import constants as c
from neurojax.environments.lunar_lander import contacts, joints
from neurojax.environments.lunar_lander.collision import Manifold
from neurojax.environments.lunar_lander.contacts import Impulses
from neurojax.environments.lunar_lander.state import Body, Hinge
from neurojax.environments.lunar_lander.touch import LEG
from neurojax.environments.lunar_lander.vector import dot, part

# The manifolds of each leg, the newest first.
Touching: TypeAlias = tuple[tuple[Manifold, ...], tuple[Manifold, ...]]
# Box2D's lists begin with what was added last: the right leg.
LEG_ORDER = (1, 0)


class Iterations(NamedTuple):
    """How often velocities and positions are corrected in a step."""

    velocity: int
    position: int


class _Moving(NamedTuple):
    """Everything the velocity loop changes; pairs are legs, then slots."""

    lander: Body
    legs: tuple[Body, ...]
    hinges: tuple[Hinge, ...]
    impulses: tuple[tuple[Impulses, ...], ...]


def solve(
    lander: Body,
    legs: Body,
    hinges: Hinge,
    manifolds: Manifold,
    impulses: Impulses,
    iterations: Iterations,
) -> tuple[Body, Body, Hinge, Impulses, Bool[Array, ""]]:
    """Move the bodies, whose velocities hold gravity and forces, by one step.

    Args:
        lander: at the start of the step.
        legs: (2,), likewise.
        hinges: (2,), of the last step.
        manifolds: (leg, slot); the slots in the order in which they are solved.
        impulses: (leg, slot) each, of the last step where the points are the same.
        iterations: how often to correct.

    Returns:
        Lander, legs, hinges and impulses after the step, and whether all errors of
        position were small.
    """
    left, right = _pair(manifolds)
    touching = (_pair(left), _pair(right))
    left, right = _pair(impulses)
    first_guess = (_pair(left), _pair(right))
    moving = _Moving(lander, _pair(legs), _pair(hinges), first_guess)
    moving, is_solved = _solved(moving, touching, iterations)
    by_leg = [_stacked(slots) for slots in moving.impulses]
    return (
        moving.lander,
        _stacked(moving.legs),
        _stacked(moving.hinges),
        _stacked(by_leg),
        is_solved,
    )


def solve_flight(
    lander: Body, legs: Body, hinges: Hinge, iterations: Iterations
) -> tuple[Body, Body, Hinge]:
    """What `solve` gives where nothing can touch, compiled in half the time."""
    moving = _Moving(lander, _pair(legs), _pair(hinges), ((), ()))
    moving, _ = _solved(moving, ((), ()), iterations)
    return moving.lander, _stacked(moving.legs), _stacked(moving.hinges)


def _solved(
    moving: _Moving, touching: Touching, iterations: Iterations
) -> tuple[_Moving, Bool[Array, ""]]:
    moving = _velocities(moving, touching, iterations.velocity)
    lander = integrated(moving.lander, c.STEP_SECONDS)
    legs = tuple(integrated(leg, c.STEP_SECONDS) for leg in moving.legs)
    limits = tuple(hinge.limit for hinge in moving.hinges)
    lander, legs, is_solved = _positions(
        lander, legs, limits, touching, iterations.position
    )
    return moving._replace(lander=lander, legs=legs), is_solved


def integrated(body: Body, seconds: Array | float) -> Body:
    """The body after moving on; what is too fast for Box2D is slowed down."""
    step = body.velocity * seconds
    length = jnp.sqrt(dot(step, step))
    slowed = jnp.where(
        length > c.MAX_TRANSLATION,
        c.MAX_TRANSLATION / jnp.maximum(length, c.MAX_TRANSLATION),
        1.0,
    )
    turn = jnp.abs(body.spin * seconds)
    braked = jnp.where(
        turn > c.MAX_ROTATION, c.MAX_ROTATION / jnp.maximum(turn, c.MAX_ROTATION), 1.0
    )
    velocity, spin = body.velocity * slowed, body.spin * braked
    return Body(
        body.position + velocity * seconds, body.angle + seconds * spin, velocity, spin
    )


def _velocities(moving: _Moving, touching: Touching, iterations: int) -> _Moving:
    """Impulses until contacts and joints hold, or as many rounds as there are."""
    lander, legs, hinges = moving.lander, list(moving.legs), list(moving.hinges)
    made = [
        [contacts.prepared(LEG, m, legs[leg]) for m in touching[leg]] for leg in (0, 1)
    ]
    setups = [joints.prepared(lander, legs[leg], hinges[leg], leg) for leg in (0, 1)]
    for leg in LEG_ORDER:
        for setup, impulses in zip(made[leg], moving.impulses[leg], strict=True):
            legs[leg] = contacts.first_guess(legs[leg], setup, impulses)
    for leg in LEG_ORDER:
        setup, hinge = setups[leg]
        hinges[leg] = hinge
        turn = hinge.motor_impulse + hinge.limit_impulse
        lander, legs[leg] = joints.exert(lander, legs[leg], setup, hinge.impulse, turn)

    def one_round(_: Array | int, moving: _Moving) -> _Moving:
        lander, legs, hinges = moving.lander, list(moving.legs), list(moving.hinges)
        impulses = [list(slots) for slots in moving.impulses]
        for leg in LEG_ORDER:
            lander, legs[leg], hinges[leg] = joints.solve_velocity(
                lander, legs[leg], hinges[leg], setups[leg][0]
            )
        for leg in LEG_ORDER:
            for slot, setup in enumerate(made[leg]):
                legs[leg], impulses[leg][slot] = contacts.solve_velocity(
                    legs[leg], impulses[leg][slot], setup
                )
        return _Moving(
            lander, tuple(legs), tuple(hinges), tuple(tuple(s) for s in impulses)
        )

    moving = _Moving(lander, tuple(legs), tuple(hinges), moving.impulses)
    return jax.lax.fori_loop(0, iterations, one_round, moving)


def _positions(
    lander: Body,
    legs: tuple[Body, ...],
    limits: tuple[Array, ...],
    touching: Touching,
    iterations: int,
) -> tuple[Body, tuple[Body, ...], Bool[Array, ""]]:
    """Positions until the errors are small, and whether they became so."""

    def one_round(carry: tuple) -> tuple:
        index, _, lander, both = carry
        legs, is_solved = list(both), jnp.bool_(True)
        for leg in LEG_ORDER:
            for manifold in touching[leg]:
                legs[leg], smallest = contacts.solve_position(
                    LEG, legs[leg], manifold, c.BAUMGARTE
                )
                is_solved &= smallest >= -3 * c.LINEAR_SLOP
        for leg in LEG_ORDER:
            lander, legs[leg], is_small = joints.solve_position(
                lander, legs[leg], limits[leg], leg
            )
            is_solved &= is_small
        return index + 1, is_solved, lander, tuple(legs)

    def goes_on(carry: tuple) -> Array:
        return (carry[0] < iterations) & ~carry[1]

    start = (jnp.int32(0), jnp.bool_(False), lander, legs)
    _, is_solved, lander, legs = jax.lax.while_loop(goes_on, one_round, start)
    return lander, legs, is_solved


def _pair(tree: Any) -> tuple[Any, Any]:
    """The two parts of a leading axis."""
    return part(tree, 0), part(tree, 1)


def _stacked(parts: Any) -> Any:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *parts)
