"""Pictures of capsules on a floor, by casting a ray for every pixel.

It runs wherever JAX does, and needs neither a display nor OpenGL.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, UInt8

__all__ = ["Capsules", "View", "picture"]

WIDTH, HEIGHT = 400, 300
FIELD = 0.4  # half the height of the picture, seen from distance 1
SKY = (0.85, 0.91, 0.97)
TILES = ((0.58, 0.63, 0.69), (0.68, 0.73, 0.79))
UP = (0.0, 0.0, 1.0)
LIGHT = (-0.33, -0.44, 0.83)  # towards it, of length 1
DARK = 0.45  # brightness in the shade; 1 in full light
SHADES = 12  # between them: few colours make small files
HAZE = 6.0  # the floor has faded at so many times the distance of the target
FAR = 1e6  # of a ray that hits nothing, m
LIFT = 1e-3  # m: a point must not lie in its own shadow
TINY = 1e-9

# Components come first: a row of pixels then fills the processor's vector units.
Points = Float[Array, "3 pixels"]


class Capsules(NamedTuple):
    """Capsules, one or many with a leading axis; spheres if their ends coincide."""

    start: Float[Array, "... 3"]  # m
    end: Float[Array, "... 3"]
    radius: Float[Array, "..."]
    color: Float[Array, "... 3"]  # 0 to 1


class View(NamedTuple):
    """Where the camera is, what it looks at, and the floor."""

    eye: Float[Array, "3"]  # m
    target: Float[Array, "3"]
    floor: Float[Array, ""]  # height, m; -inf if there is none
    tile: Float[Array, ""]  # side of a tile, m


@jax.jit
def picture(capsules: Capsules, view: View) -> UInt8[Array, "height width 3"]:
    """Red, green and blue, 0 to 255."""
    rays, eye = _rays(view), view.eye[:, None]
    to_body, hit = _nearest(capsules, eye, rays)
    to_floor = jnp.where(rays[2] < 0, (view.floor - view.eye[2]) / rays[2], FAR)
    is_body, depth = to_body < to_floor, jnp.minimum(to_body, to_floor)
    point = eye + depth * rays
    struck = Capsules(*(leaf[hit].T for leaf in capsules))
    normal = jnp.where(is_body, _normal(struck, point), _column(UP))
    shade = _brightness(capsules, point, normal)
    far = HAZE * jnp.linalg.norm(view.eye - view.target)
    floor, sky = _tiles(view, point) * shade, _column(SKY)
    haze = jnp.round(SHADES * jnp.clip(depth / far, 0.0, 1.0)) / SHADES
    floor += (sky - floor) * haze
    color = jnp.where(is_body, struck.color * shade, floor)
    color = jnp.where(depth < FAR, color, sky)
    return (255 * color).astype(jnp.uint8).T.reshape(HEIGHT, WIDTH, 3)


def _rays(view: View) -> Points:
    """The direction of each pixel, from the upper left, row by row."""
    forward = _unit(view.target - view.eye)
    right = _unit(jnp.cross(forward, jnp.asarray(UP)))
    above = jnp.cross(right, forward)
    rows = (HEIGHT - 1 - 2 * jnp.arange(HEIGHT)) / HEIGHT * FIELD
    columns = (2 * jnp.arange(WIDTH) - WIDTH + 1) / HEIGHT * FIELD
    rays = above[:, None, None] * rows[:, None] + right[:, None, None] * columns
    return _unit((rays + forward[:, None, None]).reshape(3, -1))


def _nearest(
    capsules: Capsules, origins: Float[Array, "3 _"], rays: Float[Array, "3 _"]
) -> tuple[Float[Array, " pixels"], Int[Array, " pixels"]]:
    """How far away the nearest capsule on each ray is, and which one it is."""

    def look(found: tuple[Array, Array], one: tuple[Array, Capsules]) -> tuple:
        index, capsule = one
        distance = _distance(capsule, origins, rays)
        is_nearer = distance < found[0]
        distance = jnp.where(is_nearer, distance, found[0])
        return (distance, jnp.where(is_nearer, index, found[1])), None

    pixels = WIDTH * HEIGHT
    nothing = jnp.full(pixels, FAR), jnp.zeros(pixels, jnp.int32)
    each = jnp.arange(len(capsules.radius)), capsules
    return jax.lax.scan(look, nothing, each)[0]


def _distance(capsule: Capsules, origins: Array, rays: Array) -> Array:
    """The way along each ray to a capsule: to its side or one of its two balls."""
    axis = _column(capsule.end - capsule.start)
    offset = origins - _column(capsule.start)
    length2, along_ray, along = _dot(axis, axis), _dot(rays, axis), _dot(offset, axis)
    # Times length2, the squared distance from the axis less that of the surface.
    a = length2 - along_ray**2
    b = length2 * _dot(offset, rays) - along * along_ray
    c = length2 * (_dot(offset, offset) - capsule.radius**2) - along**2
    side = _first_root(a, b, c)
    height = along + side * along_ray
    side = jnp.where((height >= 0) & (height <= length2), side, FAR)

    def to_ball(center: Array) -> Array:
        away = origins - _column(center)
        outside = _dot(away, away) - capsule.radius**2
        return _first_root(jnp.float32(1.0), _dot(away, rays), outside)

    balls = jnp.minimum(to_ball(capsule.start), to_ball(capsule.end))
    return jnp.minimum(side, balls)


def _first_root(a: Array, b: Array, c: Array) -> Array:
    """The smaller t with a t^2 + 2 b t + c = 0; FAR if it is not ahead."""
    inside = b * b - a * c
    root = (-b - jnp.sqrt(jnp.maximum(inside, 0.0))) / jnp.maximum(a, TINY)
    return jnp.where((inside >= 0) & (a > TINY) & (root > 0), root, FAR)


def _normal(capsule: Capsules, point: Points) -> Points:
    """Away from the nearest point of the axis, each pixel with a capsule of its own."""
    axis, offset = capsule.end - capsule.start, point - capsule.start
    part = _dot(offset, axis) / jnp.maximum(_dot(axis, axis), TINY)
    return _unit(offset - jnp.clip(part, 0.0, 1.0) * axis)


def _brightness(
    capsules: Capsules, point: Points, normal: Points
) -> Float[Array, " pixels"]:
    """How light each point is, 1 at most."""
    light = _column(LIGHT)
    facing = jnp.maximum(_dot(normal, light), 0.0)
    free, _ = _nearest(capsules, point + LIFT * normal, light)
    facing = jnp.where(free < FAR, 0.0, facing)
    return DARK + (1 - DARK) * jnp.round(SHADES * facing) / SHADES


def _tiles(view: View, point: Points) -> Points:
    tile = jnp.floor(point[:2] / view.tile).sum(axis=0).astype(jnp.int32) % 2
    return jnp.asarray(TILES)[tile].T


def _dot(a: Array, b: Array) -> Array:
    # XLA does not fuse a sum over three rows into vector instructions: 5 times slower.
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _unit(vector: Array) -> Array:
    return vector / jnp.maximum(jnp.sqrt(_dot(vector, vector)), TINY)


def _column(vector: Any) -> Float[Array, "3 1"]:
    return jnp.asarray(vector)[:, None]
