"""How members and samples are blocked, so that activations stay in the cache.

On a CPU a population evaluated at once writes every hidden activation of every member
to memory and reads it back. One member and some hundred samples at a time keep them in
the cache. On an accelerator the whole population is one kernel, and blocks only bound
the memory. Measured: benchmarks/throughput.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from neurojax.tree import population_size, take
from neurojax.types import Population

CPU_TILE = 640
LANES = 16  # float32 in a vector of 512 bits; rows besides are computed one by one
ACCELERATOR_TILE = 32768
# Members times samples below which one batched program beats a loop over members.
CPU_AT_ONCE = 4096


def tiling(batch: int) -> tuple[int, int]:
    """Into how many tiles a member's evaluation is cut, and the rows of one."""
    tile = CPU_TILE if jax.default_backend() == "cpu" else ACCELERATOR_TILE
    if batch <= tile:
        return 1, batch
    rows = -(-batch // -(-batch // tile))
    rows = -(-rows // LANES) * LANES
    return -(-batch // rows), rows


def map_members(
    function: Callable[[Any], dict[str, Array]], population: Population, batch: int
) -> dict[str, Any]:
    """`vmap(function)(population)`, in blocks of members where that is faster.

    `batch` is the number of samples that `function` evaluates for one member.
    """
    members = jax.tree.leaves(population)[0].shape[0]
    if jax.default_backend() != "cpu" or members * batch <= CPU_AT_ONCE:
        return jax.vmap(function)(population)
    block = max(1, CPU_TILE // batch)
    if block == 1:
        return jax.lax.map(function, population)
    return jax.lax.map(function, population, batch_size=block)


def in_parts(
    function: Callable[[Population], Any], population: Population, limit: int | None
) -> Any:
    """`function(population)`, for at most `limit` members at a time.

    The parts are as even as they can be; the last is filled up with copies of the
    first member, whose results are dropped.
    """
    members = population_size(population)
    num_parts = 1 if limit is None else -(-members // limit)
    if num_parts == 1:
        return function(population)
    size = -(-members // num_parts)
    index = jnp.arange(num_parts * size)
    index = jnp.where(index < members, index, 0).reshape(num_parts, size)
    results = jax.lax.map(function, take(population, index))
    return jax.tree.map(
        lambda leaf: leaf.reshape(-1, *leaf.shape[2:])[:members], results
    )
