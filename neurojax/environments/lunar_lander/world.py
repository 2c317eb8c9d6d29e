"""One step of the physics, in the order of Box2D's b2World.cpp."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from neurojax.environments.lunar_lander import constants as c
from neurojax.environments.lunar_lander.broadphase import (
    followed,
    fresh_contacts,
    listed,
)
from neurojax.environments.lunar_lander.collision import Manifold
from neurojax.environments.lunar_lander.impact import Sweep
from neurojax.environments.lunar_lander.solver import Iterations, solve, solve_flight
from neurojax.environments.lunar_lander.state import Body, Contact, LanderState
from neurojax.environments.lunar_lander.substep import after_impacts
from neurojax.environments.lunar_lander.terrain import edges_near
from neurojax.environments.lunar_lander.touch import (
    HULL,
    LEG,
    impulses_of,
    is_lander_touching,
    manifold_of,
    updated,
    with_impulses,
)
from neurojax.environments.lunar_lander.vector import Vector, dot, part


def advanced(
    state: LanderState,
    force: Vector,
    torque: Float[Array, ""],
    gravity: float,
    iterations: Iterations,
) -> LanderState:
    """The state after 1/50 s.

    Args:
        state: with the impulses of the engines in its velocities.
        force: on the lander, N.
        torque: on the lander, N m.
        gravity: m/s^2, negative.
        iterations: how often to correct velocities and positions.
    """
    heights = state.terrain
    leg_manifold = partial(manifold_of, LEG)
    manifolds = jax.vmap(jax.vmap(leg_manifold, (None, 0, None)), (0, 0, None))(
        state.legs, state.contacts.edge, heights
    )
    contacts, ground = jax.vmap(_all_updated)(
        state.contacts, manifolds, state.has_ground_contact
    )
    has_crashed = state.has_crashed | is_lander_touching(state.lander, heights)
    lander, legs, hinges, impulses, is_solved = solve(
        _pushed(state.lander, force, torque, gravity),
        _pushed(state.legs, Vector(0.0, 0.0), jnp.float32(0), gravity),
        state.hinges,
        manifolds,
        impulses_of(contacts),
        iterations,
    )
    contacts = with_impulses(contacts, impulses)
    rest_time = _rested(state.rest_time, lander, legs)
    is_awake = ~((jnp.min(rest_time) >= c.SECONDS_TO_SLEEP) & is_solved)
    boxes = jax.vmap(followed)(state.boxes, _ways(state.legs, legs))
    contacts = jax.vmap(listed, (0, 0, None))(contacts, boxes, heights)
    legs, contacts, ground, ways = jax.vmap(
        partial(after_impacts, LEG), (0, 0, 0, 0, None, None)
    )(legs, state.legs, contacts, ground, heights, iterations.velocity)
    lander, is_hit = _after_hits(lander, state.lander, heights, iterations.velocity)
    boxes = jax.vmap(followed)(boxes, ways)
    return state._replace(
        lander=lander,
        legs=legs,
        hinges=hinges,
        contacts=jax.vmap(listed, (0, 0, None))(contacts, boxes, heights),
        boxes=boxes,
        has_ground_contact=ground,
        has_crashed=has_crashed | is_hit,
        is_awake=is_awake,
        rest_time=rest_time,
    )


def flown(
    state: LanderState,
    force: Vector,
    torque: Float[Array, ""],
    gravity: float,
    iterations: Iterations,
) -> LanderState:
    """What `advanced` gives far above the ground, compiled much faster."""
    lander, legs, hinges = solve_flight(
        _pushed(state.lander, force, torque, gravity),
        _pushed(state.legs, Vector(0.0, 0.0), jnp.float32(0), gravity),
        state.hinges,
        iterations,
    )
    boxes = jax.vmap(followed)(state.boxes, _ways(state.legs, legs))
    return state._replace(lander=lander, legs=legs, hinges=hinges, boxes=boxes)


def _all_updated(
    contacts: Contact, manifolds: Manifold, has_ground_contact: Bool[Array, ""]
) -> tuple[Contact, Bool[Array, ""]]:
    """Both contacts of a leg, the newest first."""
    found = []
    for slot in (0, 1):
        one, has_ground_contact = updated(
            part(contacts, slot), part(manifolds, slot), has_ground_contact
        )
        found.append(one)
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *found), has_ground_contact


def _pushed(body: Body, force: Vector, torque: Array, gravity: float) -> Body:
    """A body with gravity and forces in its velocity; forces act on the lander."""
    seconds = c.STEP_SECONDS
    push = force * c.LANDER_INVERSE_MASS
    return body._replace(
        velocity=body.velocity + Vector(push.x, push.y + gravity) * seconds,
        spin=body.spin + seconds * c.LANDER_INVERSE_INERTIA * torque,
    )


def _ways(before: Body, after: Body) -> Sweep:
    return Sweep(before.position, before.angle, after.position, after.angle)


def _rested(
    rest_time: Float[Array, "3"], lander: Body, legs: Body
) -> Float[Array, "3"]:
    """For how long each body has been nearly still."""

    def is_still(body: Body) -> Bool[Array, "..."]:
        is_slow = dot(body.velocity, body.velocity) <= c.SLEEP_SPEED**2
        return is_slow & (body.spin * body.spin <= c.SLEEP_SPIN**2)

    still = jnp.concatenate([is_still(lander)[None], is_still(legs)])
    return jnp.where(still, rest_time + c.STEP_SECONDS, 0.0)


def _after_hits(
    lander: Body, before: Body, heights: Array, iterations: int
) -> tuple[Body, Bool[Array, ""]]:
    """The lander after its hull met the ground on its way, and whether it did."""
    edges = jnp.stack(edges_near(lander.position.x))
    # The first touch ends the episode: there is nothing to remember of earlier ones.
    contacts = part(fresh_contacts(1), 0)._replace(edge=edges)
    lander, contacts, _, _ = after_impacts(
        HULL, lander, before, contacts, jnp.bool_(False), heights, iterations
    )
    return lander, contacts.is_touching.any()
