"""The suite runs on eight virtual CPU devices, so that sharding is tested anywhere.

Programs are compiled fast rather than well, as most run for less time than they are
compiled: without optimisation, by XLA's older emitters (where jaxlib still has them: up
to 0.10) and in one piece, 40 tests of two modules take 14 CPU-seconds instead of 25.
Long tests (-m slow) may be sooner done with
XLA_FLAGS=--xla_force_host_platform_device_count=8.
"""

import os

import jaxtyping
import pytest

FLAGS = (
    "--xla_force_host_platform_device_count=8",
    "--xla_backend_optimization_level=0",
    "--xla_cpu_use_fusion_emitters=false",
    "--xla_cpu_parallel_codegen_split_count=1",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection():
    # Not at the import of this file, where a warning is not an error yet.
    from neurojax.parallel import add_xla_flags

    if "XLA_FLAGS" not in os.environ:
        add_xla_flags(*FLAGS)


@pytest.fixture
def unchecked():
    """Calls a function without the test run's own checks of types."""
    config = jaxtyping.config

    def call(function, *args, **kwargs):
        config.update("jaxtyping_disable", True)
        try:
            return function(*args, **kwargs)
        finally:
            config.update("jaxtyping_disable", False)

    return call


@pytest.fixture
def full_precision():
    """Products of float32 are those of float32 on a GPU, too, which else rounds."""
    # Not at the import of this file: JAX would start before the flags are set.
    import jax

    with jax.default_matmul_precision("highest"):
        yield
