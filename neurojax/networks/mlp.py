"""Multilayer perceptron (Rumelhart et al., 1986)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

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

# From this many observations on, the batch is the vectorised (last) axis: on a CPU the
# first layer's products and the activations then run a quarter faster. Below it, the
# transposes cost more than they save.
FEATURES_MAJOR_BATCH = 128


@dataclass(frozen=True)
class MLP:
    """Dense layers with an activation between them; the last layer is linear.

    Weights are a tuple of `Layer(kernel (in, out), bias (out,))`. Observations of any
    shape are flattened to `sizes[0]` numbers.

    Args:
        sizes: numbers of units, from inputs to outputs, such as `(4, 50, 2)`.
        activation: elementwise function of the hidden layers.
        initializer: draws a `Layer` from `(key, fan_in, fan_out)`.
        last_initializer: draws the last layer; None: as the others. Learners start from
            small outputs.

    Raises:
        ValueError: if there are fewer than two sizes, or one is not a positive int.
    """

    sizes: tuple[int, ...]
    activation: Callable[[Array], Array] = jnp.tanh
    initializer: Callable[[Key, int, int], Layer] = uniform_fan_in
    last_initializer: Callable[[Key, int, int], Layer] | None = None

    def __post_init__(self) -> None:
        sizes = checks.sizes("sizes", self.sizes, "(4, 50, 2)")
        object.__setattr__(self, "sizes", sizes)
        if len(sizes) < 2:
            raise ValueError(
                f"sizes={sizes} must be two or more, from inputs to outputs, such as "
                "(4, 50, 2)."
            )
        checks.function(
            "activation", self.activation, "an elementwise function: jnp.tanh"
        )
        what = "a function (key, fan_in, fan_out) -> Layer, such as uniform_fan_in"
        checks.function("initializer", self.initializer, what)
        if self.last_initializer is not None:
            checks.function("last_initializer", self.last_initializer, what)

    @classmethod
    def fitting(
        cls,
        environment: Environment | HostEnvironment,
        hidden: Sequence[int] = (64, 64),
        *,
        greedy: bool = True,
        **options: Any,
    ) -> "MLP":
        """A network with the inputs and outputs that playing there takes.

        Args:
            environment: where it is to play.
            hidden: units of the hidden layers.
            greedy: whether its actions are not to be drawn. Where they are continuous,
                draws take twice the outputs (`rollouts.choose_action`).
            options: further arguments of the network.
        """
        hidden = checks.sizes("hidden", hidden, "(64, 64)")
        outputs = num_outputs(environment, greedy)
        return cls((num_inputs(environment), *hidden, outputs), **options)

    @property
    def matmul_flops(self) -> int:
        """Operations of one forward pass, 2 x in x out summed over the layers."""
        return sum(2 * i * o for i, o in zip(self.sizes, self.sizes[1:], strict=False))

    def init(self, key: Key) -> tuple[Layer, ...]:
        """Draw the weights of one network."""
        pairs = list(zip(self.sizes, self.sizes[1:], strict=False))
        keys = jax.random.split(key, len(pairs))
        last = self.last_initializer or self.initializer
        draws = [self.initializer] * (len(pairs) - 1) + [last]
        return tuple(
            draw(k, i, o) for draw, k, (i, o) in zip(draws, keys, pairs, strict=True)
        )

    def reset(self, key: Key, weights: tuple[Layer, ...]) -> tuple[()]:
        """No memory."""
        return ()

    def apply(
        self,
        weights: tuple[Layer, ...],
        carry: tuple[()],
        observation: Float[Array, "..."],
    ) -> tuple[tuple[()], Float[Array, " outputs"]]:
        """Output for one observation.

        Raises:
            ValueError: if the observation, or the weights, are of other sizes.
        """
        x = flattened(observation, self.sizes[0])
        check_layers(weights, self.sizes)
        *hidden, last = weights
        for layer in hidden:
            x = self.activation(affine(layer, x))
        return carry, affine(last, x)

    def apply_batch(
        self, weights: tuple[Layer, ...], observations: Float[Array, "batch ..."]
    ) -> Float[Array, "batch outputs"]:
        """Outputs for a batch; equals `apply` on each observation."""
        batch = observations.shape[0]
        if batch < FEATURES_MAJOR_BATCH:
            return jax.vmap(lambda x: self.apply(weights, (), x)[1])(observations)
        x = jax.vmap(lambda one: flattened(one, self.sizes[0]))(observations).T
        check_layers(weights, self.sizes)
        *hidden, last = weights
        for layer in hidden:
            x = self.activation(layer.kernel.T @ x + layer.bias[:, None])
        return (last.kernel.T @ x + last.bias[:, None]).T
