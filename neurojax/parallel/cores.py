"""All cores of a CPU.

XLA runs one small-batch program on about one core. With one XLA device per core and the
members (or replicas) spread over them, evaluation is two to three times faster.
"""

import os

import jax

from neurojax.checks import integer_between


def num_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def use_all_cores(num_devices: int | None = None) -> None:
    """Give JAX one CPU device per core; call it before JAX computes anything.

    Where `XLA_FLAGS` already sets the number of devices, that stays. Without a CPU
    backend in use it has no effect.

    Args:
        num_devices: how many CPU devices; None takes one per core. Of several processes
            on one machine, give each its share.

    Raises:
        ValueError: if `num_devices` is no integer of at least 1.
        RuntimeError: if JAX has already started its devices.
    """
    if num_devices is not None:
        integer_between("num_devices", num_devices, 1)
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_force_host_platform_device_count" in flags:
        return
    jax.config.update("jax_num_cpu_devices", num_devices or num_cores())
