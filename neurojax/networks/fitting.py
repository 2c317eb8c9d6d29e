"""What an environment asks of a network: how many inputs and outputs.

It knows environments by their Protocols only.
"""

import math

import jax.numpy as jnp
from jaxtyping import Array, Float

from neurojax import checks
from neurojax.types import ContinuousActions, Environment, HostEnvironment

__all__ = ["bounds_of", "num_inputs", "num_outputs"]


def num_inputs(environment: Environment | HostEnvironment) -> int:
    """How many numbers an observation has."""
    checks.any_environment("environment", environment)
    return math.prod(environment.observation_shape)


def num_outputs(environment: Environment | HostEnvironment, greedy: bool = True) -> int:
    """One output for each action or, if they are continuous, each of its numbers.

    To draw continuous actions (`greedy=False`) it takes two for each number, as
    `rollouts.choose_action` tells.
    """
    checks.any_environment("environment", environment)
    checks.flag("greedy", greedy)
    if environment.num_actions is not None:
        return environment.num_actions
    return len(bounds_of(environment)[0]) * (1 if greedy else 2)


def bounds_of(
    environment: Environment | HostEnvironment,
) -> tuple[Float[Array, " size"], Float[Array, " size"]]:
    """Lowest and highest continuous action.

    Raises:
        ValueError: if the environment does not say them.
    """
    says = isinstance(environment, ContinuousActions)
    bounds = environment.action_bounds if says else None
    if bounds is None:
        raise ValueError(
            f"{environment} has continuous actions (num_actions=None) but no "
            "`action_bounds`, two arrays (lowest, highest); give it that property."
        )
    return jnp.asarray(bounds[0]), jnp.asarray(bounds[1])
