"""A dense layer, and how it is drawn: `(key, fan_in, fan_out) -> Layer`."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from neurojax import checks
from neurojax.types import Key, Observation, Weights

__all__ = [
    "Layer",
    "Orthogonal",
    "affine",
    "check_layers",
    "flattened",
    "normal_fan_in",
    "uniform_fan_in",
]


class Layer(NamedTuple):
    """A dense layer: `x @ kernel + bias`."""

    kernel: Float[Array, "*members fan_in fan_out"]
    bias: Float[Array, "*members fan_out"]


def affine(
    layer: Layer, x: Float[Array, "*rows fan_in"]
) -> Float[Array, "*rows fan_out"]:
    """`x @ kernel + bias`."""
    product = x @ layer.kernel
    return product + jnp.expand_dims(layer.bias, tuple(range(product.ndim - 1)))


def flattened(observation: Observation, size: int) -> Float[Array, " size"]:
    """One observation as a vector of `size` numbers, or a refusal."""
    if observation.size != size:
        raise ValueError(
            f"observation of shape {observation.shape} has {observation.size} numbers, "
            f"but the network takes {size}; build it with the observation's size."
        )
    return observation.reshape(-1)


def check_layers(weights: Weights, sizes: Sequence[int]) -> None:
    """Refuse weights that are not one network's dense layers between these sizes."""
    wanted = [((i, o), (o,)) for i, o in itertools.pairwise(sizes)]
    is_layers = isinstance(weights, tuple) and all(
        isinstance(layer, Layer) for layer in weights
    )
    shapes = [jax.tree.map(jnp.shape, tuple(w)) for w in weights] if is_layers else []
    if shapes == wanted:
        return
    found = (
        f"kernels of shapes {[s[0] for s in shapes]}"
        if shapes
        else checks.short(weights)
    )
    raise ValueError(
        f"weights hold {found}, but the network's layers are {[w[0] for w in wanted]}; "
        "give it weights of its own init, and of one member."
    )


def uniform_fan_in(key: Key, fan_in: int, fan_out: int) -> Layer:
    """Kernel and bias from U(-1/sqrt(fan_in), 1/sqrt(fan_in)), as PyTorch's Linear."""
    limit = fan_in**-0.5
    shape = (fan_in + 1, fan_out)
    draw = jax.random.uniform(key, shape, jnp.float32, -limit, limit)
    return Layer(draw[:-1], draw[-1])


def normal_fan_in(key: Key, fan_in: int, fan_out: int) -> Layer:
    """Kernel and bias from N(0, 1/fan_in): sqrt(3) wider than `uniform_fan_in`."""
    draw = jax.random.normal(key, (fan_in + 1, fan_out), jnp.float32) * fan_in**-0.5
    return Layer(draw[:-1], draw[-1])


@dataclass(frozen=True)
class Orthogonal:
    """Orthogonal kernel times `gain`, bias 0 (Saxe et al., 2014)."""

    gain: float = 2**0.5

    def __post_init__(self) -> None:
        checks.finite("gain", self.gain)

    def __call__(self, key: Key, fan_in: int, fan_out: int) -> Layer:
        """Draw a layer."""
        draw = jax.nn.initializers.orthogonal(self.gain)
        kernel = draw(key, (fan_in, fan_out), jnp.float32)
        return Layer(kernel, jnp.zeros(fan_out, jnp.float32))
