"""A corridor to be walked to its end (source): a skeleton of an environment.

Differs from the original: say here in what.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from neurojax.types import Key


class MyState(NamedTuple):
    """Where the walker is, and since when."""

    place: Int[Array, ""]
    time: Int[Array, ""]  # steps


@dataclass(frozen=True)
class MyEnvironment:
    """Walk to the end of a corridor; each step there costs 1.

    Observations are `(1,)`: the share of the way. Actions are 0, back, and 1, forth.
    The episode terminates at the end. Where actions are continuous, `num_actions` is
    None and `action_bounds` two float32 arrays `(action_size,)`, lowest and highest.

    Args:
        length: places, at least 2.
        max_steps: after which an episode is truncated.

    Raises:
        ValueError: if an argument is out of its range.
    """

    length: int = 7
    max_steps: int = 50

    observation_shape = (1,)
    num_actions = 2

    def __post_init__(self) -> None:
        for name, least in (("length", 2), ("max_steps", 1)):
            if getattr(self, name) < least:
                raise ValueError(
                    f"{name}={getattr(self, name)} must be at least {least}."
                )

    def reset(self, key: Key) -> tuple[Float[Array, "1"], MyState]:
        """Begin an episode in the first half."""
        place = jax.random.randint(key, (), 0, self.length // 2)
        state = MyState(place, jnp.int32(0))
        return self._observed(state), state

    def step(
        self, key: Key, state: MyState, action: Int[Array, ""]
    ) -> tuple[
        Float[Array, "1"], MyState, Float[Array, ""], Bool[Array, ""], Bool[Array, ""]
    ]:
        """Return observation, state, reward, terminated, truncated."""
        place = jnp.clip(state.place + 2 * action - 1, 0, self.length - 1)
        state = MyState(place, state.time + 1)
        has_arrived = place == self.length - 1
        is_late = state.time >= self.max_steps
        return self._observed(state), state, jnp.float32(-1), has_arrived, is_late

    def _observed(self, state: MyState) -> Float[Array, "1"]:
        return jnp.array([state.place / (self.length - 1)], jnp.float32)
