"""Digests of what a study reads, so that a replaced file is noticed."""

import hashlib
from collections.abc import Iterable

import numpy as np

from neurojax.data import Dataset

MADE_HERE = ("expert", "synthetic")  # by this program, from its own seeds


def digest_of(arrays: Iterable[np.ndarray]) -> str:
    """The sha256 of arrays: of dtypes, shapes and values."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def data_digests(data: str, dataset: Dataset) -> dict[str, str]:
    """What a folder notes of a data set, by the name that the user gave it."""
    if data in MADE_HERE:
        return {}
    rows = (
        *(dataset.observations, dataset.actions, dataset.rewards),
        dataset.episode_starts,
    )
    return {data: digest_of(rows)}
