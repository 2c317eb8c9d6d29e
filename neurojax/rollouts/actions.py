"""What a network's output means as an action.

Where actions are discrete it is the argmax of the outputs (or a draw from their
softmax). Where they are continuous it is the tanh of the outputs, scaled to the
environment's bounds, as the actors of DDPG, ERL and CEM-RL do: every output means an
action, whereas clipping would make all outputs beyond a bound equal.

Twice as many outputs as an action has numbers are means and log standard deviations of
a Gaussian before the tanh, from which actions may be drawn (SAC: Haarnoja et al., 2018,
arXiv:1801.01290); without a draw the mean counts.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from neurojax import checks
from neurojax.networks.fitting import bounds_of
from neurojax.types import Environment, HostEnvironment, Key

LOG_STD = -20.0, 2.0  # bounds, as in the code of Haarnoja et al.


def choose_action(
    environment: Environment | HostEnvironment,
    output: Float[Array, " outputs"],
    key: Key | None = None,
) -> Array:
    """The action that a network's output means; drawn if there is a `key`.

    Raises:
        ValueError: if the number of outputs is wrong, continuous actions are to be
            drawn from outputs without standard deviations, or an environment with
            continuous actions does not say their bounds.
    """
    checks.any_environment("environment", environment)
    if environment.num_actions is None:
        low, high = bounds_of(environment)
        return low + (high - low) * (jnp.tanh(_drawn(environment, output, key)) + 1) / 2
    _check_outputs(environment, output, environment.num_actions)
    if key is None:
        return jnp.argmax(output).astype(jnp.int32)
    return jax.random.categorical(key, output).astype(jnp.int32)


def to_unit(environment: Environment | HostEnvironment, action: Array) -> Array:
    """A continuous action as the tanh that `choose_action` made it of, in [-1, 1]."""
    low, high = bounds_of(environment)
    return 2 * (action - low) / (high - low) - 1


def _drawn(
    environment: Environment | HostEnvironment,
    output: Float[Array, " outputs"],
    key: Key | None,
) -> Float[Array, " size"]:
    """A continuous action before the tanh."""
    size = len(bounds_of(environment)[0])
    if output.shape == (2 * size,):
        mean, log_std = jnp.split(output, 2)
        if key is None:
            return mean
        return mean + jnp.exp(jnp.clip(log_std, *LOG_STD)) * jax.random.normal(
            key, (size,)
        )
    _check_outputs(environment, output, size)
    if key is not None:
        raise ValueError(
            f"greedy=False cannot draw the continuous actions of {environment}: "
            f"{size} outputs give no spread; give the network {2 * size} outputs "
            "(means and log standard deviations), or use greedy=True."
        )
    return output


def _check_outputs(
    environment: Environment | HostEnvironment, output: Array, size: int
) -> None:
    if output.shape != (size,):
        raise ValueError(
            f"the network's output has shape {output.shape}, but {environment} needs "
            f"{(size,)}; give the network {size} outputs."
        )
