"""Plane vectors as pairs of arrays.

The two numbers are kept apart so that a batch, added by `vmap`, is the innermost axis
of every array: the loops of the solver then fill the processor's vector units.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool


class Vector(NamedTuple):
    """A vector, or many of them: `x` and `y` have one shape."""

    x: Any
    y: Any

    def __add__(self, other: "Vector") -> "Vector":
        return Vector(self.x + other.x, self.y + other.y)

    def __sub__(self, other: "Vector") -> "Vector":
        return Vector(self.x - other.x, self.y - other.y)

    def __mul__(self, scale: Any) -> "Vector":
        return Vector(self.x * scale, self.y * scale)

    def __neg__(self) -> "Vector":
        return Vector(-self.x, -self.y)

    def pick(self, index: Any) -> "Vector":
        """The vectors at `index` of the leading axis."""
        return Vector(self.x[index], self.y[index])


def dot(a: Vector, b: Vector) -> Any:
    """a . b."""
    return a.x * b.x + a.y * b.y


def cross(a: Vector, b: Vector) -> Any:
    """The third component of a x b."""
    return a.x * b.y - a.y * b.x


def spun(spin: Any, arm: Vector) -> Vector:
    """The velocity of the tip of an arm that turns at `spin` rad/s."""
    return Vector(-spin * arm.y, spin * arm.x)


def clockwise(a: Vector) -> Vector:
    """`a` turned by a right angle, clockwise."""
    return Vector(a.y, -a.x)


def rotate(angle: Any, a: Vector) -> Vector:
    """`a` turned by `angle` rad, counter-clockwise."""
    cosine, sine = jnp.cos(angle), jnp.sin(angle)
    return Vector(cosine * a.x - sine * a.y, sine * a.x + cosine * a.y)


def unit(a: Vector) -> Vector:
    """`a` at length 1; a zero vector stays zero."""
    length = jnp.sqrt(dot(a, a))
    return a * jnp.where(length > 0, 1 / jnp.where(length > 0, length, 1.0), 0.0)


def choose(condition: Bool[Array, "..."], a: Any, b: Any) -> Any:
    """`a` where the condition holds, else `b`; any two trees of one structure."""
    return jax.tree.map(lambda x, y: jnp.where(condition, x, y), a, b)


def part(tree: Any, index: Any) -> Any:
    """What is at `index` of the leading axis of every array."""
    return jax.tree.map(lambda leaf: leaf[index], tree)
