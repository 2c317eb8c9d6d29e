"""Minibatch indices without replacement, computed instead of stored.

A permutation of `range(size)` is evaluated only where it is needed: an unbalanced
Feistel network over Z_a x Z_b with a * b just above `size`, and cycle-walking for the
few values outside (Black and Rogaway, 2002, "Ciphers with arbitrary finite domains"). A
batch costs a number of operations of its own size, whatever the size of the data set,
which may be traced. Shuffling by sorting would cost the whole data set at every draw.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, UInt

from neurojax.types import Key

NUM_ROUNDS = 8  # 4 suffice for pseudo-randomness; doubled for the weak round function


def permuted(
    key: Key, position: Int[Array, " batch"], size: int | Int[Array, ""]
) -> Int[Array, " batch"]:
    """Where a random permutation of `range(size)` sends each position.

    Distinct positions have distinct images; over all positions below `size` they are a
    permutation. `size` must lie below 2**31; positions at or above it have no meaning.
    """
    rounds = jax.random.bits(key, (NUM_ROUNDS,), jnp.uint32)
    size = jnp.asarray(size, jnp.uint32)
    # The rounding of the square root is harmless: any a > 0 will do.
    rows = jnp.maximum(jnp.sqrt(size.astype(jnp.float32)).astype(jnp.uint32), 1)
    columns = (size + rows - 1) // rows

    def walk(index: UInt[Array, " batch"]) -> UInt[Array, " batch"]:
        left, right = index // columns, index % columns
        for i in range(0, NUM_ROUNDS, 2):
            left = _add(left, _hash(right ^ rounds[i]), rows)
            right = _add(right, _hash(left ^ rounds[i + 1]), columns)
        return left * columns + right

    def step(index: UInt[Array, " batch"]) -> UInt[Array, " batch"]:
        return jnp.where(index < size, index, walk(index))

    start = jnp.minimum(position.astype(jnp.uint32), size - 1)
    image = jax.lax.while_loop(lambda i: jnp.any(i >= size), step, walk(start))
    return image.astype(jnp.int32)


def _hash(x: UInt[Array, " batch"]) -> UInt[Array, " batch"]:
    # A 32-bit mixer of C. Wellons ("lowbias32"), for its low bias per operation.
    x = (x ^ (x >> 16)) * jnp.uint32(0x7FEB352D)
    x = (x ^ (x >> 15)) * jnp.uint32(0x846CA68B)
    return x ^ (x >> 16)


def _add(
    x: UInt[Array, " batch"], bits: UInt[Array, " batch"], modulus: UInt[Array, ""]
) -> UInt[Array, " batch"]:
    # The high 16 bits scaled to [0, modulus): no integer division.
    total = x + (((bits >> 16) * modulus) >> 16)
    return jnp.where(total >= modulus, total - modulus, total)
