"""Many devices, and all cores of one."""

from neurojax.parallel.cores import num_cores, use_all_cores
from neurojax.parallel.hosts import join_hosts
from neurojax.parallel.mesh import member_mesh
from neurojax.parallel.ray import RayWorkers
from neurojax.parallel.workers import Workers
from neurojax.parallel.xla_flags import add_xla_flags

__all__ = [
    "RayWorkers",
    "Workers",
    "add_xla_flags",
    "join_hosts",
    "member_mesh",
    "num_cores",
    "use_all_cores",
]
