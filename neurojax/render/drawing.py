"""Pictures of the states of environments in JAX."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

import jax
import numpy as np
from jaxtyping import UInt8

from neurojax.environments import Brax, CartPoleSwingUp, Gymnax, LunarLander
from neurojax.types import Environment, EnvState

Frame: TypeAlias = UInt8[np.ndarray, "height width 3"]


class Painter(NamedTuple):
    """Who draws an environment."""

    paint: Callable[[EnvState], Frame]  # of one state, with leaves of numpy
    steps_per_second: float  # in life


def frames(environment: Environment, states: EnvState) -> Iterator[Frame]:
    """Pictures of states, one after the other.

    Classic control, the swing-up and LunarLander are drawn by gymnasium's own
    renderers (the flames of engines are left out), MinAtar in one colour per channel,
    and brax's bodies by casting rays, which needs neither a display nor OpenGL.

    Args:
        environment: one of those, in JAX.
        states: of it, with a leading axis; what an explosion made NaN cannot be drawn.

    Returns:
        Red, green and blue, `(height, width, 3)` in 0 to 255, for each state.

    Raises:
        ValueError: if there are no pictures of the environment.
        ImportError: if a library that draws them is not installed.
    """
    states = jax.device_get(states)
    with painter(environment) as (paint, _):
        for index in range(len(jax.tree.leaves(states)[0])):
            yield paint(at(states, index))


def at(states: EnvState, index: int) -> EnvState:
    """The state at `index` of the leading axis."""
    return jax.tree.map(lambda leaf: leaf[index], states)


@contextmanager
def painter(environment: Any) -> Iterator[Painter]:
    """The painter of an environment, at work while the `with` block lasts.

    Raises:
        ValueError: if there is none.
        ImportError: if a library is not installed.
    """
    # Each is imported where it is used: most draw with a library of their own.
    if isinstance(environment, LunarLander):
        from neurojax.render.painters.lander import lander

        yield lander()
    elif isinstance(environment, Brax):
        from neurojax.render.painters.brax import bodies

        yield bodies(environment)
    elif isinstance(environment, Gymnax) and environment.name.endswith("-MinAtar"):
        from neurojax.render.painters.minatar import board

        yield board(environment)
    else:
        from neurojax.render.painters.classic import CLASSIC, classic

        name = environment.name if isinstance(environment, Gymnax) else None
        if isinstance(environment, CartPoleSwingUp):
            name = CartPoleSwingUp.__name__
        if name not in CLASSIC:
            raise ValueError(
                f"environment={environment} has no pictures; there are those of "
                "gymnax's classic control and MinAtar, CartPoleSwingUp, LunarLander, "
                "Brax, Gymnasium and Atari."
            )
        with classic(name) as one:
            yield one
