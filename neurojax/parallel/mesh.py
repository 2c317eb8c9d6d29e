"""A population sharded over devices, and hosts: every device has its own members.

Every device makes, evaluates and tells its own members; noise comes from the same keys
on all devices, counted by member. Fitness and metrics (one number per member each) go
to all devices; beyond them an evolution strategy exchanges its weighted sums (one
genotype each), a genetic algorithm its survivors, gradient descent nothing.

A strategy that is no `ShardedStrategy` (evosax's algorithms), and a population that
the devices do not divide, are made whole on every device: only the evaluation is
spread, only fitness, metrics and gradients travel, and neither memory nor the time of
ask and tell shrinks. Salimans et al., 2017 (arXiv:1703.03864), section 2.1, and Such et
al., 2017 (arXiv:1712.06567), exchange seeds and fitness in that way, with messages.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeGuard

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array

from neurojax import checks
from neurojax.parallel.hosts import put
from neurojax.tree import population_size
from neurojax.types import Population, ShardedStrategy, State, Strategy

__all__ = [
    "by_member",
    "check_mesh",
    "evaluate_sharded",
    "member_mesh",
    "place",
    "place_population",
    "place_strategy",
    "replicated",
    "shard_members",
    "shards_members",
]

MEMBERS = "members"  # the name of the mesh axis


def member_mesh(devices: Sequence[Any] | int | None = None) -> Mesh:
    """A mesh whose one axis is the member axis.

    After `join_hosts` it spans the devices of all hosts, and each of them must make it.

    Args:
        devices: the devices, or how many of them; None takes all, of all hosts.

    Raises:
        ValueError: if there are fewer devices than asked for, or these are none.
    """
    available = jax.devices()
    if devices is None:
        devices = available
    if isinstance(devices, int | np.integer):
        checks.integer_between("devices", devices, 1)
        if devices > len(available):
            raise ValueError(
                f"devices={devices} but there are {len(available)}; on a CPU set "
                f"XLA_FLAGS=--xla_force_host_platform_device_count={devices} before "
                "JAX starts."
            )
        devices = available[:devices]
    is_list = isinstance(devices, Sequence | np.ndarray) and len(devices) > 0
    are_devices = is_list and all(isinstance(one, jax.Device) for one in devices)
    if not are_devices or len(set(devices)) < len(devices):
        raise ValueError(
            f"devices={checks.short(devices)} must be how many, or a list of some of "
            "jax.devices(), each once."
        )
    return jax.make_mesh(
        (len(devices),), (MEMBERS,), axis_types=(AxisType.Auto,), devices=devices
    )


def check_mesh(mesh: Any) -> None:
    """Refuse what is no mesh of `member_mesh`; None passes."""
    if mesh is None or (isinstance(mesh, Mesh) and mesh.axis_names == (MEMBERS,)):
        return
    raise ValueError(
        f"mesh={checks.short(mesh)} must be None or a mesh whose one axis is the "
        "member axis: parallel.member_mesh()."
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

    def sharded(population: Population, rest: Any) -> tuple[Any, Any]:
        own, population_of = _without_empty(population, mesh.size)
        common, rest_of = _without_empty(rest, 1)
        return jax.shard_map(
            lambda own, common: function(population_of(own), rest_of(common)),
            mesh=mesh,
            in_specs=(members, shared),
            out_specs=(members, shared),
            # A rollout's scan starts from constants, which the check takes for
            # unsharded.
            check_vma=False,
        )(own, common)

    return sharded


def _without_empty(
    tree: Any, parts: int
) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """The leaves with any numbers, and what makes of a device's part of them its tree.

    jaxlib 0.11 dies while it compiles a `shard_map` that takes an empty array, such as
    those in the state of `Evosax`.
    """
    leaves, structure = jax.tree.flatten(tree)

    def whole(filled: list[Any]) -> Any:
        rest = iter(filled)
        return structure.unflatten(
            next(rest)
            if jnp.size(leaf)
            else jnp.zeros((leaf.shape[0] // parts, *leaf.shape[1:]), leaf.dtype)
            for leaf in leaves
        )

    return [leaf for leaf in leaves if jnp.size(leaf)], whole


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
        result, common = on_each_device(place(padded, replicated(mesh)), rest)
        result = place(result, replicated(mesh))
        result = jax.tree.map(lambda leaf: leaf[:size], result) if missing else result
        return result, common

    return sharded


def replicated(mesh: Mesh) -> NamedSharding:
    """The sharding of what every device holds whole."""
    return NamedSharding(mesh, PartitionSpec())


def place(tree: Any, sharding: NamedSharding) -> Any:
    """The tree where `sharding` says; of many hosts each brings the same whole tree."""
    leaves = jax.tree.leaves(tree)
    if any(isinstance(leaf, Tracer) for leaf in leaves):
        return jax.lax.with_sharding_constraint(tree, sharding)
    return jax.tree.map(lambda leaf: put(leaf, sharding), tree)


def place_population(
    strategy: Strategy, population: Population, mesh: Mesh | None
) -> Population:
    """The strategy's population, each member on its device if they live on devices."""
    if mesh is None or not shards_members(strategy, mesh):
        return population
    return place(population, by_member(mesh))


def shards_members(strategy: Strategy, mesh: Mesh) -> TypeGuard[ShardedStrategy]:
    """Whether the strategy's members live on the mesh's devices, each on one."""
    return (
        isinstance(strategy, ShardedStrategy)
        and len(strategy.member_fields) > 0
        and strategy.population_size % mesh.size == 0
    )


def place_strategy(strategy: Strategy, state: State, mesh: Mesh) -> State:
    """A strategy's state: what is of members on their devices, the rest on all."""
    if not shards_members(strategy, mesh):
        return place(state, replicated(mesh))
    own = {name: getattr(state, name) for name in strategy.member_fields}
    rest = place(state._replace(**dict.fromkeys(own, ())), replicated(mesh))
    return rest._replace(**place(own, by_member(mesh)))


def by_member(mesh: Mesh) -> NamedSharding:
    """The sharding of a population whose members are spread over the mesh."""
    return NamedSharding(mesh, PartitionSpec(MEMBERS))
