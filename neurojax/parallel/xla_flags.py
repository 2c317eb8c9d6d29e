"""Flags of XLA: each version of jaxlib knows its own."""

import mmap
import os
from pathlib import Path

import jaxlib


def add_xla_flags(*flags: str) -> None:
    """Add `flags` ("--name=value") to `XLA_FLAGS`, before JAX starts its devices.

    A flag that this jaxlib does not know is left out, as XLA ends the process at it;
    one that `XLA_FLAGS` already sets stays as it is.

    Raises:
        ValueError: if one is no such text.
    """
    for flag in flags:
        if not (isinstance(flag, str) and flag.startswith("--")):
            raise ValueError(
                f"flags hold {flag!r}, which must be a text such as "
                "'--xla_force_host_platform_device_count=8'."
            )
    there = os.environ.get("XLA_FLAGS", "").split()
    taken = {_name(flag) for flag in there}
    new = [flag for flag in flags if _name(flag) not in taken and _is_known(flag)]
    os.environ["XLA_FLAGS"] = " ".join(there + new)


def _name(flag: str) -> str:
    return flag.removeprefix("--").partition("=")[0]


def _is_known(flag: str) -> bool:
    # jaxlib tells its flags to nobody, but the name of each is a C string in its
    # library (that of a flag given up can still be found there, not as a C string).
    libraries = Path(jaxlib.__file__).parent.glob("*jax_common.*")
    return any(_holds(library, f"\0{_name(flag)}\0") for library in libraries)


def _holds(library: Path, text: str) -> bool:
    with (
        library.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        return content.find(text.encode()) >= 0
