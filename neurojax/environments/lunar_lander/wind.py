"""Wind and turbulence, as gymnasium blows them."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int


def gust(time: Int[Array, ""], power: float) -> Float[Array, ""]:
    """Force or torque at a time in steps: power tanh(sin(0.02 t) + sin(0.01 pi t))."""
    # 0.01 pi t has a period of 200 steps: float32 is exact enough for what is left.
    fast = (time % 200).astype(jnp.float32) * np.float32(np.pi / 100)
    slow = time.astype(jnp.float32) * np.float32(0.02)
    return power * jnp.tanh(jnp.sin(slow) + jnp.sin(fast))
