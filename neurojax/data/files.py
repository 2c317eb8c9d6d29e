"""Data sets in files: parquet, npz and jsonl, read without running code from them."""

import io
import json
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from neurojax.data.columns import COLUMNS, check_columns, rows_to_array, to_dataset
from neurojax.data.dataset import Dataset
from neurojax.data.tables import dataset_to_table, read_metadata, table_to_columns
from neurojax.names import unknown_name
from neurojax.storage.atomic import write_atomically

__all__ = ["READERS", "WRITERS", "Contents", "load", "save"]


class Contents(NamedTuple):
    """What a file holds; `about` is what `save` wrote beside the columns."""

    columns: dict[str, np.ndarray]
    about: dict[str, Any]


def load(
    path: Path | str, num_actions: int | None = None, name: str | None = None
) -> Dataset:
    """Return the data set of a `.parquet`, `.npz` or `.jsonl` file.

    Args:
        path: A file with the columns `obs`, `actions`, `rewards`, `episode_starts`.
        num_actions: By default what `save` wrote into the file, or else one more than
            the largest label.
        name: By default what `save` wrote into the file, or else the file's name.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it holds no sound data set; the message says what to mend.
        ImportError: If a parquet file is met without pyarrow.
    """
    path = Path(path)
    read = _for_suffix(path, READERS)
    _check_file(path)
    columns, about = read(path)
    return to_dataset(
        columns,
        str(path),
        num_actions=about.get("num_actions") if num_actions is None else num_actions,
        name=about.get("name", path.stem) if name is None else name,
        source=about.get("source") or f"file {path.name}",
    )


def save(dataset: Dataset, path: Path | str) -> None:
    """Write a data set to a `.parquet` or `.npz` file, whole or not at all.

    Raises:
        OSError: If it cannot be written; a file that was there is as before.
    """
    path = Path(path)
    _for_suffix(path, WRITERS)(dataset, path)


def _for_suffix(path: Path, table: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
    if path.suffix not in table:
        error = unknown_name("suffix", path.suffix, table)
        raise ValueError(f"{path}: {error}")
    return table[path.suffix]


def _check_file(path: Path) -> None:
    if not path.exists():
        raise FileNotFoundError(
            f"There is no file {path} (from {Path.cwd()}); check the path, or use the "
            "source 'expert'."
        )
    if not path.is_file():
        raise ValueError(f"{path} is not a file; name one file inside it.")
    if not path.stat().st_size:
        raise ValueError(f"{path} is empty (0 bytes); download or write it again.")


def _corrupt(path: Path, error: object) -> ValueError:
    return ValueError(
        f"{path} is truncated or no {path.suffix} file ({error}); download or write it "
        "again."
    )


def _read_npz(path: Path) -> Contents:
    try:
        # Opened here, for `np.load` leaves the files that it cannot read open.
        with open(path, "rb") as file:
            archive = np.load(file, allow_pickle=False)
            # A plain .npy file under this name comes back as an array.
            names = getattr(archive, "files", ())
            arrays = {name: archive[name] for name in names}
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise _corrupt(path, error) from error
    check_columns(arrays, str(path))
    columns = {column: arrays[column] for column in COLUMNS}
    try:
        about = json.loads(str(arrays.get("about", "{}")))
    except ValueError as error:
        raise _corrupt(path, error) from error
    return Contents(columns, about)


def _write_npz(dataset: Dataset, path: Path) -> None:
    about = {
        "num_actions": dataset.num_actions,
        "name": dataset.name,
        "source": dataset.source,
    }
    arrays: dict[str, Any] = {
        "obs": dataset.observations,
        "actions": dataset.actions,
        "rewards": dataset.rewards,
        "episode_starts": dataset.episode_starts,
        "about": np.array(json.dumps(about)),
    }
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_atomically(path, buffer.getvalue())


def _read_parquet(path: Path) -> Contents:
    parquet = _parquet(path)
    import pyarrow

    try:
        table = parquet.read_table(path)
        about = read_metadata(table)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise _corrupt(path, error) from error
    return Contents(table_to_columns(table, str(path)), about)


def _write_parquet(dataset: Dataset, path: Path) -> None:
    parquet = _parquet(path)
    buffer = io.BytesIO()
    parquet.write_table(dataset_to_table(dataset), buffer)
    write_atomically(path, buffer.getvalue())


def _parquet(path: Path) -> Any:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError(
            f"{path} needs pyarrow: pip install neurojax[data] (or use a .npz file)"
        ) from error
    return pyarrow.parquet


def _read_jsonl(path: Path) -> Contents:
    lists: dict[str, list[Any]] = {column: [] for column in COLUMNS}
    with open(path, encoding="utf-8") as file:
        try:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    _append_row(line, lists, f"{path}, line {number}")
        except UnicodeDecodeError as error:
            raise _corrupt(path, error) from error
    if not lists["obs"]:
        raise ValueError(f"{path} has no rows; download or write it again.")
    columns = {
        column: rows_to_array(column, rows, str(path)) for column, rows in lists.items()
    }
    return Contents(columns, {})


def _append_row(line: str, lists: dict[str, list[Any]], where: str) -> None:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ValueError(
            f"{where} is not JSON ({error}): the file is truncated or no .jsonl file; "
            "download or write it again."
        ) from error
    check_columns(row if isinstance(row, dict) else (), where)
    for column, rows in lists.items():
        rows.append(row[column])


READERS = {".parquet": _read_parquet, ".npz": _read_npz, ".jsonl": _read_jsonl}
WRITERS = {".parquet": _write_parquet, ".npz": _write_npz}
