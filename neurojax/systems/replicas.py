"""Many independent runs of one system as one program."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from jaxtyping import Array, Int

from neurojax import checks
from neurojax.parallel.mesh import by_member, check_mesh, replicated, shard_members
from neurojax.types import ChecksParams, Key, Metrics, Params, System


class ReplicasState(NamedTuple):
    """Generations done, and the replicas' states with a leading replica axis."""

    generation: Int[Array, ""]
    replicas: Any


@dataclass(frozen=True)
class Replicas:
    """`num_replicas` independent runs of a system under `vmap`, itself a system.

    Replica r runs with the r-th part of every key. Its metrics have a leading replica
    axis.

    Args:
        system: the system to run; it must be jittable.
        num_replicas: how many.
        mesh: devices to spread the replicas over (`parallel.member_mesh()`).

    Raises:
        ValueError: if the system is not jittable, the number is not positive, the
            devices do not divide it, or belong to several hosts.
    """

    system: System
    num_replicas: int
    mesh: Mesh | None = None

    jittable = True

    def __post_init__(self) -> None:
        checks.system("system", self.system)
        checks.integer_between("num_replicas", self.num_replicas, 1)
        check_mesh(self.mesh)
        if self.mesh is not None and self.num_replicas % self.mesh.size:
            raise ValueError(
                f"num_replicas={self.num_replicas} must be a multiple of the mesh's "
                f"{self.mesh.size} devices; pass member_mesh() of a divisor."
            )
        if self.mesh is not None and self.mesh.is_multi_process:
            raise ValueError(
                "mesh spans several hosts, and none would hold the state of all "
                "replicas; replicas need no other's: run each host without join_hosts, "
                "with seeds of its own."
            )
        if not self.system.jittable:
            raise ValueError(
                f"Replicas needs a jittable system; {type(self.system).__name__} works "
                "on the host: run its seeds one after the other."
            )

    def check_params(self, params: Params) -> None:
        """Refuse params without the replica axis, or that the system refuses."""
        for path, leaf in jax.tree_util.tree_leaves_with_path(params):
            if jnp.shape(leaf)[:1] != (self.num_replicas,):
                raise ValueError(
                    f"params: leaf {jax.tree_util.keystr(path)}={checks.short(leaf)} "
                    f"must have the replica axis in front, num_replicas="
                    f"{self.num_replicas} numbers: jnp.full({self.num_replicas}, x)."
                )
        if isinstance(self.system, ChecksParams):
            self.system.check_params(params)

    def init(self, key: Key, params: Params | None = None) -> ReplicasState:
        """Start every replica. `params` leaves have the leading replica axis."""
        checks.key("key", key)
        if params is not None:
            self.check_params(params)
        keys = jax.random.split(key, self.num_replicas)
        arguments = (keys,) if params is None else (keys, params)
        return self.place(
            ReplicasState(jnp.int32(0), jax.vmap(self.system.init)(*arguments))
        )

    def place(self, state: ReplicasState) -> ReplicasState:
        """Put a state where `step` leaves it: the replicas spread over the mesh."""
        if self.mesh is None:
            return state
        return ReplicasState(
            jax.device_put(state.generation, replicated(self.mesh)),
            jax.device_put(state.replicas, by_member(self.mesh)),
        )

    def step(self, key: Key, state: ReplicasState) -> tuple[ReplicasState, Metrics]:
        """One generation of every replica."""
        checks.state_of("Replicas", state, ReplicasState)
        keys = jax.random.split(key, self.num_replicas)

        def one(key: Key, state: Any, generation: Array) -> tuple[Any, Metrics]:
            # The shared count keeps conditions on it (tests at a cadence) unbatched.
            return self.system.step(key, state._replace(generation=generation))

        def all_of(keyed: tuple[Any, Any], generation: Array) -> tuple[Any, tuple[()]]:
            return jax.vmap(one, in_axes=(0, 0, None))(*keyed, generation), ()

        run = all_of if self.mesh is None else shard_members(all_of, self.mesh)
        (replicas, metrics), _ = run((keys, state.replicas), state.generation)
        return ReplicasState(state.generation + 1, replicas), metrics
