"""A recurrent network: one layer of gated recurrent units."""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from neurojax import checks
from neurojax.networks.fitting import num_inputs, num_outputs
from neurojax.networks.initializers import (
    Layer,
    affine,
    check_layers,
    flattened,
    uniform_fan_in,
)
from neurojax.types import Environment, HostEnvironment, Key


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

    Raises:
        ValueError: if there are not three sizes, or one is not a positive int.
    """

    sizes: tuple[int, int, int]

    def __post_init__(self) -> None:
        sizes = checks.sizes("sizes", self.sizes, "(4, 32, 2)")
        object.__setattr__(self, "sizes", sizes)
        if len(sizes) != 3:
            raise ValueError(
                f"sizes={sizes} must be three: inputs, units "
                "and outputs, such as (4, 32, 2)."
            )

    @classmethod
    def fitting(
        cls,
        environment: Environment | HostEnvironment,
        units: int = 32,
        *,
        greedy: bool = True,
    ) -> "GRU":
        """A network with the inputs and outputs that playing there takes.

        Args:
            environment: where it is to play.
            units: how many.
            greedy: whether its actions are not to be drawn. Where they are continuous,
                draws take twice the outputs (`rollouts.choose_action`).
        """
        checks.integer_between("units", units, 1)
        return cls((num_inputs(environment), units, num_outputs(environment, greedy)))

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
        layers = (uniform_fan_in(k, *fans) for k, fans in zip(keys, pairs, strict=True))
        return GRUWeights(*layers)

    def reset(self, key: Key, weights: GRUWeights) -> Float[Array, " units"]:
        """An empty memory."""
        # In the dtype that a step gives: of half floats and observations it is float32.
        dtype = jnp.promote_types(jnp.float32, weights.memory.kernel.dtype)
        return jnp.zeros(self.sizes[1], dtype)

    def apply(
        self,
        weights: GRUWeights,
        carry: Float[Array, " units"],
        observation: Float[Array, "..."],
    ) -> tuple[Float[Array, " units"], Float[Array, " outputs"]]:
        """The next memory, and the output for one observation.

        Raises:
            ValueError: if the observation, or the weights, are of other sizes.
        """
        inputs, units, outputs = self.sizes
        x = flattened(observation, inputs)
        checks.instance("weights", weights, GRUWeights, "must be of this GRU's init.")
        check_layers((weights.input,), (inputs, 3 * units))
        check_layers((weights.memory,), (units, 3 * units))
        check_layers((weights.output,), (units, outputs))
        of_input = affine(weights.input, x)
        of_memory = affine(weights.memory, carry)
        reset, update, candidate = jnp.split(of_input, 3)
        memory_reset, memory_update, memory_candidate = jnp.split(of_memory, 3)
        keep = jax.nn.sigmoid(update + memory_update)
        share = jax.nn.sigmoid(reset + memory_reset)
        new = jnp.tanh(candidate + share * memory_candidate)
        carry = (1 - keep) * new + keep * carry
        return carry, affine(weights.output, carry)
