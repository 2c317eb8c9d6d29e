"""The bodies of brax (Freeman et al., 2021): its planes, spheres and capsules.

Differs from `brax.io.image`, which draws through OpenGL and so fails on machines
without it: rays are cast in JAX. The camera follows a body that can move about.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from neurojax.environments.brax import Brax, BraxState, made
from neurojax.render.painters.raycast import Capsules, View, picture
from neurojax.render.picture import Frame, Painter

__all__ = ["painter"]

PLANE, SPHERE, CAPSULE = 0, 2, 3  # mujoco's mjtGeom
FROM = (-0.35, -1.0, 0.5)  # from the target to the camera
AWAY, AWAY_FROM_ARM = 1.7, 2.6  # so many times the model's size
GREY = (0.62, 0.62, 0.65)  # of what does not move
# Of the robot, and of further things that hang on nothing, such as targets.
COLORS = ((0.95, 0.58, 0.22), (0.20, 0.65, 0.55), (0.80, 0.30, 0.45))
MOVES_ABOUT = "f23"  # joints of a first link that a camera follows: free, 2 or 3


class Shapes(NamedTuple):
    """A model's capsules, each in the frame of its link; link 0 is the world."""

    link: np.ndarray
    start: np.ndarray
    end: np.ndarray
    radius: np.ndarray
    color: np.ndarray


@contextmanager
def painter(environment: Brax) -> Iterator[Painter]:
    """The painter of a brax environment.

    Raises:
        ValueError: if its model has other shapes.
    """
    simulator = made(environment)
    model = simulator.sys.mj_model
    shapes = _shapes(environment, simulator.sys)
    target, size, floor = _stage(model, shapes)
    root = _at_rest(model)[0][1][:2]
    follows = simulator.sys.link_types[0] in MOVES_ABOUT
    if not follows:  # it stands still and reaches to all sides
        target[:2] = root
    away = size * (AWAY if follows else AWAY_FROM_ARM)
    camera = away * np.array(FROM) / np.linalg.norm(FROM)

    @jax.jit
    def drawn(position: Float[Array, "links 3"], rotation: Float[Array, "links 4"]):
        moved = (position[0, :2] - root) * follows
        looks_at = jnp.asarray(target).at[:2].add(moved)
        tile = jnp.float32(size / 4)
        view = View(looks_at + camera, looks_at, jnp.float32(floor), tile)
        return picture(_placed(shapes, position, rotation), view)

    def paint(state: BraxState) -> Frame:
        links = state.brax.pipeline_state.x
        return np.asarray(drawn(links.pos, links.rot))

    yield Painter(paint, 1 / float(simulator.dt))


def _shapes(environment: Brax, system: Any) -> Shapes:
    model = system.mj_model
    kinds = set(model.geom_type.tolist()) - {PLANE, SPHERE, CAPSULE}
    if kinds:
        raise ValueError(
            f"environment={environment} has shapes of mujoco's kinds {sorted(kinds)}; "
            "pictures are made of planes (0), spheres (2) and capsules (3)."
        )
    drawn = model.geom_type != PLANE
    half = np.where(model.geom_type == CAPSULE, model.geom_size[:, 1], 0.0)[drawn]
    along = np.zeros((len(half), 3))
    along[:, 2] = half
    along = np.asarray(_turned(model.geom_quat[drawn], along))
    center = model.geom_pos[drawn]
    colors = np.array([GREY, *_colors([int(p) for p in system.link_parents])])
    return Shapes(
        model.geom_bodyid[drawn],
        center - along,
        center + along,
        model.geom_size[drawn, 0],
        colors[model.geom_bodyid[drawn]],
    )


def _colors(parents: list[int]) -> list[tuple[float, float, float]]:
    """Of each link: what hangs together has one color."""
    colors, roots = [], 0
    for parent in parents:
        roots += parent == -1
        root = COLORS[(roots - 1) % len(COLORS)]
        colors.append(root if parent == -1 else colors[parent])
    return colors


def _at_rest(model: Any) -> tuple[np.ndarray, np.ndarray]:
    """Positions and rotations of the links, the world first, at the reset's mean."""
    from mujoco import MjData, mj_kinematics  # pyright: ignore (written in C++)

    data = MjData(model)
    mj_kinematics(model, data)
    return data.xpos, data.xquat


def _stage(model: Any, shapes: Shapes) -> tuple[np.ndarray, float, float]:
    """What to look at, its size, and the floor's height; -inf if there is none."""
    position, rotation = _at_rest(model)
    capsules = _placed(shapes, position[1:], rotation[1:])
    ends = np.concatenate([capsules.start, capsules.end])
    ends = ends[np.tile(shapes.link, 2) > 0]  # without rails and walls
    low, high = ends.min(axis=0), ends.max(axis=0)
    planes = model.geom_pos[model.geom_type == PLANE, 2]
    floor = planes.min() if len(planes) else -np.inf
    return (low + high) / 2, float(np.linalg.norm(high - low)), float(floor)


def _placed(shapes: Shapes, position: Any, rotation: Any) -> Capsules:
    """The capsules in the world, from positions and rotations of the links."""
    nowhere, unturned = np.zeros((1, 3)), np.array([[1.0, 0.0, 0.0, 0.0]])
    position = jnp.concatenate([nowhere, position])[shapes.link]
    rotation = jnp.concatenate([unturned, rotation])[shapes.link]
    return Capsules(
        position + _turned(rotation, shapes.start),
        position + _turned(rotation, shapes.end),
        jnp.asarray(shapes.radius, jnp.float32),
        jnp.asarray(shapes.color, jnp.float32),
    )


def _turned(rotation: Any, vector: Any) -> Array:
    """Vectors `(..., 3)` turned by quaternions `(..., 4)`, the scalar first."""
    scalar, axis = rotation[..., :1], rotation[..., 1:]
    return vector + 2 * jnp.cross(axis, jnp.cross(axis, vector) + scalar * vector)
