"""Data sets in `.npz` files: an array a column, and words in `about`.

Only the arrays of a data set are unpacked, once their headers have been looked at;
objects are never unpickled.
"""

import io
import json
import zipfile
import zlib
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from neurojax.data.columns import COLUMNS, check_columns
from neurojax.data.dataset import Dataset
from neurojax.data.formats.contents import (
    About,
    Contents,
    about_of,
    check_about,
    corrupt,
    seal_of,
)
from neurojax.data.memory import check_memory
from neurojax.storage.atomic import write_atomically

__all__ = ["read", "write"]

ABOUT, SEAL = "about", "sha256"
MAX_WORDS = 1_000_000  # bytes
COPIES = 3  # of the columns in memory while they are read
# What a damaged archive raises, whichever byte was hit. A RuntimeError is that of a
# member that claims to be encrypted, a NotImplementedError of an unknown compression.
DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
)


def read(path: Path) -> Contents:
    """Return the columns and words of a file, whoever wrote it."""
    # Opened here, for a file that is no archive would stay open.
    with open(path, "rb") as file:
        try:
            archive = zipfile.ZipFile(file)
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            for member in archive.infolist():
                archive.open(member).close()  # its two names must agree
        except DAMAGE as error:
            raise corrupt(path, error) from error
        check_columns(names, str(path))
        words = [name for name in (ABOUT, SEAL) if name in names]
        _check_headers(archive, path, words)
        arrays = {name: _array(archive, path, name) for name in (*COLUMNS, *words)}
    columns = {column: arrays[column] for column in COLUMNS}
    return Contents(columns, _about(arrays, path))


def write(dataset: Dataset, path: Path) -> None:
    """Write a data set, whole or not at all."""
    arrays: dict[str, Any] = {
        "obs": dataset.observations,
        "actions": dataset.actions,
        "rewards": dataset.rewards,
        "episode_starts": dataset.episode_starts,
        ABOUT: np.array(json.dumps(about_of(dataset))),
        SEAL: np.array(seal_of(dataset, dataset.source)),
    }
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_atomically(path, buffer.getvalue())


def _check_headers(archive: zipfile.ZipFile, path: Path, words: list[str]) -> None:
    """Refuse arrays that cannot be what they claim to be, before one is unpacked."""
    total = 0
    for name in (*COLUMNS, *words):
        try:
            with archive.open(f"{name}.npy") as file:
                shape, dtype = _header(file)
                read = file.tell()
            held = archive.getinfo(f"{name}.npy").file_size - read
        except DAMAGE as error:
            raise corrupt(path, error) from error
        if dtype.hasobject:
            raise ValueError(
                f"{path}: {name} holds pickled Python objects, which are never "
                f"unpickled; save it as numbers: np.stack({name}) or "
                f"{name}.astype(float)."
            )
        size = prod(shape) * dtype.itemsize
        if size != held:
            raise corrupt(
                path, f"{name} claims {shape} of {dtype} and has {held} bytes"
            )
        if name in words and size > MAX_WORDS:
            raise ValueError(f"{path}: {name} has {size} bytes; words are few.")
        total += size
    check_memory(
        f"{path}, unpacked,", COPIES * total, "take a part of it, or a larger machine."
    )


def _header(file: Any) -> tuple[tuple[int, ...], np.dtype]:
    version = npy.read_magic(file)
    if version == (1, 0):
        shape, _, dtype = npy.read_array_header_1_0(file)
    else:
        shape, _, dtype = npy.read_array_header_2_0(file)
    return shape, dtype


def _array(archive: zipfile.ZipFile, path: Path, name: str) -> np.ndarray:
    try:
        with archive.open(f"{name}.npy") as file:
            return npy.read_array(file, allow_pickle=False)
    except DAMAGE as error:
        raise corrupt(path, error) from error


def _about(arrays: dict[str, np.ndarray], path: Path) -> About:
    for name in (ABOUT, SEAL):
        if name in arrays and arrays[name].dtype.kind != "U":
            raise ValueError(
                f"{path}: {name}={arrays[name].tolist()!r} must be a text, as `save` "
                "writes it; rename it, if it is another's."
            )
    seal = str(arrays[SEAL]) if SEAL in arrays else None
    if ABOUT not in arrays:
        if seal is not None:
            raise corrupt(path, f"{ABOUT} is missing")
        return About()
    return check_about(str(arrays[ABOUT]), str(path), seal)
