"""What networks say to a batch of steps.

Single steps without order; or, with `Lives`, those of each environment in sequence.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from neurojax.networks.forward import forward
from neurojax.rollouts import Lives, Step, replay
from neurojax.types import Network, Observation, Weights


def layout_of(shape: tuple[int, ...], lives: Lives | None) -> tuple[Callable, Callable]:
    """From leaves `(steps, envs, ...)` to a batch's, and back."""
    if lives is None:
        return (
            lambda leaf: leaf.reshape(-1, *leaf.shape[2:]),
            lambda leaf: leaf.reshape(shape),
        )
    transpose = partial(jnp.swapaxes, axis1=0, axis2=1)
    return transpose, transpose


def outputs_of(
    network: Network, weights: Weights, lives: Lives | None, observations: Observation
) -> Float[Array, "*batch outputs"]:
    """Of every step; lives are of this network."""
    if lives is not None:
        return replay(network, weights, lives, observations)[0]
    # Without a memory, the key of a life does not matter.
    return forward(network, jax.random.key(0), weights, observations)


def values_of(
    critic: Network, weights: Weights, lives: Lives | None, rows: Step
) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"]]:
    """Of what was seen, and of what the actions led to, before any restart."""
    if lives is None:
        seen = outputs_of(critic, weights, None, rows.observation)
        led_to = outputs_of(critic, weights, None, rows.next_observation)
    else:
        seen, memories = replay(critic, weights, lives, rows.observation)
        meet = jax.vmap(jax.vmap(partial(critic.apply, weights)))
        led_to = meet(memories, rows.next_observation)[1]
    return seen[..., 0], led_to[..., 0]
