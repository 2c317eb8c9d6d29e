from .cores import num_cores as num_cores
from .cores import use_all_cores as use_all_cores
from .hosts import join_hosts as join_hosts
from .mesh import member_mesh as member_mesh
from .ray import RayWorkers as RayWorkers
from .workers import Workers as Workers
from .xla_flags import add_xla_flags as add_xla_flags
