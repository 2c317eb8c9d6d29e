"""JAX's default random numbers, made faster inside compiled loops on a CPU.

On a CPU, JAX lowers Threefry-2x32 (Salmon et al., 2011, "Parallel random numbers: as
easy as 1, 2, 3") to a loop of small kernels, some 30 microseconds for a handful of
numbers: more than a whole SGD step. `unrolled` re-labels a default key so that the same
rounds are traced out and fused with whatever consumes them. The bits are the same, so
results are those of the key it was given.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.random import define_prng_impl
from jaxtyping import Array, UInt

from neurojax.types import Key

__all__ = [
    "bits_at",
    "is_threefry",
    "key_of_life",
    "rolled",
    "threefry2x32",
    "unrolled",
]

Words = UInt[Array, "..."]

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA  # the constant of the key schedule
LIFE = 2**32 - 1  # a split of the same key gives the smaller numbers
# Such draws stay out of the kernels of what consumes them: along one axis, in whole
# vectors of the processor, and no more than FEW. LLVM unrolls loops so short, and a
# maximum over 8, 16, 24 or 32 numbers, twenty rounds before each, then takes it longer
# than anybody waits. No others: a fusion more or less would round results otherwise.
FEW, VECTOR = 64, 8


def unrolled(key: Key) -> Key:
    """The same key, or keys, for fast small draws in compiled code.

    A key of another kind than JAX's default is returned as it is, and so is every key
    where the default backend is not a CPU: its own lowering is fast there.
    """
    is_default = jnp.issubdtype(key.dtype, jax.dtypes.prng_key) and (
        str(jax.random.key_impl(key)) == "threefry2x32"
    )
    if not is_default or jax.default_backend() != "cpu":
        return key
    return jax.random.wrap_key_data(jax.random.key_data(key), impl=UNROLLED)


def rolled(value: Any) -> Any:
    """The key that `unrolled` made its key from; anything else as it is.

    For what is kept: a saved state must not depend on the machine that it came from.
    """
    is_key = jnp.issubdtype(getattr(value, "dtype", np.float32), jax.dtypes.prng_key)
    if not is_key or jax.random.key_impl(value) != UNROLLED:
        return value
    return jax.random.wrap_key_data(jax.random.key_data(value), impl="threefry2x32")


def key_of_life(key: Key) -> Key:
    """The key with which a network's life begins, from that of all it will meet.

    Folded in, so that the other draws from `key` are the same whether or not the
    network draws.
    """
    return jax.random.fold_in(key, LIFE)


def threefry2x32(key: Words, high: Words, low: Words) -> tuple[Words, Words]:
    """Twenty rounds of Threefry on the counters `(high, low)`, elementwise."""
    first, second = key[0], key[1]
    schedule = (first, second, first ^ second ^ jnp.uint32(PARITY))
    x, y = high + first, low + second
    for group in range(5):
        for distance in ROTATIONS[group % 2]:
            x = x + y
            y = x ^ ((y << distance) | (y >> (32 - distance)))
        x = x + schedule[(group + 1) % 3]
        y = y + schedule[(group + 2) % 3] + jnp.uint32(group + 1)
    return x, y


def bits_at(key: Key, start: int, shape: tuple[int, ...]) -> Words:
    """Those of `jax.random.bits(key, (n,))` from `start` on, in an array of `shape`.

    What comes before is not drawn: every number is a function of its own counter. Where
    the first axis is that of members, each device of a mesh draws those of its own.

    Args:
        key: of JAX's default kind, or `unrolled`.
        start: index of the first number.
        shape: of the result; fewer than 2**32 numbers per entry of the first axis.
    """
    words = jax.random.key_data(key)
    high, low = _words(words, shape, start)
    return high ^ low


def is_threefry(key: Key) -> bool:
    """Whether a key is of JAX's default kind, or `unrolled`."""
    kind = jax.random.key_impl(key)
    return kind == UNROLLED or str(kind) == "threefry2x32"


def _words(key: Words, shape: tuple[int, ...], start: int = 0) -> tuple[Words, Words]:
    """Two words for each of the numbers from `start` on."""
    high, low = threefry2x32(key, *_counters(shape, start))
    size = math.prod(shape)
    if size > FEW or size % VECTOR or size not in shape:
        return high, low
    # The barrier holds what is stacked together, and no kernel begins by a stack.
    both = jax.lax.optimization_barrier(jnp.stack([high, low]))
    return both[0], both[1]


def _counters(shape: tuple[int, ...], start: int = 0) -> tuple[Words, Words]:
    """Counters of 64 bits in two words: `start`, `start + 1`, ..."""
    size = math.prod(shape)
    if start + size <= 2**32:
        low = jax.lax.iota(jnp.uint32, size).reshape(shape) + jnp.uint32(start)
        return jnp.zeros_like(low), low
    rows, row = shape[0], math.prod(shape[1:])
    starts = np.uint64(start) + np.uint64(row) * np.arange(rows, dtype=np.uint64)
    starts = starts.reshape(rows, *[1] * (len(shape) - 1))
    inner = jax.lax.iota(jnp.uint32, row).reshape(shape[1:])
    low = jnp.asarray(starts.astype(np.uint32)) + inner
    return jnp.asarray((starts >> 32).astype(np.uint32)) + (low < inner), low


def _seed(seed: Array) -> Words:
    low = jnp.asarray(seed).astype(jnp.uint32)
    return jnp.stack([jnp.zeros_like(low), low])


def _split(key: Words, shape: tuple[int, ...]) -> Words:
    # The barriers keep derived keys out of the consumers' kernels, which would compute
    # them anew for every number they draw.
    words = jnp.stack(threefry2x32(key, *_counters(tuple(shape))), axis=-1)
    return jax.lax.optimization_barrier(words)


def _random_bits(key: Words, bit_width: int, shape: tuple[int, ...]) -> Words:
    high, low = _words(key, tuple(shape))
    if bit_width == 64:
        return (high.astype(jnp.uint64) << 32) | low.astype(jnp.uint64)
    return (high ^ low).astype(f"uint{bit_width}")


def _fold_in(key: Words, data: Array | int) -> Words:
    words = jnp.stack(threefry2x32(key, *_seed(jnp.asarray(data))))
    return jax.lax.optimization_barrier(words)


UNROLLED = define_prng_impl(
    key_shape=(2,),
    seed=_seed,
    split=_split,
    random_bits=_random_bits,
    fold_in=_fold_in,
    name="threefry2x32_unrolled",
    tag="unr",
)
