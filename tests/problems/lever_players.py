"""Networks that pull levers, in JAX or on the host."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from players import Constant


@dataclass(frozen=True)
class Alternating(Constant):
    """Pulls the levers in turn: it has to remember which was the last."""

    num_outputs: int = 3

    def reset(self, key, weights):
        return jnp.int32(0)

    def apply(self, weights, carry, observation):
        return carry + 1, jax.nn.one_hot(carry % 3, 3)
