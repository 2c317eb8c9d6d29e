"""What a lunar lander remembers from step to step."""

from typing import NamedTuple

from jaxtyping import Array, Bool, Float, Int

from neurojax.environments.lunar_lander.vector import Vector


class Body(NamedTuple):
    """A rigid body, or several with a leading axis."""

    position: Vector  # of the centre of mass, m
    angle: Float[Array, "..."]  # rad
    velocity: Vector  # of the centre of mass, m/s
    spin: Float[Array, "..."]  # rad/s


class Hinge(NamedTuple):
    """What the joints of the legs exerted in the last step, as a first guess."""

    impulse: Vector  # (2,) each, N s
    limit_impulse: Float[Array, "..."]
    motor_impulse: Float[Array, "..."]
    limit: Float[Array, "..."]  # -1 at the lower angle, 1 at the upper, 0 between


class Contact(NamedTuple):
    """Contacts of a leg with up to two edges of the terrain, the newest first.

    Axes are (leg, slot); the last one of features and impulses is the point of contact.
    """

    edge: Int[Array, "..."]  # -1 if the slot is empty
    is_touching: Bool[Array, "..."]
    feature: Int[Array, "..."]  # which corners meet; -1 if the point is absent
    normal_impulse: Float[Array, "..."]  # of the last step, N s
    tangent_impulse: Float[Array, "..."]


class Box(NamedTuple):
    """An upright box around a leg; contacts exist while it meets that of an edge."""

    lower: Vector
    upper: Vector


class LanderState(NamedTuple):
    """All of an episode of LunarLander; axes of two are the left and right leg."""

    lander: Body
    legs: Body  # (2,)
    hinges: Hinge  # (2,)
    contacts: Contact  # (2, 2)
    boxes: Box  # (2,)
    has_ground_contact: Bool[Array, "2"]
    has_crashed: Bool[Array, ""]
    is_awake: Bool[Array, ""]
    rest_time: Float[Array, "3"]  # s, of lander and legs
    shaping: Float[Array, ""]  # what rewards are differences of
    time: Int[Array, ""]  # steps done, the one in `reset` not counted
    terrain: Float[Array, "11"]  # m, height of the points
    wind_time: Int[Array, ""]
    turbulence_time: Int[Array, ""]
    # Of the engines in each step, in [-1, 1): (steps, 2). No rows: it is drawn from the
    # key of the step.
    dispersion: Float[Array, "steps 2"]
