"""Convolutional network: convolutions without padding, then dense layers.

The default is MinAtar's DQN (Young and Tian, 2019, arXiv:1903.03176). Nature's DQN
(Mnih et al., 2015) is `CNN((84, 84, 4), num_outputs, channels=(32, 64, 64),
kernel_sizes=(8, 4, 3), strides=(4, 2, 1), hidden_sizes=(512,))`.

A convolution is written as a product of patches and kernels, because `vmap` over
members turns XLA's own convolution into a grouped one, which is slower on a CPU
(measured: benchmarks/throughput).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Shaped

from neurojax import checks
from neurojax.networks.fitting import num_outputs
from neurojax.networks.initializers import Layer, affine, check_layers, uniform_fan_in
from neurojax.networks.mlp import MLP
from neurojax.types import Environment, HostEnvironment, Key


@dataclass(frozen=True)
class CNN:
    """Square convolutions, each followed by the activation, and an MLP on top.

    Weights are a tuple of `Layer`s: a convolution's kernel is `(size * size * in,
    out)`, its rows in the order (row, column, channel); the dense ones are `MLP`'s.

    Args:
        input_shape: (height, width, channels) of an observation.
        num_outputs: size of the output vector.
        channels: of each convolution's output.
        kernel_sizes: height and width of each convolution's kernel.
        strides: of each convolution.
        hidden_sizes: units of the dense hidden layers; () for none.
        activation: elementwise function of all layers but the last.

    Raises:
        ValueError: if the lists differ in length, a number is not a positive int, or an
            image is too small for a kernel.
    """

    input_shape: tuple[int, ...]
    num_outputs: int
    channels: tuple[int, ...] = (16,)
    kernel_sizes: tuple[int, ...] = (3,)
    strides: tuple[int, ...] = (1,)
    hidden_sizes: tuple[int, ...] = (128,)
    activation: Callable[[Array], Array] = jax.nn.relu

    def __post_init__(self) -> None:
        examples = {
            "input_shape": "(10, 10, 4)",
            "channels": "(16,)",
            "kernel_sizes": "(3,)",
            "strides": "(1,)",
            "hidden_sizes": "(128,)",
        }
        for name, example in examples.items():
            sizes = checks.sizes(name, getattr(self, name), example)
            object.__setattr__(self, name, sizes)
        checks.integer_between("num_outputs", self.num_outputs, 1)
        checks.function(
            "activation", self.activation, "an elementwise function: jax.nn.relu"
        )
        if len(self.input_shape) != 3:
            raise ValueError(
                f"input_shape={self.input_shape} must be (height, width, channels); "
                "give a picture without colours one channel."
            )
        lengths = len(self.channels), len(self.kernel_sizes), len(self.strides)
        if len(set(lengths)) != 1:
            raise ValueError(
                f"channels={self.channels}, kernel_sizes={self.kernel_sizes} and "
                f"strides={self.strides} must be equally long: one per convolution."
            )
        _ = self.feature_shapes

    @classmethod
    def fitting(
        cls,
        environment: Environment | HostEnvironment,
        *,
        greedy: bool = True,
        **options: Any,
    ) -> "CNN":
        """A network with the inputs and outputs that playing there takes.

        Args:
            environment: where it is to play.
            greedy: whether its actions are not to be drawn. Where they are continuous,
                draws take twice the outputs (`rollouts.choose_action`).
            options: further arguments of the network.
        """
        outputs = num_outputs(environment, greedy)
        return cls(environment.observation_shape, outputs, **options)

    @property
    def feature_shapes(self) -> tuple[tuple[int, ...], ...]:
        """(height, width, channels) of the input and of each convolution's output."""
        shapes = [self.input_shape]
        for out, size, stride in self._convolutions():
            height, width, _ = shapes[-1]
            if size > min(height, width):
                raise ValueError(
                    f"kernel_sizes={self.kernel_sizes}: a kernel of {size} does not "
                    f"fit into {height} x {width} features; use smaller ones."
                )
            rows, columns = (height - size) // stride + 1, (width - size) // stride + 1
            shapes.append((rows, columns, out))
        return tuple(shapes)

    @property
    def matmul_flops(self) -> int:
        """Operations of one forward pass, 2 per multiplication and addition."""
        shapes = self.feature_shapes
        layers = zip(shapes, shapes[1:], self.kernel_sizes, strict=False)
        convolutions = (
            2 * rows * columns * out * size**2 * before[2]
            for before, (rows, columns, out), size in layers
        )
        return sum(convolutions) + self._head().matmul_flops

    def init(self, key: Key) -> tuple[Layer, ...]:
        """Draw the weights of one network."""
        *keys, key_head = jax.random.split(key, len(self.channels) + 1)
        fans = zip(self.feature_shapes, self.kernel_sizes, self.channels, strict=False)
        convolutions = tuple(
            uniform_fan_in(k, size**2 * shape[2], out)
            for k, (shape, size, out) in zip(keys, fans, strict=True)
        )
        return convolutions + self._head().init(key_head)

    def reset(self, key: Key, weights: tuple[Layer, ...]) -> tuple[()]:
        """No memory."""
        return ()

    def apply(
        self,
        weights: tuple[Layer, ...],
        carry: tuple[()],
        observation: Shaped[Array, "..."],
    ) -> tuple[tuple[()], Float[Array, " outputs"]]:
        """Output for one observation, of any dtype; integers are taken as they are.

        Raises:
            ValueError: if the observation does not have `input_shape`.
        """
        if observation.shape != self.input_shape:
            raise ValueError(
                f"observation has shape {observation.shape}, but input_shape="
                f"{self.input_shape}; build the CNN with the environment's "
                "observation_shape."
            )
        x = observation.astype(jnp.float32)
        convolutions = self._convolutions()
        checks.instance("weights", weights, tuple, "must be of this CNN's init.")
        for layer, (out, size, stride) in zip(weights, convolutions, strict=False):
            check_layers((layer,), (size**2 * x.shape[-1], out))
            patches = _patches(x, size, stride)
            rows, columns, features = patches.shape
            # Two axes instead of three: a plain batched product under vmap.
            x = affine(layer, patches.reshape(rows * columns, features))
            x = self.activation(x).reshape(rows, columns, out)
        return self._head().apply(weights[len(convolutions) :], carry, x)

    def _convolutions(self) -> tuple[tuple[int, int, int], ...]:
        return tuple(zip(self.channels, self.kernel_sizes, self.strides, strict=True))

    def _head(self) -> MLP:
        height, width, channels = self.feature_shapes[-1]
        sizes = (height * width * channels, *self.hidden_sizes, self.num_outputs)
        return MLP(sizes, self.activation)


def _patches(
    image: Float[Array, "height width channels"], size: int, stride: int
) -> Float[Array, "rows columns features"]:
    """The `size` x `size` squares of an image, `stride` pixels apart, flattened."""
    rows = (image.shape[0] - size) // stride * stride + 1
    columns = (image.shape[1] - size) // stride * stride + 1
    shifted = [
        image[i : i + rows : stride, j : j + columns : stride]
        for i in range(size)
        for j in range(size)
    ]
    return jnp.concatenate(shifted, axis=-1)
