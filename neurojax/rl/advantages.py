"""How much better an action was than expected (Schulman et al., 2016).

https://arxiv.org/abs/1506.02438
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from neurojax import checks


def generalized_advantages(
    rewards: Float[Array, "steps envs"],
    values: Float[Array, "steps envs"],
    next_values: Float[Array, "steps envs"],
    terminated: Bool[Array, "steps envs"],
    truncated: Bool[Array, "steps envs"],
    discount: float,
    trace: float,
) -> Float[Array, "steps envs"]:
    """Generalised advantage estimates.

    delta_t = r_t + discount * V(s_{t+1}) - V(s_t),
    A_t = delta_t + discount * trace * A_{t+1},
    with V(s_{t+1}) = 0 behind a terminated step and A_{t+1} = 0 behind one that is
    terminated or truncated. `next_values` are of what each action led to.
    """
    checks.swept("discount", discount, checks.PROBABILITY)
    checks.swept("trace", trace, checks.PROBABILITY)
    errors = rewards + discount * jnp.where(terminated, 0.0, next_values) - values

    def backwards(advantage: Array, step: tuple[Array, Array]) -> tuple[Array, Array]:
        error, is_last = step
        advantage = error + discount * trace * jnp.where(is_last, 0.0, advantage)
        return advantage, advantage

    start = jnp.zeros_like(errors[0])
    ended = terminated | truncated
    return jax.lax.scan(backwards, start, (errors, ended), reverse=True)[1]
