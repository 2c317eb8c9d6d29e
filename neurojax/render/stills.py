"""Pictures of given states of environments in JAX."""

from collections.abc import Iterator

import jax

from neurojax.render.painters.table import painter_of
from neurojax.render.picture import Frame, Painter, at
from neurojax.types import Environment, EnvState

__all__ = ["frames"]


def frames(
    environment: Environment, states: EnvState, *, painter: Painter | None = None
) -> Iterator[Frame]:
    """Pictures of states, one after the other.

    Classic control, the swing-up and LunarLander are drawn by gymnasium's own
    renderers (the flames of engines are left out), MinAtar in one colour per channel,
    and brax's bodies by casting rays, which needs neither a display nor OpenGL.

    Args:
        environment: in JAX; without a `painter`, one of those.
        states: of it, with a leading axis; what an explosion made NaN cannot be drawn.
        painter: draws any other environment, or one of those in another way.

    Returns:
        Red, green and blue, `(height, width, 3)` in 0 to 255, for each state.

    Raises:
        ValueError: if there are no pictures of the environment.
        ImportError: if a library that draws them is not installed.
    """
    states = jax.device_get(states)
    with painter_of(environment, painter) as (paint, _):
        for index in range(len(jax.tree.leaves(states)[0])):
            yield paint(at(states, index))
