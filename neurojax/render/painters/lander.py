"""LunarLander, drawn by gymnasium's own renderer, without the flames."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import numpy as np

from neurojax.environments.gymnasium import make
from neurojax.environments.lunar_lander import LanderState, LunarLander
from neurojax.environments.lunar_lander import constants as c
from neurojax.environments.lunar_lander.vector import rotate
from neurojax.render.picture import Frame, Painter
from neurojax.render.sdl import import_pygame

__all__ = ["painter"]


@contextmanager
def painter(environment: LunarLander) -> Iterator[Painter]:
    """The painter of LunarLander; it puts our bodies into gymnasium's world."""
    import_pygame()
    simulator = make("LunarLander-v3", "rgb_array")
    simulator.reset(seed=0)
    inside = simulator.unwrapped

    def paint(state: LanderState) -> Frame:
        body, legs = state.lander, state.legs
        # Box2D places a body by the origin of its outline, not by its centre of mass.
        origin = body.position + rotate(body.angle, c.LANDER_ORIGIN)
        inside.lander.transform = _xy(origin.x, origin.y), float(body.angle)
        for index, leg in enumerate(inside.legs):
            place = _xy(legs.position.x[index], legs.position.y[index])
            leg.transform = place, float(legs.angle[index])
        inside.sky_polys = _sky(np.asarray(state.terrain))
        return simulator.render()

    with closing(simulator):
        yield Painter(paint, float(c.STEPS_PER_SECOND))


def _xy(x: object, y: object) -> tuple[float, float]:
    return float(np.asarray(x)), float(np.asarray(y))


def _sky(heights: np.ndarray) -> list[list[tuple[float, float]]]:
    """What lies above each edge of the ground; the ground is what is left white."""
    points = [(i * c.EDGE_WIDTH, float(height)) for i, height in enumerate(heights)]
    return [
        [left, right, (right[0], c.HEIGHT), (left[0], c.HEIGHT)]
        for left, right in zip(points, points[1:], strict=False)
    ]
