"""A network for tests of what plays it."""

from dataclasses import dataclass

import jax


@dataclass(frozen=True)
class Constant:
    """Its outputs are its weights, whatever it sees."""

    num_outputs: int

    def init(self, key):
        return jax.random.normal(key, (self.num_outputs,))

    def reset(self, key, weights):
        return ()

    def apply(self, weights, carry, observation):
        return carry, weights
