"""A network that sees observations with mean 0 and standard deviation 1.

The observation filter of augmented random search (Mania et al., 2018,
https://arxiv.org/abs/1803.07055), as a network: mean and standard deviation are part of
the weights, so that they are stored, sent and played together.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from neurojax import checks
from neurojax.types import Carry, Key, Network, Observation, Weights

LIMIT = 10.0  # standard deviations: one wild observation must not saturate the network


class NormalizedWeights(NamedTuple):
    """The inner network's weights, and what its observations are measured by."""

    network: Weights
    mean: Float[Array, "..."]  # observation_shape
    std: Float[Array, "..."]


@dataclass(frozen=True)
class Normalized:
    """A network behind `(observation - mean) / std`, cut off at ten of these.

    Control problems with `normalize_observations` fill in mean and standard deviation;
    `init` draws weights with 0 and 1, which change nothing but the cut.

    Args:
        network: what sees the normalised observations.
        observation_shape: shape of one observation.

    Raises:
        ValueError: if one is no network, or the other no shape.
    """

    network: Network
    observation_shape: tuple[int, ...]

    def __post_init__(self) -> None:
        checks.network("network", self.network)
        shape = checks.shape("observation_shape", self.observation_shape)
        object.__setattr__(self, "observation_shape", shape)

    def init(self, key: Key) -> NormalizedWeights:
        """Draw the inner network's weights; mean 0, standard deviation 1."""
        shape = self.observation_shape
        return NormalizedWeights(
            self.network.init(key),
            jnp.zeros(shape, jnp.float32),
            jnp.ones(shape, jnp.float32),
        )

    def reset(self, key: Key, weights: NormalizedWeights) -> Carry:
        """The inner network's memory at the start of a life."""
        return self.network.reset(key, weights.network)

    def apply(
        self, weights: NormalizedWeights, carry: Carry, observation: Observation
    ) -> tuple[Carry, Array]:
        """The inner network's next carry and output."""
        checks.instance(
            "weights", weights, NormalizedWeights, "must be of this network's init."
        )
        standard = (observation - weights.mean) / weights.std
        standard = jnp.clip(standard, -LIMIT, LIMIT)
        return self.network.apply(weights.network, carry, standard)
