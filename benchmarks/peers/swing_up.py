"""Our swing-up in gymnax's call shape, which gymnax and evosax do not bring."""

import jax.numpy as jnp
from flax import struct
from gymnax.environments import environment, spaces

from neurojax.environments.swing_up import MAX_FORCE, CartPoleSwingUp, SwingUpState


@struct.dataclass
class Params(environment.EnvParams):
    """gymnax's parameters."""

    max_steps_in_episode: int = 1000


@struct.dataclass
class State(environment.EnvState):
    """gymnax's state around ours."""

    swing_up: SwingUpState


class SwingUp(environment.Environment):
    """Our swing-up in gymnax's call shape; actions in [-1, 1]."""

    def __init__(self, hard: bool) -> None:
        super().__init__()
        self.ours = CartPoleSwingUp(hard)

    @property
    def default_params(self) -> Params:
        """A thousand steps."""
        return Params()

    def reset_env(self, key, params):  # type: ignore[no-untyped-def]
        """Begin an episode."""
        observation, state = self.ours.reset(key)
        return observation, State(time=0, swing_up=state)

    def step_env(self, key, state, action, params):  # type: ignore[no-untyped-def]
        """One step, without a new start."""
        observation, after, reward, terminated, _ = self.ours.step(
            key, state.swing_up, jnp.asarray(MAX_FORCE * action)
        )
        return observation, State(state.time + 1, after), reward, terminated, {}

    def action_space(self, params=None):  # type: ignore[no-untyped-def]
        """One number."""
        return spaces.Box(-1.0, 1.0, (1,))

    def observation_space(self, params):  # type: ignore[no-untyped-def]
        """Five numbers."""
        return spaces.Box(-jnp.inf, jnp.inf, (5,))
