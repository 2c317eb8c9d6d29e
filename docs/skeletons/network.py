"""A linear layer that sees a leaky sum of its observations (source): a skeleton."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from neurojax.types import Key


@dataclass(frozen=True)
class MyNetwork:
    """A kernel `(inputs, outputs)`, and a memory of `(inputs,)` numbers as the carry.

    Args:
        sizes: numbers of inputs and outputs, such as `(4, 2)`.
        leak: share of the memory that a step keeps, in [0, 1).

    Raises:
        ValueError: if `leak` is out of its range.
    """

    sizes: tuple[int, int]
    leak: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.leak < 1:
            raise ValueError(f"leak={self.leak} must lie in [0, 1).")

    def init(self, key: Key) -> Float[Array, "inputs outputs"]:
        """Draw the weights of one network."""
        return jax.random.normal(key, self.sizes) / jnp.sqrt(self.sizes[0])

    def reset(
        self, key: Key, weights: Float[Array, "inputs outputs"]
    ) -> Float[Array, " inputs"]:
        """Begin a life: nothing is remembered. Without memory the carry is ()."""
        return jnp.zeros(self.sizes[0])

    def apply(
        self,
        weights: Float[Array, "inputs outputs"],
        carry: Float[Array, " inputs"],
        observation: Float[Array, "..."],
    ) -> tuple[Float[Array, " inputs"], Float[Array, " outputs"]]:
        """Next memory, and output, for one observation."""
        carry = self.leak * carry + observation.reshape(-1)
        return carry, carry @ weights
