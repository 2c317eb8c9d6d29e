"""What a command does before JAX starts its devices."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

Device = Literal["auto", "cpu", "gpu", "tpu"]

# Wide vectors make activations a third faster on a CPU with AVX-512; others ignore it.
CPU_FLAG = "--xla_cpu_prefer_vector_width=512"


def start(device: Device) -> None:
    """Choose the kind of device and, on a CPU, use all its cores.

    Raises:
        SystemExit: if there is no device of that kind.
    """
    if device != "auto":
        os.environ["JAX_PLATFORMS"] = {"gpu": "cuda"}.get(device, device)
    import jax

    from neurojax.parallel import add_xla_flags, use_all_cores

    add_xla_flags(CPU_FLAG)
    use_all_cores()
    try:
        jax.devices()
    except RuntimeError as error:
        raise SystemExit(
            f"--device {device}: JAX finds no such device here ({error}). Use --device "
            "auto or cpu."
        ) from None


@contextlib.contextmanager
def interruptible(out: Path) -> Iterator[None]:
    """Ctrl-C ends the command with a word on where its results are."""
    try:
        yield
    except KeyboardInterrupt:
        print(
            f"\nInterrupted. Finished cells are kept in {out}; the same command "
            "goes on from there.",
            file=sys.stderr,
        )
        raise SystemExit(130) from None


def describe_device() -> str:
    """The device in words, for the record of a run."""
    import platform

    import jax

    from neurojax.parallel import num_cores

    first = jax.devices()[0]
    if first.platform == "cpu":
        return f"{platform.machine()} CPU, {num_cores()} cores, {_cpu_name()}"
    return f"{len(jax.devices())} x {first.device_kind}"


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            names = [line.split(":")[1] for line in file if "model name" in line]
        return names[0].strip() if names else "unknown model"
    except OSError:
        return "unknown model"
