"""Cart-pole swing-up as in EvoJAX (Tang et al., 2022, arXiv:2202.05008).

EvoJAX: https://github.com/google/evojax, `evojax/task/cartpole.py`. The equations are
those of Deisenroth (2010, "Efficient Reinforcement Learning using Gaussian Processes"),
as Freeman et al. (2019, arXiv:1910.13038) used them.

Differs from EvoJAX: an episode does not restart by itself, and an action is a force in
newtons. An output x means the same force: `choose_action` makes it 10 tanh(x), EvoJAX's
policy tanh(x), which its task multiplies by 10.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32, Int

from neurojax import checks
from neurojax.types import Key

__all__ = ["MAX_FORCE", "CartPoleSwingUp", "SwingUpState"]

GRAVITY = 9.82  # m/s^2
CART_MASS = 0.5  # kg
POLE_MASS = 0.5  # kg, spread evenly along the pole
POLE_LENGTH = 0.6  # m
FRICTION = 0.1  # N s/m, between cart and track
MAX_FORCE = 10.0  # N
TIME_STEP = 0.01  # s
TRACK = 2.4  # m from the middle to either end


class SwingUpState(NamedTuple):
    """Where cart and pole are and how fast; an angle of 0 is upright."""

    x: Float[Array, ""]  # m
    velocity: Float[Array, ""]  # m/s
    angle: Float[Array, ""]  # radians, not wrapped
    cosine: Float[Array, ""]  # of the angle: observed, and needed by the next step
    sine: Float[Array, ""]
    spin: Float[Array, ""]  # radians/s
    time: Int[Array, ""]  # steps


@dataclass(frozen=True)
class CartPoleSwingUp:
    """Swing a pole up from below by pushing its cart, and keep it there.

    Observations are `(5,)`: position (m) and velocity of the cart, cosine and sine of
    the pole's angle (0 is upright), and its angular velocity (radians/s). The action is
    `(1,)`: a force in [-10, 10] N, held for 0.01 s. The reward of a step is
    `(1 + cos(angle)) / 2 * cos(pi / 2 * x / 2.4)` after it, 1 at best; that of the last
    step counts. The episode terminates when the cart leaves the track of 4.8 m.

    Args:
        hard: whether the cart starts anywhere on the track, the pole up to 90 degrees
            from hanging, and both move at up to 10 m/s and 10 radians/s (all uniform).
            Otherwise the cart rests in the middle and the pole hangs, but for a normal
            noise with a standard deviation of 0.2 on all four.
        max_steps: after which an episode is truncated.

    Raises:
        ValueError: if `max_steps` is no integer of at least 1, or `hard` no bool.
    """

    hard: bool = False
    max_steps: int = 1000

    def __post_init__(self) -> None:
        checks.flag("hard", self.hard)
        checks.integer_between("max_steps", self.max_steps, 1)

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Shape of one observation."""
        return (5,)

    @property
    def num_actions(self) -> None:
        """None: actions are continuous."""
        return None

    @property
    def action_size(self) -> int:
        """How many numbers an action has."""
        return 1

    @property
    def action_bounds(
        self,
    ) -> tuple[Float32[np.ndarray, " size"], Float32[np.ndarray, " size"]]:
        """Lowest and highest force."""
        force = np.full(1, MAX_FORCE, np.float32)
        return -force, force

    def reset(self, key: Key) -> tuple[Float[Array, "5"], SwingUpState]:
        """Begin an episode."""
        if self.hard:
            spread = jnp.array([TRACK, 10.0, jnp.pi / 2, 10.0], jnp.float32)
            noise = spread * jax.random.uniform(key, (4,), jnp.float32, -1.0)
        else:
            noise = 0.2 * jax.random.normal(key, (4,), jnp.float32)
        middle = jnp.array([0.0, 0.0, jnp.pi, 0.0], jnp.float32)
        x, velocity, angle, spin = noise + middle
        state = SwingUpState(
            x, velocity, angle, jnp.cos(angle), jnp.sin(angle), spin, jnp.int32(0)
        )
        return _observed(state), state

    def step(
        self, key: Key, state: SwingUpState, action: Float[Array, "1"]
    ) -> tuple[
        Float[Array, "5"],
        SwingUpState,
        Float[Array, ""],
        Bool[Array, ""],
        Bool[Array, ""],
    ]:
        """Return observation, state, reward, terminated, truncated.

        A force beyond the bounds counts as the bound. The key is not used.
        """
        state = _moved(state, jnp.clip(action[0], -MAX_FORCE, MAX_FORCE))
        height = (1 + state.cosine) / 2
        reward = height * jnp.cos(state.x * (np.pi / 2 / TRACK))
        terminated = jnp.abs(state.x) > TRACK
        return _observed(state), state, reward, terminated, state.time >= self.max_steps


def _moved(state: SwingUpState, force: Float[Array, ""]) -> SwingUpState:
    """One explicit Euler step.

    The pole, with its mass spread evenly, turns about its foot on the cart:
    pole_mass * length**2 / 3 is its moment of inertia.
    """
    x, velocity, angle, c, s, spin, time = state
    weight = 3 * POLE_MASS * GRAVITY * c - 2 * POLE_MASS * POLE_LENGTH * spin * spin
    mass = 4 * (CART_MASS + POLE_MASS) - 3 * POLE_MASS * c * c
    acceleration = (s * weight + 4 * (force - FRICTION * velocity)) / mass
    angular = 1.5 / POLE_LENGTH * (acceleration * c + GRAVITY * s)
    angle = angle + TIME_STEP * spin
    return SwingUpState(
        x + TIME_STEP * velocity,
        velocity + TIME_STEP * acceleration,
        angle,
        jnp.cos(angle),
        jnp.sin(angle),
        spin + TIME_STEP * angular,
        time + 1,
    )


def _observed(state: SwingUpState) -> Float[Array, "5"]:
    return jnp.stack([state.x, state.velocity, state.cosine, state.sine, state.spin])
