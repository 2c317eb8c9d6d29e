"""EvoJAX's network for MNIST: two convolutions of 5 x 5, each halved, then dense."""

from dataclasses import dataclass
from functools import reduce

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from neurojax.networks.initializers import Layer, uniform_fan_in
from neurojax.types import Key

KERNEL = 5
CHANNELS = (8, 16)
NUM_CLASSES = 10
# Up to so many pixels a convolution is one product with a matrix.
MATRIX_PIXELS = 64


@dataclass(frozen=True)
class ConvNet:
    """Zeros beyond the border; the largest of each 2 x 2 outputs is kept, then ReLU.

    Weights are three `Layer`s; a convolution's kernel is `(25 * channels, out)`, its
    rows in the order (row, column, channel).

    A convolution is written as a product, as XLA's own falls back to a slow loop under
    `vmap` over members: of the kernel with all neighbourhoods, or, of a small image, of
    the image with the matrix of the whole layer. 64 members and 1024 digits of 8 x 8
    pixels take 0.12 CPU-seconds by matrices and 0.44 by neighbourhoods, with about as
    many multiplications: those are wide products, these narrow ones.

    Args:
        image_shape: (height, width, channels), the first two divisible by 4.
    """

    image_shape: tuple[int, ...]

    def init(self, key: Key) -> tuple[Layer, ...]:
        """Draw the weights of one network."""
        height, width, first = self.image_shape
        ins = (first, *CHANNELS[:-1])
        fans = [(KERNEL**2 * i, out) for i, out in zip(ins, CHANNELS, strict=True)]
        fans.append((height // 4 * (width // 4) * CHANNELS[-1], NUM_CLASSES))
        keys = jax.random.split(key, len(fans))
        return tuple(uniform_fan_in(k, *fan) for k, fan in zip(keys, fans, strict=True))

    def reset(self, key: Key, weights: tuple[Layer, ...]) -> tuple[()]:
        """No memory."""
        return ()

    def apply(
        self,
        weights: tuple[Layer, ...],
        carry: tuple[()],
        observation: Float[Array, "height width channels"],
    ) -> tuple[tuple[()], Float[Array, "10"]]:
        """Logits for one image."""
        return carry, self.apply_batch(weights, observation[None])[0]

    def apply_batch(
        self,
        weights: tuple[Layer, ...],
        observations: Float[Array, "batch height width channels"],
    ) -> Float[Array, "batch 10"]:
        """Logits for each image."""
        *convolutions, head = weights
        images = reduce(_convolved, convolutions, observations)
        return images.reshape(len(images), -1) @ head.kernel + head.bias


def _convolved(images: Array, layer: Layer) -> Array:
    """Images of half the height and width, with the layer's channels."""
    is_small = images.shape[1] * images.shape[2] <= MATRIX_PIXELS
    largest = _by_matrix if is_small else _by_neighbourhoods
    return jax.nn.relu(largest(images, layer.kernel) + layer.bias)


def _by_neighbourhoods(images: Array, kernel: Array) -> Array:
    """The largest of each 2 x 2 sums."""
    sums = _neighbourhoods(images) @ kernel
    batch, height, width, channels = sums.shape
    return sums.reshape(batch, height // 2, 2, width // 2, 2, channels).max((2, 4))


def _by_matrix(images: Array, kernel: Array) -> Array:
    """The same; a convolution is linear, and what it makes of pixels is its matrix."""
    batch, height, width, channels = images.shape
    rows, columns, num_inputs = height // 2, width // 2, height * width * channels
    pixels = jnp.eye(num_inputs).reshape(num_inputs, height, width, channels)
    matrix = _neighbourhoods(pixels) @ kernel
    matrix = matrix.reshape(num_inputs, rows, 2, columns, 2, -1)
    corners = jnp.moveaxis(matrix, (2, 4), (0, 1)).reshape(4, num_inputs, -1)
    flat = images.reshape(batch, num_inputs)
    largest = reduce(jnp.maximum, [flat @ corner for corner in corners])
    return largest.reshape(batch, rows, columns, -1)


def _neighbourhoods(images: Array) -> Array:
    """The 5 x 5 pixels around each, zeros beyond the border."""
    _, height, width, _ = images.shape
    edge = KERNEL // 2
    padded = jnp.pad(images, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
    shifted = [
        padded[:, row : row + height, column : column + width]
        for row in range(KERNEL)
        for column in range(KERNEL)
    ]
    return jnp.concatenate(shifted, axis=-1)
