"""Pictures, who draws them, and films that are made of them."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import jax
import numpy as np
from jaxtyping import UInt8

from neurojax import checks
from neurojax.rollouts import EpisodeReturn
from neurojax.types import EnvState

__all__ = ["Film", "Frame", "Painter", "Shot", "at", "checked", "no_pictures"]

Frame: TypeAlias = UInt8[np.ndarray, "height width 3"]


class Painter(NamedTuple):
    """Who draws a world, one's own for instance.

    `paint` turns a state of the environment, with leaves of numpy, into red, green and
    blue: uint8 `(height, width, 3)`. A `HostEnvironment` has no such state: there it is
    given what `vector(1)` made, after its `reset` or `step`.
    """

    paint: Callable[[Any], Frame]
    steps_per_second: float  # in life


class Shot(NamedTuple):
    """A picture of a film.

    The last one shows where the episode ended; its `so_far` is what the episode came
    to. Where the network gave a NaN that is the state before.
    """

    frame: Frame
    step: int  # environment steps before it
    so_far: EpisodeReturn


class Film(NamedTuple):
    """Pictures of an episode, taken one after the other as they are asked for."""

    shots: Iterator[Shot]
    steps_per_second: float  # in life
    every: int  # steps from one picture to the next; the last one may come sooner


def at(states: EnvState, index: int) -> EnvState:
    """The state at `index` of the leading axis."""
    return jax.tree.map(lambda leaf: leaf[index], states)


def checked(painter: Painter) -> Painter:
    """The painter of a user, whose pictures are looked at before they are passed on.

    Raises:
        ValueError: if `steps_per_second` is not above 0 or, later, what `paint` returns
            is no picture.
    """
    words = "must be a painter: neurojax.render.Painter(paint, steps_per_second)."
    checks.instance("painter", painter, Painter, words)
    checks.positive("painter.steps_per_second", painter.steps_per_second)

    def paint(state: Any) -> Frame:
        # A copy: the next picture may be drawn on the same canvas.
        frame = np.array(painter.paint(state))
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
            raise ValueError(
                f"painter.paint gave {frame.dtype} {frame.shape}; a picture is uint8 "
                "(height, width, 3): red, green and blue in 0 to 255."
            )
        return frame

    return painter._replace(paint=paint)


def no_pictures(environment: Any) -> ValueError:
    """The error for an environment that nobody draws."""
    return ValueError(
        f"environment={environment} has no pictures; there are those of gymnax's "
        "classic control and MinAtar, CartPoleSwingUp, LunarLander, Brax, Gymnasium "
        "and Atari. Draw it yourself: painter=neurojax.render.Painter(paint, "
        "steps_per_second)."
    )
