"""Arrow tables as columns of arrays, and back: parquet files and HuggingFace sets.

Observations are a list a row, flattened if they have more than one axis; their shape is
then in the table's metadata.
"""

import json
from typing import TYPE_CHECKING

import numpy as np

from neurojax.data.columns import COLUMNS, check_columns, ragged
from neurojax.data.dataset import Dataset

if TYPE_CHECKING:
    import pyarrow

__all__ = ["dataset_to_table", "read_metadata", "table_to_columns"]

METADATA_KEY = b"neurojax"


def table_to_columns(table: "pyarrow.Table", where: str) -> dict[str, np.ndarray]:
    """Return the arrays of the table's `COLUMNS`; any others are left out."""
    check_columns(table.column_names, where)
    columns = {column: _to_array(table, column, where) for column in COLUMNS}
    shape = read_metadata(table).get("observation_shape")
    if shape is not None:
        columns["obs"] = columns["obs"].reshape(-1, *shape)
    return columns


def read_metadata(table: "pyarrow.Table") -> dict:
    """Return what `dataset_to_table` wrote beside the columns; {} for other tables."""
    metadata = table.schema.metadata or {}
    return json.loads(metadata.get(METADATA_KEY, b"{}"))


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
    about = {
        "num_actions": dataset.num_actions,
        "name": dataset.name,
        "source": dataset.source,
        "observation_shape": dataset.observation_shape,
    }
    return table.replace_schema_metadata({METADATA_KEY: json.dumps(about)})


def _to_array(table: "pyarrow.Table", column: str, where: str) -> np.ndarray:
    from pyarrow.compute import call_function as call

    cells = table[column]
    if cells.null_count:
        row = int(np.argmax(cells.is_null().to_numpy()))
        raise ValueError(
            f"{where}: {column} of row {row} is empty; drop the episodes of the "
            f"{cells.null_count} such rows."
        )
    if not _is_list(cells.type):
        return cells.to_numpy()
    lengths = call("list_value_length", [cells]).to_numpy()
    unequal = lengths != (lengths[0] if len(lengths) else 0)
    if unequal.any():
        row = int(np.argmax(unequal))
        raise ragged(column, row, int(lengths[row]), int(lengths[0]), where)
    return call("list_flatten", [cells]).to_numpy().reshape(len(lengths), -1)


def _is_list(arrow_type: "pyarrow.DataType") -> bool:
    from pyarrow import types

    return (
        types.is_list(arrow_type)
        or types.is_large_list(arrow_type)
        or types.is_fixed_size_list(arrow_type)
    )
