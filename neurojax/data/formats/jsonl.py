"""Data sets in `.jsonl` files: an object a row, read row after row.

They hold no checksum: a digit that changed is read as it stands.
"""

import codecs
import json
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from neurojax.data.columns import COLUMNS, check_columns, ragged, rows_to_array
from neurojax.data.formats.contents import About, Contents, corrupt
from neurojax.names import short
from neurojax.storage.damaged import DamagedFileError

__all__ = ["read"]

ROWS_AT_ONCE = 10_000  # held as Python's numbers, which are some ten times larger
MAX_LINE = 2**26  # letters


def read(path: Path) -> Contents:
    """Return the columns of a file."""
    lists: dict[str, list[Any]] = {column: [] for column in COLUMNS}
    chunks: list[dict[str, np.ndarray]] = []
    first = 0  # row of those held
    for row in _rows(path):
        for column, values in lists.items():
            values.append(row[column])
        if len(lists["obs"]) == ROWS_AT_ONCE:
            chunks.append(_chunk(lists, first, chunks, str(path)))
            first += ROWS_AT_ONCE
    if lists["obs"]:
        chunks.append(_chunk(lists, first, chunks, str(path)))
    if not chunks:
        raise ValueError(f"{path} has no rows; download or write it again.")
    columns = {
        column: np.concatenate([chunk[column] for chunk in chunks])
        for column in COLUMNS
    }
    return Contents(columns, About())


def _chunk(
    lists: dict[str, list[Any]],
    first: int,
    before: list[dict[str, np.ndarray]],
    where: str,
) -> dict[str, np.ndarray]:
    """Return the rows held as arrays, and let go of them."""
    arrays = {}
    # Observations last: the others say sooner that a row is a whole episode.
    for column, rows in reversed(lists.items()):
        array = rows_to_array(column, rows, where, first)
        if before:
            _check_shape(column, array, before[0][column], first, where)
        arrays[column] = array
        rows.clear()
    return arrays


def _check_shape(
    column: str, array: np.ndarray, before: np.ndarray, first: int, where: str
) -> None:
    sizes = zip_longest(array.shape[1:], before.shape[1:], fillvalue=-1)
    for found, wanted in sizes:
        if found != wanted:
            raise ragged(column, first, found, wanted, where)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_lines(path), start=1):
        if line.strip():
            yield _row(line, f"{path}, line {number}")


def _lines(path: Path) -> Iterator[str]:
    with open(path, "rb") as file:
        start = file.read(2)
        if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or b"\0" in start:
            raise ValueError(
                f"{path} is UTF-16; save it as UTF-8: iconv -f UTF-16 -t UTF-8."
            )
    with open(path, encoding="utf-8-sig") as file:  # a byte-order mark may begin it
        try:
            while line := file.readline(MAX_LINE):
                if len(line) == MAX_LINE:
                    raise corrupt(path, f"a line of more than {MAX_LINE} letters")
                yield line
        except UnicodeDecodeError as error:
            raise corrupt(path, error) from error


def _row(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DamagedFileError(
            f"{where} is not JSON ({error}): the file is truncated or no .jsonl file; "
            "download or write it again."
        ) from error
    if not isinstance(row, dict):
        raise ValueError(
            f"{where} is {short(row)}; each line must be an object, such as "
            '{"obs": [0.1, 0.2], "actions": 1, "rewards": 1, "episode_starts": 1}.'
        )
    check_columns(row, where)
    return row
