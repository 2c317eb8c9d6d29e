"""Classic control and the swing-up, drawn by gymnasium's own renderers.

gymnasium (Towers et al., 2024) draws what stands in a simulator's `state`.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

import numpy as np

from neurojax.environments.gymnasium import make
from neurojax.environments.gymnax import Gymnax
from neurojax.environments.swing_up import (
    POLE_LENGTH,
    TIME_STEP,
    CartPoleSwingUp,
    SwingUpState,
)
from neurojax.render.picture import Frame, Painter, no_pictures
from neurojax.render.sdl import import_pygame, without_sound

__all__ = ["CLASSIC", "Drawn", "painter"]


class Drawn(NamedTuple):
    """How an environment is drawn."""

    simulator: str  # gymnasium's name
    numbers: Callable[[Any], tuple[Any, ...]]  # what gymnasium's state is made of
    steps_per_second: float | None = None  # None: gymnasium's


def _of_swing_up(state: SwingUpState) -> tuple[Any, ...]:
    # Here the tip of a pole with a positive angle is on the left.
    return state.x, state.velocity, -state.angle, -state.spin


def _of_car(state: Any) -> tuple[Any, ...]:
    return state.position, state.velocity


CLASSIC = {
    "Acrobot-v1": Drawn("Acrobot-v1", lambda s: (s.joint_angle1, s.joint_angle2)),
    "CartPole-v1": Drawn("CartPole-v1", lambda s: (s.x, s.x_dot, s.theta, s.theta_dot)),
    "CartPoleSwingUp": Drawn("CartPole-v1", _of_swing_up, 1 / TIME_STEP),
    "MountainCar-v0": Drawn("MountainCar-v0", _of_car),
    "MountainCarContinuous-v0": Drawn("MountainCarContinuous-v0", _of_car),
    "Pendulum-v1": Drawn("Pendulum-v1", lambda s: (s.theta, s.theta_dot)),
}


@contextmanager
def painter(environment: Gymnax | CartPoleSwingUp) -> Iterator[Painter]:
    """The painter of one of `CLASSIC`.

    Raises:
        ValueError: if it is another.
        ImportError: if pygame or gymnasium is not installed.
    """
    name = environment.name if isinstance(environment, Gymnax) else "CartPoleSwingUp"
    if name not in CLASSIC:
        raise no_pictures(environment)
    import_pygame()
    drawn = CLASSIC[name]
    simulator = make(drawn.simulator, "rgb_array")
    simulator.reset(seed=0)
    inside = simulator.unwrapped
    if name == "CartPoleSwingUp":
        inside.length = POLE_LENGTH / 2  # gymnasium's is half of the pole's

    def paint(state: Any) -> Frame:
        # In float64, as gymnasium's: the pixels are then its own.
        numbers = [np.asarray(number, np.float64) for number in drawn.numbers(state)]
        inside.state = np.stack(numbers).reshape(-1)
        if name == "Pendulum-v1":
            inside.last_u = float(np.squeeze(state.last_u)) or None
        return simulator.render()

    rate = drawn.steps_per_second or simulator.metadata["render_fps"]
    with closing(simulator), without_sound():
        yield Painter(paint, float(rate))
