"""A policy and a value network of their own, side by side, for the learners of `rl`.

Both are tanh networks with orthogonal kernels, the start that PPO codebases agree on
(Andrychowicz et al., 2021, arXiv:2006.05990, sec. 3.2): gain sqrt(2) in hidden layers,
0.01 before the logits, so that all actions start equally likely, and 1 before the
value.
"""

import math
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from neurojax.types import Key

HIDDEN_GAIN = math.sqrt(2.0)
POLICY_GAIN = 0.01
VALUE_GAIN = 1.0


class Layer(NamedTuple):
    """An affine map: `inputs @ kernel + bias`."""

    kernel: Float[Array, "inputs outputs"]
    bias: Float[Array, " outputs"]


Layers: TypeAlias = tuple[Layer, ...]


class ActorCritic(NamedTuple):
    """Weights of both networks; they share nothing."""

    policy: Layers  # observation -> logits (num_actions,)
    value: Layers  # observation -> (1,)


def init_layers(key: Key, sizes: tuple[int, ...], last_gain: float) -> Layers:
    """Draw layers from `sizes[0]` inputs to `sizes[-1]` outputs; biases are zero."""
    gains = [HIDDEN_GAIN] * (len(sizes) - 2) + [last_gain]
    keys = jax.random.split(key, len(gains))
    shapes = zip(sizes[:-1], sizes[1:], strict=True)
    return tuple(
        Layer(
            jax.nn.initializers.orthogonal(gain)(key_layer, shape), jnp.zeros(shape[1])
        )
        for key_layer, gain, shape in zip(keys, gains, shapes, strict=True)
    )


def forward(
    layers: Layers, observations: Float[Array, "*batch inputs"]
) -> Float[Array, "*batch outputs"]:
    """Return the outputs of a tanh network whose last layer is linear."""
    activations = observations
    for layer in layers[:-1]:
        activations = jnp.tanh(activations @ layer.kernel + layer.bias)
    return activations @ layers[-1].kernel + layers[-1].bias


def init(
    key: Key, observation_size: int, num_actions: int, hidden_sizes: tuple[int, ...]
) -> ActorCritic:
    """Draw the weights of both networks."""
    key_policy, key_value = jax.random.split(key)
    sizes = (observation_size, *hidden_sizes)
    return ActorCritic(
        policy=init_layers(key_policy, (*sizes, num_actions), POLICY_GAIN),
        value=init_layers(key_value, (*sizes, 1), VALUE_GAIN),
    )


def log_policy(
    weights: ActorCritic, observations: Float[Array, "*batch inputs"]
) -> Float[Array, "*batch actions"]:
    """Return the log-probability of every action."""
    return jax.nn.log_softmax(forward(weights.policy, observations))


def values(
    weights: ActorCritic, observations: Float[Array, "*batch inputs"]
) -> Float[Array, "*batch"]:
    """Return the expected discounted sum of scaled rewards from each observation on."""
    return forward(weights.value, observations)[..., 0]
