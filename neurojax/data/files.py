"""Data sets in files: parquet, npz and jsonl, read without running code from them."""

from pathlib import Path

import numpy as np

from neurojax import checks
from neurojax.data.columns import to_dataset
from neurojax.data.dataset import Dataset
from neurojax.data.formats import jsonl, npz, parquet
from neurojax.data.formats.contents import About, Contents, seal_of
from neurojax.data.formats.parts import find_parts, for_suffix
from neurojax.storage.damaged import DamagedFileError
from neurojax.storage.paths import user_path

__all__ = ["READERS", "WRITERS", "load", "save"]

READERS = {".parquet": parquet.read, ".npz": npz.read, ".jsonl": jsonl.read}
WRITERS = {".parquet": parquet.write, ".npz": npz.write}


def load(
    path: Path | str, num_actions: int | None = None, name: str | None = None
) -> Dataset:
    """Return the data set of a `.parquet`, `.npz` or `.jsonl` file, or of several.

    What `save` wrote is compared with its checksum. A file of others needs the columns
    `obs` (numbers, of any shape), `actions` (labels), `rewards`, `episode_starts` (1 on
    an episode's first row); any others are left alone.

    Args:
        path: A file, a folder of files, or a pattern such as `data/train-*.parquet`.
            Several are one data set cut in parts, put together in the order of their
            names (part-2 before part-10).
        num_actions: By default what `save` wrote into the file, or else one more than
            the largest label.
        name: By default what `save` wrote into the file, or else the file's name.

    Raises:
        FileNotFoundError: If there is no such file.
        DamagedFileError: If it cannot be read, or is not what was written.
        ValueError: If it holds no sound data set; the message says what to mend.
        ImportError: If a parquet file is met without pyarrow.
    """
    path = user_path("path", path)
    parts = {part: _read(part) for part in find_parts(path, READERS)}
    columns, about = _joined(parts)
    num_actions = about.num_actions if num_actions is None else num_actions
    name = (about.name or path.stem) if name is None else name
    source = about.source or f"file {path.name}"
    try:
        return to_dataset(
            columns, str(path), num_actions=num_actions, name=name, source=source
        )
    except ValueError:
        _name_unsound(parts, num_actions, name)
        raise


def save(dataset: Dataset, path: Path | str) -> None:
    """Write a data set and its checksum to a `.parquet` or `.npz` file.

    The file is written whole or not at all.

    Raises:
        OSError: If it cannot be written; a file that was there is as before.
    """
    checks.instance("dataset", dataset, Dataset, "must be a data.Dataset.")
    path = user_path("path", path)
    for_suffix(path, WRITERS)(dataset, path)


def _read(path: Path) -> Contents:
    contents = for_suffix(path, READERS)(path)
    if contents.about.seal is not None:
        _check_seal(path, *contents)
    return contents


def _check_seal(path: Path, columns: dict[str, np.ndarray], about: About) -> None:
    """Compare what was read with the checksum that stands beside it."""
    remedy = "download or write it again"
    try:
        dataset = to_dataset(
            columns,
            "it",
            num_actions=about.num_actions,
            name=about.name or "",
            source=about.source or "",
        )
    except ValueError as error:
        raise DamagedFileError(f"{path} is damaged ({error}); {remedy}.") from error
    if seal_of(dataset, about.source or "") != about.seal:
        raise DamagedFileError(
            f"{path} is damaged: its data differ from the sha256 written beside them; "
            f"{remedy}. Whoever changed it with another program takes the words "
            "'neurojax.sha256' (parquet's metadata) or 'sha256' (npz) out."
        )


def _check_parts(parts: dict[Path, Contents]) -> None:
    """Refuse parts that are not of one data set, naming the first that differs."""
    (first, (wanted, about)), *others = parts.items()
    for path, (columns, other) in others:
        for column, array in columns.items():
            shapes = array.shape[1:], wanted[column].shape[1:]
            if shapes[0] != shapes[1]:
                raise ValueError(
                    f"{path}: each row of {column} has shape {shapes[0]}, in {first} "
                    f"{shapes[1]}; the files of one data set have the same columns."
                )
        if (other.num_actions, other.name) != (about.num_actions, about.name):
            raise ValueError(
                f"{path} is of {other.name} with num_actions={other.num_actions}, "
                f"{first} of {about.name} with {about.num_actions}: they are not of "
                "one data set; name one of them, or a pattern."
            )


def _joined(parts: dict[Path, Contents]) -> Contents:
    _check_parts(parts)
    first, *_ = contents = list(parts.values())
    if len(contents) == 1:
        return first
    columns = {
        column: np.concatenate([part.columns[column] for part in contents])
        for column in first.columns
    }
    return Contents(columns, first.about)


def _name_unsound(
    parts: dict[Path, Contents], num_actions: int | None, name: str
) -> None:
    """Raise the error of the first part that is unsound by itself."""
    for number, (path, (columns, _)) in enumerate(parts.items()):
        starts = columns["episode_starts"].copy()
        if number:  # it may go on with an episode
            starts[:1] = 1
        to_dataset(
            {**columns, "episode_starts": starts},
            str(path),
            num_actions=num_actions,
            name=name,
            source="",
        )
