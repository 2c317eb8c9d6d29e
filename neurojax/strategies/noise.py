"""Standard normal numbers for mutation, from one of three sources.

* `threefry`: JAX's counter-based generator; the default, the same on every backend.
* `rbg`: XLA's own bit generator: faster on accelerators, and under `vmap` its numbers
  differ from those of a loop.
* `table`: a random stretch of a fixed table of 2**22 normals (16 MiB, made once per
  process), after Salimans et al., 2017 (arXiv:1703.03864), whose workers index one
  table per member; here a whole generation is one stretch, so that its members never
  overlap, and each generation's sign is random.
"""

from functools import lru_cache
from typing import Any, Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from neurojax.types import Key

NoiseSource = Literal["threefry", "rbg", "table"]
TABLE_SIZE = 2**22
STRETCH = TABLE_SIZE // 4  # the longest stretch; more numbers take several


def check_source(noise: str) -> None:
    """Refuse an unknown noise source.

    Raises:
        ValueError: naming the sources there are.
    """
    if noise not in get_args(NoiseSource):
        raise ValueError(f"noise={noise!r} must be one of {get_args(NoiseSource)}.")


def normal(key: Key, size: int, source: NoiseSource) -> Float[Array, " size"]:
    """`size` standard normal numbers."""
    if source == "table":
        return _from_table(key, size)
    if source == "rbg":
        bits = jax.random.bits(key, (4,))
        key = jax.random.wrap_key_data(bits, impl="rbg")
    return jax.random.normal(key, (size,))


def normal_like(key: Key, tree: Any, source: NoiseSource) -> Any:
    """A tree of standard normal numbers with the shapes and dtypes of `tree`.

    One draw serves all leaves: random calls cost more than slices of a long one.
    """
    leaves, treedef = jax.tree.flatten(tree)
    ends = np.cumsum([leaf.size for leaf in leaves])
    numbers = normal(key, int(ends[-1]), source)
    parts = [
        numbers[end - leaf.size : end].reshape(leaf.shape).astype(leaf.dtype)
        for leaf, end in zip(leaves, ends, strict=True)
    ]
    return treedef.unflatten(parts)


def _from_table(key: Key, size: int) -> Float[Array, " size"]:
    table = noise_table()
    bits = jax.random.bits(key, (-(-size // STRETCH),))
    stretches = []
    for i, word in enumerate(bits):
        length = min(STRETCH, size - i * STRETCH)
        start = (word >> 1) % (TABLE_SIZE - length + 1)
        sign = 1.0 - 2.0 * (word & 1)
        part = jax.lax.dynamic_slice(table, (start.astype(jnp.int32),), (length,))
        stretches.append(sign * part)
    return stretches[0] if len(stretches) == 1 else jnp.concatenate(stretches)


@lru_cache(maxsize=1)
def noise_table() -> Float[np.ndarray, " 4194304"]:
    """The table: 2**22 standard normal numbers from a fixed seed."""
    rng = np.random.Generator(np.random.PCG64(20170310))
    return rng.standard_normal(TABLE_SIZE, np.float32)
