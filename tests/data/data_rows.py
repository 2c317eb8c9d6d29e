"""Rows of small data sets in files of every format, sound or not."""

import json
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet

from neurojax.data import Dataset

FIELDS = ("observations", "actions", "rewards", "episode_starts")


def rows_of(dataset: Dataset) -> list[dict]:
    """The rows of a `.jsonl` file, as the HuggingFace sets have them."""
    return [
        {
            "obs": dataset.observations[row].tolist(),
            "actions": int(dataset.actions[row]),
            "rewards": float(dataset.rewards[row]),
            "episode_starts": float(dataset.episode_starts[row]),
        }
        for row in range(dataset.num_transitions)
    ]


def write_rows(path: Path, rows: list[dict]) -> Path:
    """Write rows, sound or not, in the format of the suffix."""
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    else:
        columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        np.savez(path, **columns)
    return path


def assert_same(dataset: Dataset, other: Dataset) -> None:
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(dataset, field), getattr(other, field))
