"""From the columns of a file, whatever their number types, to a checked `Dataset`.

The columns are those of the HuggingFace sets: `obs` (numbers, one list a row),
`actions` (whole numbers), `rewards` (numbers), `episode_starts` (1 on an episode's
first row).
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from neurojax.data.dataset import Dataset

__all__ = ["COLUMNS", "check_columns", "ragged", "rows_to_array", "to_dataset"]

COLUMNS = ("obs", "actions", "rewards", "episode_starts")


def check_columns(found: Iterable[str], where: str) -> None:
    """Raise a `ValueError` if one of `COLUMNS` is missing among those found."""
    present = list(found)
    missing = [column for column in COLUMNS if column not in present]
    if missing:
        raise ValueError(
            f"{where} has no column {', '.join(missing)}; it has "
            f"{present or 'none'}, and a data set needs {list(COLUMNS)}."
        )


def to_dataset(
    columns: Mapping[str, np.ndarray],
    where: str,
    *,
    num_actions: int | None,
    name: str,
    source: str,
) -> Dataset:
    """Return the data set of these columns.

    Args:
        columns: Arrays for `COLUMNS`.
        where: The file or set, for error messages.
        num_actions: By default, one more than the largest label.
        name: The task.
        source: Where the data come from.

    Raises:
        ValueError: If a column has other values than a data set needs.
    """
    check_columns(columns, where)
    try:
        actions = _actions(columns["actions"])
        if num_actions is None:
            num_actions = int(actions.max(initial=0)) + 1
        return Dataset(
            _numbers("obs", columns["obs"]),
            actions,
            _numbers("rewards", columns["rewards"]),
            _flags(columns["episode_starts"]),
            num_actions,
            name,
            source,
        )
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def rows_to_array(column: str, rows: list[Any], where: str) -> np.ndarray:
    """Return rows of numbers, or of equally long lists of numbers, as one array."""
    lengths = [len(row) if isinstance(row, list) else -1 for row in rows]
    for index, length in enumerate(lengths):
        if length != lengths[0]:
            raise ragged(column, index, length, lengths[0], where)
    try:
        return np.array(rows)
    except ValueError as error:
        raise ValueError(
            f"{where}: column {column} has lists of unequal length inside its rows; "
            "every row must have one shape."
        ) from error


def ragged(column: str, row: int, found: int, first: int, where: str) -> ValueError:
    """Return the error for a row of another length than the first (-1: no list)."""
    words = [f"{n} values" if n >= 0 else "no list" for n in (found, first)]
    return ValueError(
        f"{where}: {column} of row {row} has {words[0]}, that of row 0 has {words[1]}; "
        "every row must have one shape."
    )


def _numbers(column: str, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "iuf":
        raise ValueError(f"column {column} of dtype {array.dtype} must hold numbers.")
    with np.errstate(over="ignore"):  # what float32 cannot hold is refused as infinite
        return array.astype(np.float32)


def _actions(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "iuf":
        raise ValueError(
            f"column actions of dtype {array.dtype} must hold whole numbers, the "
            "indices of the actions."
        )
    limits = np.iinfo(np.int32)
    # A comparison with NaN is false, so this refuses NaN too.
    whole = (array == np.round(array)) & (array >= limits.min) & (array <= limits.max)
    if not whole.all():
        row = int(np.argmin(whole.reshape(len(array), -1).all(axis=1)))
        raise ValueError(
            f"actions[{row}]={array[row]} must be a whole number, the index of an "
            "action; continuous actions need another data set."
        )
    return array.astype(np.int32)


def _flags(array: np.ndarray) -> np.ndarray:
    is_flag = array.dtype.kind in "biuf" and np.isin(array, (0, 1))
    if not np.all(is_flag):
        wrong = array[~is_flag][0] if np.ndim(is_flag) else f"dtype {array.dtype}"
        raise ValueError(
            f"column episode_starts has {wrong}; it must hold 1 on the first row of "
            "each episode and 0 elsewhere."
        )
    return array.astype(bool)
