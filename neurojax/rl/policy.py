"""How likely the actions are that `choose_action` draws from a network's output."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from neurojax import checks
from neurojax.rollouts.actions import LOG_STD, to_unit
from neurojax.types import Environment

# Of a continuous action in units of its bounds: beyond it, float32 does not tell what
# number before the tanh was meant.
EDGE = 1.0 - 1e-6


def log_probability(
    environment: Environment, output: Float[Array, " outputs"], action: Array
) -> Float[Array, ""]:
    """Log-probability of one action; of continuous ones a log-density.

    The density is that of the numbers whose tanh the action is. In the action's own
    units it would be another by a factor that does not depend on the output, which
    ratios and gradients do not see.
    """
    checks.environment("environment", environment)
    if environment.num_actions is not None:
        return jax.nn.log_softmax(output)[action]
    mean, log_std = _gaussian(output)
    meant = jnp.arctanh(jnp.clip(to_unit(environment, action), -EDGE, EDGE))
    standard = (meant - mean) * jnp.exp(-log_std)
    return jnp.sum(-0.5 * standard**2 - log_std - 0.5 * math.log(2 * math.pi))


def entropy(
    environment: Environment, output: Float[Array, " outputs"]
) -> Float[Array, ""]:
    """Entropy of the actions, in nats; of continuous ones before the tanh."""
    checks.environment("environment", environment)
    if environment.num_actions is not None:
        log_policy = jax.nn.log_softmax(output)
        return -jnp.sum(jnp.exp(log_policy) * log_policy)
    _, log_std = _gaussian(output)
    return jnp.sum(log_std + 0.5 * math.log(2 * math.pi * math.e))


def _gaussian(
    output: Float[Array, " outputs"],
) -> tuple[Float[Array, " size"], Float[Array, " size"]]:
    """Means and log standard deviations before the tanh, as they are drawn from."""
    mean, log_std = jnp.split(output, 2)
    return mean, jnp.clip(log_std, *LOG_STD)
