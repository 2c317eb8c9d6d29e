"""How a result was made: command, commit, versions, device."""

import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax

from neurojax.parallel import num_cores

PACKAGES = ("jax", "jaxlib", "numpy", "optax", "evosax", "gymnax", "flax")


def record() -> dict[str, Any]:
    """How a result was made: command, commit, versions, device."""
    return {
        "command": "python -m " + " ".join([_module(), *sys.argv[1:]]),
        "commit": _commit(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
        "device": describe_device(),
    }


def describe_device() -> str:
    """The device in words. Starts JAX's devices."""
    first = jax.devices()[0]
    if first.platform == "cpu":
        return f"{platform.machine()} CPU, {num_cores()} cores, {_cpu_name()}"
    return f"{len(jax.devices())} x {first.device_kind}"


def _module() -> str:
    """The package that `python -m` was given, or else the program's name."""
    spec = sys.modules["__main__"].__spec__
    if spec is None:
        return Path(sys.argv[0]).name
    return spec.name.removesuffix(".__main__")


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            names = [line.split(":")[1] for line in file if "model name" in line]
        return names[0].strip() if names else "unknown model"
    except OSError:
        return "unknown model"


def _commit() -> str:
    """The commit of this code, marked if files differ; "unknown" outside git."""
    here = Path(__file__).parent

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(here), *arguments],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    try:
        return git("rev-parse", "--short", "HEAD") + (
            "+changes" if git("status", "--porcelain", "--untracked-files=no") else ""
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
