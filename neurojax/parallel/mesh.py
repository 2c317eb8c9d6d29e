"""A population sharded over devices, and hosts: every device evaluates its own members.

The state is replicated and every device makes the next population from the same keys,
so that only fitness and metrics (one number per member each) and, for gradient descent,
the gradients travel between devices; weights never do. The price: the whole population
is in every device's memory, and ask and tell are not spread. Salimans et al., 2017
(arXiv:1703.03864), section 2.1, and Such et al., 2017 (arXiv:1712.06567), exchange
seeds and fitness in the same way, with messages; here the seeds are the keys, which all
have already.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.core import Tracer
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array

from neurojax.parallel.hosts import check_equal, put
from neurojax.tree import population_size
from neurojax.types import Population

MEMBERS = "members"  # the name of the mesh axis


def member_mesh(devices: Sequence[Any] | int | None = None) -> Mesh:
    """A mesh whose one axis is the member axis.

    After `join_hosts` it spans the devices of all hosts, and each of them must make it.

    Args:
        devices: the devices, or how many of them; None takes all, of all hosts.

    Raises:
        ValueError: if there are fewer devices than asked for.
    """
    available = jax.devices()
    if devices is None:
        devices = available
    if isinstance(devices, int):
        if not 1 <= devices <= len(available):
            raise ValueError(
                f"devices={devices} but there are {len(available)}; on a CPU set "
                f"XLA_FLAGS=--xla_force_host_platform_device_count={devices} before "
                "JAX starts."
            )
        devices = available[:devices]
    return jax.make_mesh(
        (len(devices),), (MEMBERS,), axis_types=(AxisType.Auto,), devices=devices
    )


def shard_members(
    function: Callable[[Population, Any], tuple[Any, Any]], mesh: Mesh
) -> Callable[[Population, Any], tuple[Any, Any]]:
    """`function(population, rest)` with the members spread over the mesh.

    `function` returns what belongs to members (every leaf with the leading member axis)
    and what they share, which may depend on `rest` alone: each device computes it
    anew. Nothing travels between devices: the members' results stay where they were
    computed. The mesh must divide the population.
    """
    members, shared = PartitionSpec(MEMBERS), PartitionSpec()
    return jax.shard_map(
        function,
        mesh=mesh,
        in_specs=(members, shared),
        out_specs=(members, shared),
        # A rollout's scan starts from constants, which the check takes for unsharded.
        check_vma=False,
    )


def evaluate_sharded(
    function: Callable[[Population, Any], tuple[Any, Any]], mesh: Mesh
) -> Callable[[Population, Any], tuple[Any, Any]]:
    """As `shard_members`, for any population size and with results on every device.

    A population that the devices do not divide is filled up with copies of its first
    member, whose results are dropped.
    """
    on_each_device = shard_members(function, mesh)

    def sharded(population: Population, rest: Any) -> tuple[Any, Any]:
        size = population_size(population)
        missing = -size % mesh.size

        def fill(leaf: Array) -> Array:
            return jnp.concatenate([leaf, jnp.repeat(leaf[:1], missing, axis=0)])

        padded = jax.tree.map(fill, population) if missing else population
        # Else the partitioner spreads what made the population, and moves its parts.
        padded = jax.lax.with_sharding_constraint(padded, replicated(mesh))
        result, common = on_each_device(padded, rest)
        result = jax.lax.with_sharding_constraint(result, replicated(mesh))
        result = jax.tree.map(lambda leaf: leaf[:size], result) if missing else result
        return result, common

    return sharded


def replicated(mesh: Mesh) -> NamedSharding:
    """The sharding of what every device holds whole."""
    return NamedSharding(mesh, PartitionSpec())


def replicate(tree: Any, mesh: Mesh) -> Any:
    """The tree whole on every device of the mesh, to which each host brings its own.

    Raises:
        ValueError: if the hosts' trees differ.
    """
    sharding = replicated(mesh)
    leaves = jax.tree.leaves(tree)
    is_traced = any(isinstance(leaf, Tracer) for leaf in leaves)
    if is_traced or not mesh.is_multi_process:
        return jax.device_put(tree, sharding)
    check_equal(tree)
    return jax.tree.map(lambda leaf: put(leaf, sharding), tree)


def by_member(mesh: Mesh) -> NamedSharding:
    """The sharding of a population whose members are spread over the mesh."""
    return NamedSharding(mesh, PartitionSpec(MEMBERS))
