"""The measured peaks of a device: copying, and matrix products."""

import statistics
import time
from typing import Any

import jax
import jax.numpy as jnp

REPEATS = 5


def peaks(smoke: bool) -> dict[str, float]:
    """GB/s of a copy (bytes read and written) and TFLOP/s of products.

    `f32` is at JAX's default precision, which on recent GPUs rounds to TF32, and on
    TPUs to bfloat16.
    """
    is_cpu = jax.default_backend() == "cpu"
    size = 2**20 if smoke else 2**25 if is_cpu else 2**28
    side = 128 if smoke else 2048 if is_cpu else 8192
    x = jnp.ones(size, jnp.float32)
    found = {"copy_gb_s": 2 * 4 * size / _seconds(jax.jit(lambda x: x + 1), x) / 1e9}
    for name, dtype in (("f32", jnp.float32), ("bf16", jnp.bfloat16)):
        a = jax.random.normal(jax.random.key(0), (side, side), dtype)
        seconds = _seconds(jax.jit(lambda a: a @ a), a)
        found[f"{name}_tflop_s"] = 2 * side**3 / seconds / 1e12
    return found


def _seconds(function: Any, argument: jax.Array) -> float:
    jax.block_until_ready(function(argument))
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        jax.block_until_ready(function(argument))
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)
