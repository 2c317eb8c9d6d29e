"""What happens to a body that hits the ground within a step.

After SolveTOI of Box2D's b2World.cpp and b2Island.cpp: the body, without its joints,
goes back to where it first touched, is stopped there, and moves on for the rest of the
step.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from neurojax.environments.lunar_lander import constants as c
from neurojax.environments.lunar_lander import contacts as solid_contacts
from neurojax.environments.lunar_lander.collision import Manifold, Solid
from neurojax.environments.lunar_lander.contacts import Impulses
from neurojax.environments.lunar_lander.impact import Sweep, time_of_impact
from neurojax.environments.lunar_lander.solver import integrated
from neurojax.environments.lunar_lander.state import Body, Contact
from neurojax.environments.lunar_lander.terrain import ends_of
from neurojax.environments.lunar_lander.touch import manifold_of, updated
from neurojax.environments.lunar_lander.vector import Vector, choose, part

# Box2D's 1 - 10 epsilon: later than this is the end of the step.
END = np.float32(1 - 10 * 1.1920929e-07)


class Impact(NamedTuple):
    """A body on its way through a step; pairs are of its two contacts."""

    body: Body  # at the end of the step
    position: Vector  # from where it goes on
    angle: Float[Array, ""]
    fraction: Float[Array, ""]  # of the step that is over
    contacts: Contact  # (2,)
    has_ground_contact: Bool[Array, ""]
    times: Float[Array, "2"]  # fraction of the step at which each is hit; 1 if not
    count: Int[Array, "2"]  # impacts so far
    is_ignored: Bool[Array, "2"]


def after_impacts(
    solid: Solid,
    body: Body,
    before: Body,
    contacts: Contact,
    has_ground_contact: Bool[Array, ""],
    heights: Float[Array, "11"],
    iterations: int,
) -> tuple[Body, Contact, Bool[Array, ""], Sweep]:
    """One body after all of its impacts in a step.

    Args:
        solid: its shape and inertia.
        body: at the end of the step, as if nothing had been hit.
        before: the body at the beginning of the step.
        contacts: (2,), of the body.
        has_ground_contact: of the body.
        heights: of the terrain.
        iterations: how often to correct the velocity.

    Returns:
        Body, contacts and ground contact, and the last part of the body's way.
    """
    impact = Impact(
        body=body,
        position=before.position,
        angle=before.angle,
        fraction=jnp.float32(0),
        contacts=contacts,
        has_ground_contact=has_ground_contact,
        times=jnp.ones(2, jnp.float32),
        count=jnp.zeros(2, jnp.int32),
        is_ignored=jnp.zeros(2, bool),
    )

    def goes_on(carry: tuple[Array, Impact]) -> Array:
        is_first_round, impact = carry
        return is_first_round | (jnp.min(impact.times) < END)

    # The first round finds the times only: written twice, they compile twice.
    def one_round(carry: tuple[Array, Impact]) -> tuple[Array, Impact]:
        impact = _resolved(solid, carry[1], heights, iterations)
        return jnp.bool_(False), _timed(solid, impact, heights)

    _, impact = jax.lax.while_loop(goes_on, one_round, (jnp.bool_(True), impact))
    return (
        impact.body,
        impact.contacts,
        impact.has_ground_contact,
        _way(impact),
    )


def _way(impact: Impact) -> Sweep:
    body = impact.body
    return Sweep(impact.position, impact.angle, body.position, body.angle)


def _timed(solid: Solid, impact: Impact, heights: Array) -> Impact:
    """The impact with the times at which its contacts are hit next."""

    def time(edge: Array) -> Array:
        ends = ends_of(heights, jnp.maximum(edge, 0))
        share, is_hit = time_of_impact(solid.vertices, _way(impact), *ends)
        at = jnp.minimum(impact.fraction + (1 - impact.fraction) * share, 1.0)
        return jnp.where(is_hit & (edge >= 0), at, 1.0)

    times = jax.vmap(time)(impact.contacts.edge)
    is_left_out = impact.is_ignored | (impact.count > c.MAX_IMPACTS)
    return impact._replace(times=jnp.where(is_left_out, 1.0, times))


def _resolved(solid: Solid, impact: Impact, heights: Array, iterations: int) -> Impact:
    """After the earliest impact, if there is one."""
    hit = jnp.argmin(impact.times)
    happens = impact.times[hit] < END
    is_hit = jnp.arange(2) == hit
    fraction = impact.times[hit]
    share = (fraction - impact.fraction) / (1 - impact.fraction)
    position, angle = _way(impact).at(share)
    stopped = impact.body._replace(position=position, angle=angle)
    manifolds = jax.vmap(lambda edge: manifold_of(solid, stopped, edge, heights))(
        impact.contacts.edge
    )
    is_point = manifolds.is_point & happens
    manifolds = manifolds._replace(is_point=is_point)
    # A contact that turns out not to touch is left out for the rest of the step.
    is_solid = is_point.any(-1)[hit]
    contacts, ground = _noticed(impact, manifolds, hit, happens, is_solid)
    body, start = _stopped(solid, stopped, manifolds, hit, 1 - fraction, iterations)
    moved = impact._replace(
        body=body, position=start.position, angle=start.angle, fraction=fraction
    )
    chosen = choose(is_solid, moved, impact)
    return chosen._replace(
        contacts=contacts,
        has_ground_contact=ground,
        count=impact.count + (is_hit & happens).astype(jnp.int32),
        is_ignored=jnp.where(
            is_hit, happens & ~is_solid, impact.is_ignored & ~is_solid
        ),
    )


def _noticed(
    impact: Impact, manifolds: Manifold, hit: Array, happens: Array, is_solid: Array
) -> tuple[Contact, Array]:
    """Contacts and ground contact: first of what is hit, then of the other edge."""
    contacts, ground = impact.contacts, impact.has_ground_contact
    for slot, is_met in ((hit, happens), (1 - hit, is_solid)):
        one, manifold = part(contacts, slot), part(manifolds, slot)
        new, new_ground = updated(one, manifold, ground)
        is_new = is_met & (one.edge >= 0)
        ground = jnp.where(is_new, new_ground, ground)
        contacts = jax.tree.map(
            lambda all_, n, o, slot=slot, is_new=is_new: all_.at[slot].set(
                jnp.where(is_new, n, o)
            ),
            contacts,
            new,
            one,
        )
    return contacts, ground


def _stopped(
    solid: Solid,
    body: Body,
    manifolds: Manifold,
    hit: Array,
    rest: Array,
    iterations: int,
) -> tuple[Body, Body]:
    """The body at the end of the step, and where it stopped in between."""
    order = [part(manifolds, slot) for slot in (hit, 1 - hit)]

    def push_out(carry: tuple) -> tuple:
        count, _, body = carry
        is_out = jnp.bool_(True)
        for manifold in order:
            body, gap = solid_contacts.solve_position(
                solid, body, manifold, c.IMPACT_BAUMGARTE
            )
            is_out &= gap >= -1.5 * c.LINEAR_SLOP
        return count + 1, is_out, body

    _, _, body = jax.lax.while_loop(
        lambda carry: (carry[0] < c.IMPACT_POSITION_ITERATIONS) & ~carry[1],
        push_out,
        (jnp.int32(0), jnp.bool_(False), body),
    )
    setups = [solid_contacts.prepared(solid, manifold, body) for manifold in order]
    zeros = (jnp.float32(0), jnp.float32(0))

    def slow_down(carry: tuple) -> tuple:
        count, _, body, impulses = carry
        before, impulses = impulses, list(impulses)
        for slot, setup in enumerate(setups):
            body, impulses[slot] = solid_contacts.solve_velocity(
                body, impulses[slot], setup
            )
        impulses = tuple(impulses)
        same = jax.tree.map(lambda a, b: a == b, before, impulses)
        return count + 1, jnp.all(jnp.stack(jax.tree.leaves(same))), body, impulses

    # A round that changes nothing would be followed by others that change nothing.
    start = (Impulses(zeros, zeros), Impulses(zeros, zeros))
    _, _, moving, _ = jax.lax.while_loop(
        lambda carry: (carry[0] < iterations) & ~carry[1],
        slow_down,
        (jnp.int32(0), jnp.bool_(False), body, start),
    )
    return integrated(moving, rest * c.STEP_SECONDS), body
