"""Environments and networks small enough to play by hand."""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp


class WalkState(NamedTuple):
    place: jax.Array
    time: jax.Array


@dataclass(frozen=True)
class Walk:
    """On places 0..goal: action 1 goes on, 0 stays; reward is 1 + place + noise.

    Terminates at `goal`, is truncated after `limit` steps; starts at place 0 or 1.
    """

    goal: int = 3
    max_steps: int = 7
    limit: int = 7
    noise: float = 0.0

    observation_shape = (1,)
    num_actions = 2

    def reset(self, key):
        place = jax.random.bernoulli(key).astype(jnp.int32)
        return self._observe(place), WalkState(place, jnp.int32(0))

    def step(self, key, state, action):
        place, time = state.place + action, state.time + 1
        reward = 1.0 + place + self.noise * jax.random.normal(key)
        state = WalkState(place, time)
        return (
            self._observe(place),
            state,
            reward,
            place >= self.goal,
            time >= self.limit,
        )

    def _observe(self, place):
        return place.astype(jnp.float32)[None]


@dataclass(frozen=True)
class Aim:
    """Continuous actions in [-1, 3] x [0, 5]; the reward is their sum. Five steps."""

    max_steps = 5
    observation_shape = (3,)
    num_actions = None
    action_bounds = (jnp.array([-1.0, 0.0]), jnp.array([3.0, 5.0]))

    def reset(self, key):
        return jnp.zeros(3), jnp.int32(0)

    def step(self, key, state, action):
        time = state + 1
        return jnp.zeros(3), time, jnp.sum(action), jnp.bool_(False), time >= 5


@dataclass(frozen=True)
class GoAfter:
    """Stays for as many steps as its weight says, then goes on: it has to count."""

    def init(self, key):
        return jnp.float32(2)

    def reset(self, key, weights):
        return jnp.float32(0)

    def apply(self, weights, carry, observation):
        goes = carry >= weights
        return carry + 1, jnp.where(goes, jnp.array([0.0, 1.0]), jnp.array([1.0, 0.0]))
