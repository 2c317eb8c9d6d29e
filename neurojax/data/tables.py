"""Arrow tables as columns of arrays, and back: parquet files and HuggingFace sets.

Observations are a list a row, or lists of lists. Ours are flattened; their shape is
then in the table's metadata, beside a sha256 of the data.
"""

import json
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neurojax.data.columns import COLUMNS, NEEDS, check_columns, ragged
from neurojax.data.dataset import Dataset
from neurojax.data.formats.contents import (
    About,
    about_of,
    check_about,
    corrupt,
    seal_of,
)

if TYPE_CHECKING:
    import pyarrow

__all__ = ["check_type", "dataset_to_table", "read_about", "table_to_columns"]

# Two names, so that damage to one leaves the other.
ABOUT_KEY, SEAL_KEY = b"neurojax", b"neurojax.sha256"


def table_to_columns(
    table: "pyarrow.Table", shape: tuple[int, ...] | None, where: str
) -> dict[str, np.ndarray]:
    """Return the arrays of the table's `COLUMNS`; any others are left out.

    Args:
        table: Rows of numbers, or of equally long lists of them, nested or not.
        shape: That of an observation, if the table holds it flattened.
        where: The file or set, for error messages.
    """
    check_columns(table.column_names, where)
    # Observations last: the others say sooner that a row is a whole episode.
    columns = {
        column: _to_array(table[column], column, where) for column in reversed(COLUMNS)
    }
    if shape is not None:
        flat = columns["obs"]
        if flat[:1].size != prod(shape) * len(flat[:1]):
            raise ValueError(
                f"{where}: observation_shape={list(shape)} needs {prod(shape)} numbers "
                f"a row, and obs has {flat[:1].size}."
            )
        columns["obs"] = flat.reshape(-1, *shape)
    return columns


def read_about(metadata: Mapping[bytes, bytes] | None, path: Path) -> About:
    """Return what `dataset_to_table` wrote beside the columns; nothing for others."""
    found = metadata or {}
    seal = found.get(SEAL_KEY)
    if ABOUT_KEY not in found:
        if seal is not None:
            raise corrupt(path, "its words are missing")
        return About()
    text = None if seal is None else seal.decode(errors="replace")
    return check_about(found[ABOUT_KEY], str(path), text)


def dataset_to_table(dataset: Dataset) -> "pyarrow.Table":
    """Return a table with the types of the HuggingFace sets' columns."""
    import pyarrow

    flat = dataset.observations.reshape(dataset.num_transitions, -1)
    values = pyarrow.array(flat.ravel().astype(np.float64))
    offsets = np.arange(0, flat.size + 1, flat.shape[1], dtype=np.int32)
    table = pyarrow.table(
        {
            "obs": pyarrow.ListArray.from_arrays(offsets, values),
            "actions": dataset.actions.astype(np.int64),
            "rewards": dataset.rewards.astype(np.float64),
            "episode_starts": dataset.episode_starts.astype(np.float64),
        }
    )
    return table.replace_schema_metadata(
        {
            ABOUT_KEY: json.dumps(about_of(dataset)),
            SEAL_KEY: seal_of(dataset, dataset.source),
        }
    )


def check_type(arrow_type: "pyarrow.DataType", column: str, where: str) -> None:
    """Refuse a column of anything but numbers and lists of them, by its type alone."""
    from pyarrow import types

    leaf = _plain(arrow_type)
    while _is_list(leaf):
        leaf = _plain(leaf.value_type)
    if types.is_dictionary(leaf):
        leaf = leaf.value_type
    number = (types.is_integer, types.is_floating, types.is_boolean, types.is_null)
    if not any(is_kind(leaf) for is_kind in number):
        remedy = "; cast it to float64." if types.is_decimal(leaf) else "."
        raise ValueError(
            f"{where}: column {column} of dtype {arrow_type} must hold {NEEDS[column]}"
            f"{remedy}"
        )


def _to_array(cells: "pyarrow.ChunkedArray", column: str, where: str) -> np.ndarray:
    from pyarrow.compute import call_function as call

    check_type(cells.type, column, where)
    shape = [len(cells)]
    while True:
        cells = _without_extension(cells)
        if cells.null_count:
            raise _empty(cells, column, prod(shape[1:]), where)
        if not _is_list(cells.type):
            return cells.to_numpy().reshape(shape)
        lengths = call("list_value_length", [cells]).to_numpy()
        unequal = lengths != (lengths[0] if len(lengths) else 0)
        if unequal.any():
            index = int(np.argmax(unequal))
            row = index // prod(shape[1:])
            raise ragged(column, row, int(lengths[index]), int(lengths[0]), where)
        shape.append(int(lengths[0]) if len(lengths) else 0)
        cells = call("list_flatten", [cells])


def _empty(
    cells: "pyarrow.ChunkedArray", column: str, cells_a_row: int, where: str
) -> ValueError:
    row = int(np.argmax(cells.is_null().to_numpy())) // cells_a_row
    inside = "is" if cells_a_row == 1 else "has a cell that is"
    return ValueError(
        f"{where}: {column} of row {row} {inside} empty; drop the episodes of the "
        f"{cells.null_count} such cells."
    )


def _without_extension(cells: "pyarrow.ChunkedArray") -> "pyarrow.ChunkedArray":
    """The cells as their plain type; HuggingFace's `Array2D` is lists of lists."""
    import pyarrow

    if not isinstance(cells.type, pyarrow.BaseExtensionType):
        return cells
    if isinstance(cells.type, pyarrow.FixedShapeTensorType):
        tensors = [chunk.to_numpy_ndarray().tolist() for chunk in cells.chunks]
        return pyarrow.chunked_array(tensors)
    return pyarrow.chunked_array(
        [chunk.storage for chunk in cells.chunks], cells.type.storage_type
    )


def _plain(arrow_type: "pyarrow.DataType") -> "pyarrow.DataType":
    import pyarrow

    is_extension = isinstance(arrow_type, pyarrow.BaseExtensionType)
    return arrow_type.storage_type if is_extension else arrow_type


def _is_list(arrow_type: "pyarrow.DataType") -> bool:
    from pyarrow import types

    return (
        types.is_list(arrow_type)
        or types.is_large_list(arrow_type)
        or types.is_fixed_size_list(arrow_type)
    )
