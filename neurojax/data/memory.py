"""What this machine's memory can hold, asked before it is filled."""

import os
import sys

__all__ = ["check_memory"]


def check_memory(what: str, size: int, remedy: str) -> None:
    """Refuse what would take `size` bytes where the machine has fewer.

    Raises:
        ValueError: beginning with `what`, ending in `remedy`.
    """
    if size > (has := _memory()):
        raise ValueError(
            f"{what} would take {size / 1e9:,.1f} GB of memory, and this machine has "
            f"{has / 1e9:,.1f} GB; {remedy}"
        )


def _memory() -> int:
    """The machine's memory, in bytes; where it does not say, all there could be."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return sys.maxsize
