"""What chance decides in an episode: from a JAX key, or as gymnasium's seeds do."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from neurojax.environments.lunar_lander import constants as c
from neurojax.types import Key

MAX_WIND_TIME = 9999


class Draws(NamedTuple):
    """The chance of one episode."""

    heights: Float[Array, "12"]  # m, in [0, HEIGHT / 2)
    force: Float[Array, "2"]  # N, on the lander in the first step
    wind_time: Int[Array, ""]  # in [-9999, 9999), where the wind begins
    turbulence_time: Int[Array, ""]
    # Of the engines, in [-1, 1): one row a step, or none if each is drawn from the key
    # of its step.
    dispersion: Float[Array, "steps 2"]


def draws_of_key(key: Key) -> Draws:
    """Draw from a key, which is consumed."""
    key_heights, key_force, key_wind, key_turbulence = jax.random.split(key, 4)
    uniform = partial(jax.random.uniform, dtype=jnp.float32)
    integer = partial(jax.random.randint, dtype=jnp.int32)
    most = c.MAX_INITIAL_FORCE
    return Draws(
        heights=uniform(key_heights, (c.NUM_CHUNKS + 1,), maxval=c.HEIGHT / 2),
        force=uniform(key_force, (2,), minval=-most, maxval=most),
        wind_time=integer(key_wind, (), minval=-MAX_WIND_TIME, maxval=MAX_WIND_TIME),
        turbulence_time=integer(
            key_turbulence, (), minval=-MAX_WIND_TIME, maxval=MAX_WIND_TIME
        ),
        dispersion=jnp.zeros((0, 2), jnp.float32),
    )


def draws_of_seed(seed: int, enable_wind: bool, num_steps: int) -> Draws:
    """What gymnasium's `reset(seed=seed)` and `num_steps` steps after it draw.

    Numbers are drawn on the host in float64 and rounded to float32.

    Args:
        seed: 0 or more.
        enable_wind: whether the wind is drawn too, between the others.
        num_steps: of the episode, without the one that gymnasium's reset takes.
    """
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    most = c.MAX_INITIAL_FORCE
    heights = generator.uniform(0, c.HEIGHT / 2, c.NUM_CHUNKS + 1)
    force = generator.uniform(-most, most, 2)
    wind, turbulence = 0, 0
    if enable_wind:
        wind = generator.integers(-MAX_WIND_TIME, MAX_WIND_TIME)
        turbulence = generator.integers(-MAX_WIND_TIME, MAX_WIND_TIME)
    dispersion = generator.uniform(-1.0, 1.0, (num_steps + 1, 2))
    return Draws(
        heights=jnp.array(heights, jnp.float32),
        force=jnp.array(force, jnp.float32),
        wind_time=jnp.int32(wind),
        turbulence_time=jnp.int32(turbulence),
        dispersion=jnp.array(dispersion, jnp.float32),
    )


def noise_of_step(
    key: Key, dispersion: Float[Array, "steps 2"], time: Int[Array, ""]
) -> Float[Array, "2"]:
    """The noise of the engines: that of the step, or drawn from a key if none is given.

    The first row belongs to the step that gymnasium's reset takes.
    """
    if dispersion.shape[0]:
        return dispersion[time + 1]
    return jax.random.uniform(key, (2,), jnp.float32, minval=-1.0, maxval=1.0)
