"""What a network says to many observations: each a life of its own, or in sequences."""

from functools import partial

import jax
from jaxtyping import Array

from neurojax.types import BatchNetwork, Key, Network, Weights


def forward(network: Network, key: Key, weights: Weights, observations: Array) -> Array:
    """Outputs `(batch, outputs)`, each observation met with a fresh carry."""
    if isinstance(network, BatchNetwork):
        return network.apply_batch(weights, observations)
    carry = network.reset(key, weights)
    return jax.vmap(lambda x: network.apply(weights, carry, x)[1])(observations)


def forward_sequences(
    network: Network, key: Key, weights: Weights, observations: Array
) -> Array:
    """Outputs `(rows, steps, outputs)`, each row met with one carry along its steps."""

    def along(sequence: Array) -> Array:
        carry = network.reset(key, weights)
        return jax.lax.scan(partial(network.apply, weights), carry, sequence)[1]

    return jax.vmap(along)(observations)
