"""The suite runs on eight virtual CPU devices, so that sharding is tested anywhere.

Programs are compiled without optimisation, as most run for less time than they are
compiled: 71 tests of four modules took 68 CPU-seconds instead of 115. Long tests (-m
slow) may be sooner done with XLA_FLAGS=--xla_force_host_platform_device_count=8.
"""

import os

FLAGS = "--xla_force_host_platform_device_count=8 --xla_backend_optimization_level=0"
os.environ.setdefault("XLA_FLAGS", FLAGS)
