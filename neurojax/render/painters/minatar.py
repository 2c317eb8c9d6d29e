"""The boards of MinAtar (Young and Tian, 2019, arXiv:1903.03176).

As in MinAtar's own display a channel is a colour, and where several are set the last
one is seen. The colours are ours.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np

from neurojax.environments import Gymnax
from neurojax.render.picture import Frame, Painter

__all__ = ["colored", "painter"]

PIXELS = 32  # of a cell's side
STEPS_PER_SECOND = 15.0  # frame by frame, the games of 60 Hz with an action repeat of 4
BLACK = (0, 0, 0)
# The first is the player in every game.
COLORS = (
    (86, 180, 233),
    (230, 85, 60),
    (150, 150, 165),
    (240, 200, 60),
    (200, 120, 220),
    (90, 190, 110),
    (240, 140, 40),
    (60, 110, 220),
    (250, 170, 190),
    (245, 245, 245),
)
PALETTE = np.array([BLACK, *COLORS], np.uint8)


@contextmanager
def painter(environment: Gymnax) -> Iterator[Painter]:
    """The painter of a game of gymnax's MinAtar."""
    import gymnax

    observe = jax.jit(gymnax.make(environment.name)[0].get_obs)

    def paint(state: Any) -> Frame:
        return colored(np.asarray(observe(state)))

    yield Painter(paint, STEPS_PER_SECOND)


def colored(channels: np.ndarray) -> Frame:
    """The picture of a board `(rows, columns, channels)`."""
    numbers = np.arange(1, channels.shape[-1] + 1)
    cells = PALETTE[np.max(np.where(channels > 0, numbers, 0), axis=-1)]
    return cells.repeat(PIXELS, axis=0).repeat(PIXELS, axis=1)
