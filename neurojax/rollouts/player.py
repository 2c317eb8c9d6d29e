"""What Control and HostControl share: who plays, by what weights, and does it fit.

Both may normalise observations by the moments of those of earlier generations, which
their state then holds.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from neurojax import checks
from neurojax.networks.normalized import Normalized, NormalizedWeights
from neurojax.rollouts.actions import choose_action
from neurojax.rollouts.episode import episode_limit
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


def check_arguments(problem: Any) -> None:
    """Refuse what a problem of play was given in the place of other things.

    Raises:
        ValueError: naming the argument.
    """
    checks.network("network", problem.network)
    checks.integer_between("num_episodes", problem.num_episodes, 1)
    for name in ("greedy", "normalize_observations"):
        checks.flag(name, getattr(problem, name))
    episode_limit(problem.environment, problem.max_steps)


@contextmanager
def explained(network: Network, weights: Weights, num_axes: int = 0) -> Iterator[None]:
    """Errors of play that come of weights of other shapes say so.

    Args:
        network: who plays.
        weights: of one member or, with one leading axis, of a population.
        num_axes: how many leading axes there are.

    Raises:
        ValueError: in the place of an error, if the network has other weights.
    """
    try:
        yield
    except (TypeError, ValueError, AttributeError) as error:
        needed = jax.tree.leaves(jax.eval_shape(network.init, jax.random.key(0)))
        right = [leaf.shape for leaf in needed]
        shapes = [jnp.shape(leaf) for leaf in jax.tree.leaves(weights)]
        if not all(len(shape) >= num_axes for shape in shapes):
            raise  # `population_size` tells what is missing
        if [shape[num_axes:] for shape in shapes] == right:
            raise
        words = f"they belong to another network than {checks.short(network)}"
        if [shape[1:] for shape in shapes] == right:
            words = (
                "they are those of a population; take one member: "
                "jax.tree.map(lambda leaf: leaf[0], weights)"
            )
        if num_axes and shapes == right:
            words = "they are those of one member, without the axis of a population"
        raise ValueError(
            f"the weights have leaves of the shapes {checks.short(shapes)}, where the "
            f"network's own are {checks.short(right)}: {words}."
        ) from error


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
