"""Networks that pull levers, in JAX or on the host."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp


@dataclass(frozen=True)
class Constant:
    """Its outputs are its weights, whatever it sees."""

    num_outputs: int = 3

    def init(self, key):
        return jax.random.normal(key, (self.num_outputs,))

    def reset(self, weights):
        return ()

    def apply(self, weights, carry, observation):
        return carry, weights


@dataclass(frozen=True)
class Alternating(Constant):
    """Pulls the levers in turn: it has to remember which was the last."""

    def reset(self, weights):
        return jnp.int32(0)

    def apply(self, weights, carry, observation):
        return carry + 1, jax.nn.one_hot(carry % 3, 3)
