"""A recurrent network: one layer of gated recurrent units."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from neurojax.networks.initializers import Layer, uniform_fan_in
from neurojax.types import Key


class GRUWeights(NamedTuple):
    """Affine maps; the first two lead to reset gate, update gate and candidate."""

    input: Layer
    memory: Layer
    output: Layer


@dataclass(frozen=True)
class GRU:
    """Gated recurrent units (Cho et al., 2014) and a linear layer of outputs.

    The carry is the units' activations, zero at the start of an episode. Differs from
    the paper as cuDNN, PyTorch and flax do: the reset gate scales what the memory adds
    to the candidate after the affine map, not before. Observations of any shape are
    flattened.

    Args:
        sizes: numbers of inputs, units and outputs, such as `(4, 32, 2)`.
        initializer: draws a `Layer` from `(key, fan_in, fan_out)`.

    Raises:
        ValueError: if there are not three sizes, or one is not a positive int.
    """

    sizes: tuple[int, int, int]
    initializer: Callable[[Key, int, int], Layer] = uniform_fan_in

    def __post_init__(self) -> None:
        object.__setattr__(self, "sizes", tuple(self.sizes))
        if len(self.sizes) != 3 or not all(
            isinstance(size, int) and size > 0 for size in self.sizes
        ):
            raise ValueError(
                f"sizes={self.sizes} must be three positive integers: inputs, units "
                "and outputs, such as (4, 32, 2)."
            )

    @property
    def matmul_flops(self) -> int:
        """Operations of one step, 2 x in x out summed over the maps."""
        inputs, units, outputs = self.sizes
        return 2 * units * (3 * inputs + 3 * units + outputs)

    def init(self, key: Key) -> GRUWeights:
        """Draw the weights of one network."""
        inputs, units, outputs = self.sizes
        pairs = (inputs, 3 * units), (units, 3 * units), (units, outputs)
        keys = jax.random.split(key, 3)
        drawn = (
            self.initializer(k, i, o) for k, (i, o) in zip(keys, pairs, strict=True)
        )
        return GRUWeights(*drawn)

    def reset(self, key: Key, weights: GRUWeights) -> Float[Array, " units"]:
        """An empty memory."""
        return jnp.zeros(self.sizes[1])

    def apply(
        self,
        weights: GRUWeights,
        carry: Float[Array, " units"],
        observation: Float[Array, "..."],
    ) -> tuple[Float[Array, " units"], Float[Array, " outputs"]]:
        """The next memory, and the output for one observation."""
        of_input = _affine(weights.input, observation.reshape(-1))
        of_memory = _affine(weights.memory, carry)
        reset, update, candidate = jnp.split(of_input, 3)
        memory_reset, memory_update, memory_candidate = jnp.split(of_memory, 3)
        keep = jax.nn.sigmoid(update + memory_update)
        share = jax.nn.sigmoid(reset + memory_reset)
        new = jnp.tanh(candidate + share * memory_candidate)
        carry = (1 - keep) * new + keep * carry
        return carry, _affine(weights.output, carry)


def _affine(layer: Layer, x: Float[Array, " inputs"]) -> Float[Array, " outputs"]:
    return x @ layer.kernel + layer.bias
