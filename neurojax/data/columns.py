"""From the columns of a file, whatever their number types, to a checked `Dataset`.

The columns are those of the HuggingFace sets: `obs` (numbers, one list a row),
`actions` (whole numbers), `rewards` (numbers), `episode_starts` (1 on an episode's
first row).
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from neurojax.data.dataset import Dataset
from neurojax.names import short

__all__ = ["COLUMNS", "NEEDS", "check_columns", "ragged", "rows_to_array", "to_dataset"]

NEEDS = {
    "obs": "numbers",
    "actions": "whole numbers, the indices of the actions",
    "rewards": "numbers",
    "episode_starts": "1 on the first row of each episode and 0 elsewhere",
}
COLUMNS = tuple(NEEDS)
NUMBERS = "biuf"  # numpy's kinds
EPISODES = (
    "this looks like one row per episode, and a data set has one row per transition; "
    "with pandas, table.explode(columns) writes those."
)


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
    wide = [name for name in COLUMNS[1:] if columns[name].size > len(columns[name])]
    if len(wide) > 1:
        raise ValueError(
            f"{where}: {' and '.join(wide)} have many values a row; {EPISODES}"
        )
    try:
        actions = _actions(_one_a_row(columns["actions"]))
        if num_actions is None:
            num_actions = int(actions.max(initial=0)) + 1
        return Dataset(
            _numbers("obs", columns["obs"]),
            actions,
            _numbers("rewards", _one_a_row(columns["rewards"])),
            _flags(_one_a_row(columns["episode_starts"])),
            num_actions,
            name,
            source,
        )
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def rows_to_array(
    column: str, rows: list[Any], where: str, first_row: int = 0
) -> np.ndarray:
    """Return rows of numbers, or of lists of numbers of one shape, as one array."""
    lengths = [len(row) if isinstance(row, list) else -1 for row in rows]
    for index, length in enumerate(lengths):
        if length != lengths[0]:
            raise ragged(column, first_row + index, length, lengths[0], where)
    try:
        array = np.array(rows)
    except ValueError as error:
        row = next(i for i, row in enumerate(rows) if _shape(row) != _shape(rows[0]))
        raise ValueError(
            f"{where}: {column} of row {first_row + row} is {short(rows[row])}, with "
            "lists of other lengths than those of row 0; every row must have one shape."
        ) from error
    if array.dtype.kind not in NUMBERS:
        row = next(i for i, row in enumerate(rows) if not _holds_numbers(row))
        raise ValueError(
            f"{where}: {column} of row {first_row + row} is {short(rows[row])}; the "
            f"column must hold {NEEDS[column]}."
        )
    return array


def ragged(column: str, row: int, found: int, first: int, where: str) -> ValueError:
    """Return the error for a row of another length than the first (-1: no list)."""
    words = [f"{n} values" if n >= 0 else "no list" for n in (found, first)]
    remedy = "every row must have one shape."
    if column != "obs" and min(found, first) >= 0:
        remedy = EPISODES
    return ValueError(
        f"{where}: {column} of row {row} has {words[0]}, that of row 0 has {words[1]}; "
        f"{remedy}"
    )


def _shape(row: Any) -> tuple[int, ...] | None:
    """The shape of nested lists; None if their lengths differ."""
    try:
        return np.array(row).shape
    except ValueError:
        return None


def _holds_numbers(row: Any) -> bool:
    return np.array(row).dtype.kind in NUMBERS


def _one_a_row(array: np.ndarray) -> np.ndarray:
    """The numbers without axes of length 1, as of stable-baselines' `(rows, 1)`."""
    return array.reshape(-1) if array.size == len(array) else array


def _numbers(column: str, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "iuf":
        raise ValueError(
            f"column {column} of dtype {array.dtype} must hold {NEEDS[column]}."
        )
    with np.errstate(over="ignore"):  # what float32 cannot hold is refused as infinite
        return array.astype(np.float32)


def _actions(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "iuf":
        raise ValueError(
            f"column actions of dtype {array.dtype} must hold {NEEDS['actions']}."
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
            f"column episode_starts has {wrong}; it must hold "
            f"{NEEDS['episode_starts']}."
        )
    return array.astype(bool)
