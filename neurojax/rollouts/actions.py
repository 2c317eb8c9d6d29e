"""What a network's output means as an action.

Where actions are discrete it is the argmax of the outputs (or a draw from their
softmax). Where they are continuous it is the tanh of the outputs, scaled to the
environment's bounds, as the actors of DDPG, ERL and CEM-RL do: every output means an
action, whereas clipping would make all outputs beyond a bound equal.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from neurojax.types import Environment, HostEnvironment, Key


def choose_action(
    environment: Environment | HostEnvironment,
    output: Float[Array, " outputs"],
    key: Key | None = None,
) -> Array:
    """The action that a network's output means; drawn if there is a `key`.

    Raises:
        ValueError: if the number of outputs is wrong, continuous actions are to be
            drawn, or an environment with continuous actions does not say their bounds.
    """
    if environment.num_actions is None:
        low, high = _bounds(environment)
        _check_outputs(environment, output, len(low))
        if key is not None:
            raise ValueError(
                f"greedy=False cannot draw the continuous actions of {environment}: "
                "outputs give no spread; use greedy=True."
            )
        return low + (high - low) * (jnp.tanh(output) + 1) / 2
    _check_outputs(environment, output, environment.num_actions)
    if key is None:
        return jnp.argmax(output).astype(jnp.int32)
    return jax.random.categorical(key, output).astype(jnp.int32)


def _bounds(environment: Environment | HostEnvironment) -> tuple[Array, Array]:
    bounds = getattr(environment, "action_bounds", None)
    if bounds is None:
        raise ValueError(
            f"{environment} has continuous actions (num_actions=None) but no "
            "`action_bounds`, two arrays (lowest, highest); give it that property."
        )
    return jnp.asarray(bounds[0]), jnp.asarray(bounds[1])


def _check_outputs(
    environment: Environment | HostEnvironment, output: Array, size: int
) -> None:
    if output.shape != (size,):
        raise ValueError(
            f"the network's output has shape {output.shape}, but {environment} needs "
            f"{(size,)}; give the network {size} outputs."
        )
