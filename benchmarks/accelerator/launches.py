"""How many kernels a program starts on a device, where the profiler tells."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import jax

# Of a GPU every stream is a line of kernels; of a TPU one line holds the operations.
KERNEL_LINES = ("Stream", "XLA Ops")


def launches(run: Callable[[], None]) -> int | None:
    """Kernels that `run` starts; None on a CPU, which has no such count."""
    if jax.default_backend() == "cpu":
        return None
    with tempfile.TemporaryDirectory() as folder:
        with jax.profiler.trace(folder):
            run()
        files = list(Path(folder).rglob("*.xplane.pb"))
        return sum(_kernels(file) for file in files) or None


def _kernels(file: Path) -> int:
    data = jax.profiler.ProfileData.from_file(str(file))
    return sum(
        len(list(line.events))
        for plane in data.planes
        if plane.name.startswith("/device:")
        for line in plane.lines
        if line.name.startswith(KERNEL_LINES)
    )
