"""What Control and HostControl share: who plays, by what weights, and does it fit.

Both may normalise observations by the moments of those of earlier generations, which
their state then holds.
"""

from collections.abc import Callable

import jax
from jaxtyping import Array

from neurojax.networks.normalized import Normalized, NormalizedWeights
from neurojax.rollouts.actions import choose_action
from neurojax.rollouts.moments import Moments, no_moments
from neurojax.types import (
    Environment,
    HostEnvironment,
    Key,
    Network,
    Observation,
    Weights,
)


def player_of(
    network: Network, environment: Environment | HostEnvironment, normalizes: bool
) -> Network:
    """The network that plays: this one, or behind a normalisation."""
    if not normalizes:
        return network
    return Normalized(network, environment.observation_shape)


def solution_of(weights: Weights, state: Moments | tuple[()]) -> Weights:
    """Weights for the player: those of the network, with the state's normalisation."""
    if not isinstance(state, Moments):
        return weights
    return NormalizedWeights(weights, state.mean, state.std)


def first_state(
    environment: Environment | HostEnvironment, normalizes: bool
) -> Moments | tuple[()]:
    """No observations yet; () if they are not to be remembered."""
    return no_moments(environment.observation_shape) if normalizes else ()


def check_fit(
    environment: Environment | HostEnvironment,
    network: Network,
    greedy: bool,
    observe: Callable[[Key], Observation],
) -> None:
    """Refuse a network that cannot play there; nothing is computed.

    Raises:
        ValueError: if it does not take what `observe` gives, or its outputs do not
            mean actions.
    """

    def probe(key: Key) -> Array:
        weights = network.init(key)
        return network.apply(weights, network.reset(key, weights), observe(key))[1]

    try:
        output = jax.eval_shape(probe, jax.random.key(0))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"network={network} does not take the observations of {environment}, whose "
            f"shape is {environment.observation_shape}; change its number of inputs. "
            f"({error})"
        ) from error
    key = None if greedy else jax.random.key(0)
    jax.eval_shape(lambda x: choose_action(environment, x, key), output)
