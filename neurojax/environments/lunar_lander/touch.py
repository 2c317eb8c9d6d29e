"""How contacts begin, go on and end, and what the legs notice of it."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool

from neurojax.environments.lunar_lander import constants as c
from neurojax.environments.lunar_lander.collision import Manifold, Solid, collide
from neurojax.environments.lunar_lander.contacts import Impulses
from neurojax.environments.lunar_lander.state import Body, Contact
from neurojax.environments.lunar_lander.terrain import edges_near, ends_of

LEG = Solid(
    c.LEG_VERTICES,
    c.LEG_NORMALS,
    c.LEG_INVERSE_MASS,
    c.LEG_INVERSE_INERTIA,
    c.LEG_FRICTION,
)
HULL = Solid(
    c.LANDER_VERTICES,
    c.LANDER_NORMALS,
    c.LANDER_INVERSE_MASS,
    c.LANDER_INVERSE_INERTIA,
    c.LANDER_FRICTION,
)


def manifold_of(solid: Solid, body: Body, edge: Array, heights: Array) -> Manifold:
    """Where a body meets an edge; an absent edge (-1) is met nowhere."""
    manifold = collide(solid, body, *ends_of(heights, jnp.maximum(edge, 0)))
    exists = edge >= 0
    return manifold._replace(
        is_point=manifold.is_point & exists,
        feature=jnp.where(exists, manifold.feature, -1),
    )


def updated(
    contact: Contact, manifold: Manifold, has_ground_contact: Bool[Array, ""]
) -> tuple[Contact, Bool[Array, ""]]:
    """One contact with the points found now, and the leg's ground contact.

    Impulses stay with the same corners. gymnasium notes beginnings and ends: a leg that
    leaves one edge counts as off the ground even if it still rests on the next one.
    """
    same = manifold.feature[:, None] == contact.feature[None, :]
    same &= (manifold.feature >= 0)[:, None]

    def kept(impulse: Array) -> Array:
        later = jnp.where(same[:, 1], impulse[1], 0.0)
        return jnp.where(same[:, 0], impulse[0], later)

    is_touching = manifold.is_point.any()
    ground = jnp.where(
        is_touching & ~contact.is_touching,
        True,
        jnp.where(~is_touching & contact.is_touching, False, has_ground_contact),
    )
    contact = Contact(
        edge=contact.edge,
        is_touching=is_touching,
        feature=manifold.feature,
        normal_impulse=kept(contact.normal_impulse),
        tangent_impulse=kept(contact.tangent_impulse),
    )
    return contact, ground


def impulses_of(contact: Contact) -> Impulses:
    """The impulses of contacts as pairs of points."""
    normal, tangent = contact.normal_impulse, contact.tangent_impulse
    return Impulses(
        (normal[..., 0], normal[..., 1]), (tangent[..., 0], tangent[..., 1])
    )


def with_impulses(contact: Contact, impulses: Impulses) -> Contact:
    """The contacts with the impulses that were solved for."""
    return contact._replace(
        normal_impulse=jnp.stack(impulses.normal, -1),
        tangent_impulse=jnp.stack(impulses.tangent, -1),
    )


def is_lander_touching(lander: Body, heights: Array) -> Bool[Array, ""]:
    """Whether the lander's hull touches the ground."""
    starts, ends = ends_of(heights, jnp.stack(edges_near(lander.position.x)))
    manifolds = jax.vmap(collide, (None, None, 0, 0))(HULL, lander, starts, ends)
    return manifolds.is_point.any()
