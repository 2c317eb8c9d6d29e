"""What a learner's networks must be, found without computing anything."""

import jax
from jaxtyping import Array

from neurojax.rollouts.player import check_fit
from neurojax.types import Environment, Key, Network, Observation


def check_networks(environment: Environment, actor: Network, critic: Network) -> None:
    """Refuse an actor or a critic that cannot learn there.

    Raises:
        ValueError: if one does not take the observations, the actor's outputs cannot
            be drawn as actions, or the critic has not one output.
    """

    def observe(key: Key) -> Observation:
        return environment.reset(key)[0]

    check_fit(environment, actor, False, observe)

    def value(key: Key) -> Array:
        weights = critic.init(key)
        carry = critic.reset(key, weights)
        return critic.apply(weights, carry, observe(key))[1]

    try:
        shape = jax.eval_shape(value, jax.random.key(0)).shape
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"critic={critic} does not take the observations of {environment}, whose "
            f"shape is {environment.observation_shape}; change its number of inputs. "
            f"({error})"
        ) from error
    if shape != (1,):
        raise ValueError(
            f"critic={critic} has an output of shape {shape}; it must be (1,), the "
            "value of an observation."
        )


def has_memory(network: Network) -> bool:
    """Whether anything travels in its carry."""
    memory = jax.eval_shape(
        lambda key: network.reset(key, network.init(key)), jax.random.key(0)
    )
    return bool(jax.tree.leaves(memory))
