"""Ranks and dtypes in the code of libraries."""

from collections.abc import Iterator
from contextlib import contextmanager

import jax

__all__ = ["as_written"]


@contextmanager
def as_written() -> Iterator[None]:
    """Let a library promote ranks and dtypes, which its user may have forbidden."""
    ranks = jax.numpy_rank_promotion("allow")
    with ranks, jax.numpy_dtype_promotion("standard"):
        yield
