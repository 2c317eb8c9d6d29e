"""Standard normal numbers for mutation, from one of three sources.

* `threefry`: JAX's counter-based generator; the default, the same on every backend.
* `rbg`: XLA's own bit generator: faster on accelerators, and under `vmap` its numbers
  differ from those of a loop.
* `table`: a random stretch of a fixed table of 2**22 normals (16 MiB, made once per
  process), after Salimans et al., 2017 (arXiv:1703.03864), whose workers index one
  table per member; here a whole generation is one stretch, so that its members never
  overlap, and each generation's sign is random.
"""

import math
from functools import lru_cache, partial
from itertools import accumulate
from typing import Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from neurojax import checks
from neurojax.keys import bits_at, is_threefry
from neurojax.types import Key, Population

__all__ = [
    "NoiseSource",
    "noise_table",
    "normal",
    "normal_like",
]

NoiseSource = Literal["threefry", "rbg", "table"]
TABLE_SIZE = 2**22
STRETCH = TABLE_SIZE // 4  # the longest stretch; more numbers take several


def normal(key: Key, size: int, source: NoiseSource) -> Float[Array, " size"]:
    """`size` standard normal numbers."""
    checks.key("key", key)
    checks.integer_between("size", size, 0)
    checks.one_of("source", source, get_args(NoiseSource))
    if source == "table":
        return _from_table(key, size)
    if source == "rbg":
        bits = jax.random.bits(key, (4,), jnp.uint32)
        key = jax.random.wrap_key_data(bits, impl="rbg")
    return jax.random.normal(key, (size,), jnp.float32)


def normal_like(key: Key, population: Population, source: NoiseSource) -> Population:
    """Standard normal numbers with the shapes and dtypes of a population.

    All leaves share one draw, `normal(key, numbers in all, source)`, one after the
    other. From Threefry each device of a mesh draws the numbers of its own members
    alone; the other sources give every device all of them.
    """
    checks.key("key", key)
    checks.one_of("source", source, get_args(NoiseSource))
    leaves, treedef = jax.tree.flatten(population)
    starts = list(accumulate((leaf.size for leaf in leaves), initial=0))
    if source == "threefry" and is_threefry(key):
        draw = partial(_normal_at, key)
    else:
        numbers = normal(key, starts[-1], source)

        def draw(start: int, shape: tuple[int, ...]) -> Float[Array, "..."]:
            return numbers[start : start + math.prod(shape)].reshape(shape)

    return treedef.unflatten(
        draw(start, leaf.shape).astype(leaf.dtype)
        for start, leaf in zip(starts, leaves, strict=False)
    )


@partial(jax.jit, static_argnames=("start", "shape"), inline=True)
def _normal_at(key: Key, start: int, shape: tuple[int, ...]) -> Float[Array, "..."]:
    """Those of `jax.random.normal(key, (n,))` from `start` on, bit for bit."""
    # As JAX makes them: 23 bits as a uniform in (-1, 1), through the inverse of erf.
    bits = (bits_at(key, start, shape) >> 9) | np.float32(1).view(np.uint32)
    low = np.nextafter(np.float32(-1), np.float32(0))
    uniform = jax.lax.bitcast_convert_type(bits, jnp.float32) - 1
    uniform = jnp.maximum(low, uniform * (1 - low) + low)
    return np.float32(np.sqrt(2)) * jax.lax.erf_inv(uniform)


def _from_table(key: Key, size: int) -> Float[Array, " size"]:
    table = noise_table()
    bits = jax.random.bits(key, (-(-size // STRETCH),), jnp.uint32)
    stretches = []
    for i, word in enumerate(bits):
        length = min(STRETCH, size - i * STRETCH)
        start = (word >> 1) % (TABLE_SIZE - length + 1)
        sign = 1.0 - 2.0 * (word & 1).astype(jnp.float32)
        part = jax.lax.dynamic_slice(table, (start.astype(jnp.int32),), (length,))
        stretches.append(sign * part)
    return stretches[0] if len(stretches) == 1 else jnp.concatenate(stretches)


@lru_cache(maxsize=1)
def noise_table() -> Float[np.ndarray, " 4194304"]:
    """The table: 2**22 standard normal numbers from a fixed seed."""
    rng = np.random.Generator(np.random.PCG64(20170310))
    return rng.standard_normal(TABLE_SIZE, np.float32)
