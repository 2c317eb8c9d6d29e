"""Worlds that each ask a learner for one thing: which of them it fails says what fails.

Episodes last a few steps, and what is right is known to a number. In the manner of
rejax's tests (Liesen, 2024). Actions are discrete, 0 and 1, or `continuous`, one number
in [-1, 1]; a discrete action counts as -1 or 1.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

GOAL = 0.5  # the best number to do
BLANKS = 3  # steps at which what was seen is seen no more


@dataclass(frozen=True)
class Probe:
    """What all have in common; a world is a `reset` and a `step`."""

    continuous: bool = False

    max_steps = 2
    observation_shape = (1,)

    @property
    def num_actions(self):
        return None if self.continuous else 2

    @property
    def action_bounds(self):
        one = np.ones(1, np.float32)
        return (-one, one) if self.continuous else None

    def reset(self, key):
        return jnp.zeros(1), ()

    def done(self, action):
        """The number that an action counts as."""
        return action[0] if self.continuous else 2.0 * action - 1

    def worth(self, action, goal):
        """1 at the goal, and less the further from it."""
        return 1 - (self.done(action) - goal) ** 2


NO, YES = jnp.bool_(False), jnp.bool_(True)


@dataclass(frozen=True)
class Value(Probe):
    """Every step pays 1 and is the last: V = 1.

    With `truncated` it is cut instead, so that more of the same would follow:
    V = 1 / (1 - discount).
    """

    truncated: bool = False

    def step(self, key, state, action):
        is_cut = jnp.bool_(self.truncated)
        return jnp.zeros(1), (), jnp.float32(1), ~is_cut, is_cut


@dataclass(frozen=True)
class Observed(Probe):
    """Sees -1 or 1 and is paid that: V(o) = o."""

    def reset(self, key):
        sign = jax.random.rademacher(key, (), jnp.float32)
        return sign[None], sign

    def step(self, key, state, action):
        return jnp.zeros(1), state, state, YES, NO


@dataclass(frozen=True)
class Discounted(Probe):
    """Sees 0, then 1, and is paid 1 for the second step: V(1) = 1, V(0) = discount."""

    def reset(self, key):
        return jnp.zeros(1), jnp.float32(0)

    def step(self, key, state, action):
        return jnp.ones(1), jnp.float32(1), state, state == 1, NO


@dataclass(frozen=True)
class Acted(Probe):
    """Is paid by what it does: at best `GOAL`, or action 1."""

    def step(self, key, state, action):
        return jnp.zeros(1), (), self.worth(action, GOAL), YES, NO


@dataclass(frozen=True)
class Delayed(Probe):
    """All of it: what is to be done depends on what is seen, and is paid a step later.

    Sees (s, 0), s = -1 or 1; the first action is at best s * `GOAL`. Sees (0, worth of
    it) and is paid that for the second step: V(s, 0) = discount * worth.
    """

    observation_shape = (2,)

    def reset(self, key):
        sign = jax.random.rademacher(key, (), jnp.float32)
        return jnp.stack([sign, 0.0]), (sign, jnp.float32(0), jnp.bool_(True))

    def step(self, key, state, action):
        sign, worth, is_first = state
        earned = self.worth(action, sign * GOAL)
        state = sign, jnp.where(is_first, earned, worth), jnp.bool_(False)
        reward = jnp.where(is_first, 0.0, worth)
        return jnp.stack([0.0, state[1]]), state, reward, ~is_first, NO


@dataclass(frozen=True)
class Remembered(Probe):
    """What is to be done was seen `BLANKS` steps ago.

    Sees s, -1 or 1, and then 0; the action at the last 0 is at best s * `GOAL`, and
    others do nothing. Of discrete ones the right pays 1 - 0.5**2 = 0.75 and the wrong
    1 - 1.5**2 = -1.25. Who forgets is right half of the time whatever it does, as s is:
    -0.25 on average. Who remembers gets 0.75: V = 0.75 * discount**(steps to the last).
    """

    max_steps = BLANKS + 2

    def reset(self, key):
        sign = jax.random.rademacher(key, (), jnp.float32)
        return sign[None], (sign, jnp.int32(0))

    def step(self, key, state, action):
        sign, time = state
        is_last = time == BLANKS
        reward = jnp.where(is_last, self.worth(action, sign * GOAL), 0.0)
        return jnp.zeros(1), (sign, time + 1), reward, is_last, NO
