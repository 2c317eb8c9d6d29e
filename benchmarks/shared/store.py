"""A folder of results: finished cells, weights, and the settings they are of."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
import safetensors.numpy

from benchmarks.shared.command import Options, study_of
from benchmarks.shared.ownership import (
    SETTINGS,
    Made,
    claimed,
    forget,
    forget_checkpoints,
)
from benchmarks.shared.rows import Row, read_parquet, write_parquet
from neurojax.storage.atomic import write_atomically
from neurojax.storage.damaged import DamagedFileError
from neurojax.storage.lock import lock
from neurojax.storage.paths import user_path
from neurojax.storage.tensors import decode, encode

IN_USE = "wait until it ends, or choose another --out."


class Store:
    """Results under one folder; a finished cell is a parquet file of its own.

    The folder is this process's own until `close`.

    Args:
        folder: made if missing.
        settings: what decides the results; a folder made with others is refused.
        resume: False forgets the cells of the folder, finished or not.
        command: the module that makes the results.
        data: digests of what was read, by name; other data are refused.

    Raises:
        SystemExit: if the folder holds results of other settings or data, or files of
            others, or if another process writes to it.
        OSError: if it cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        settings: dict[str, Any],
        resume: bool,
        *,
        command: str,
        data: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = user_path("--out", folder)
        self._cells = self.folder / "cells"
        settings = json.loads(json.dumps(settings, default=str))
        made = Made(command, settings, dict(data or {}))
        claimed(self.folder, made, resume)  # before anything is made
        self._held: dict[str, list[Row]] = {}
        self._lock = self._locked()
        self._made, note = claimed(self.folder, made, resume)
        if note:
            print(note, file=sys.stderr)
        if not resume:
            forget(self.folder)
        self._made.save(self.folder)

    def close(self) -> None:
        """Give the folder back."""
        self._lock.release()

    @property
    def made(self) -> Made:
        """What decides the cells."""
        return self._made

    def checkpoint_folder(self, cell: str) -> Path:
        """Where a cell that is being trained keeps its checkpoints."""
        return self.folder / "checkpoints" / cell

    def finished(self, cell: str) -> list[Row] | None:
        """The rows of a finished cell, or None."""
        self.check_folder()
        path = self._cells / f"{cell}.parquet"
        if not path.exists():
            return None
        again = "delete it: its cell is trained again."
        try:
            rows, words = read_parquet(path)
        except DamagedFileError as error:
            raise SystemExit(f"{error}; {again}") from None
        if words is not None and not self.made.fits(words):
            raise SystemExit(f"{path} is of other settings or data; {again}")
        if not rows or any(row.get("cell", cell) != cell for row in rows):
            raise SystemExit(f"{path} does not hold the rows of its cell; {again}")
        self._held[cell] = rows
        return rows

    def finish(self, cell: str, rows: list[Row]) -> None:
        """Keep the rows of a finished cell and drop its checkpoints."""
        self.check_folder()
        write_parquet(self._cells / f"{cell}.parquet", rows, self.made.words)
        self._held[cell] = rows
        forget_checkpoints(self.checkpoint_folder(cell))

    def keep_weights(self, cell: str, weights: Any) -> None:
        """Keep a cell's last networks, a pytree of arrays, as safetensors."""
        self.check_folder()
        leaves = jax.tree_util.tree_leaves_with_path(weights)
        named = {jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in leaves}
        data = encode(named, {"cell": cell, **self.made.words})
        write_atomically(self._weights_path(cell), data)

    def has_weights(self, cell: str) -> bool:
        """Whether networks were kept under this name."""
        return self._weights_path(cell).exists()

    def weights(self, cell: str, like: Any) -> Any:
        """The networks kept of a cell, in the structure and shapes of `like`.

        Raises:
            SystemExit: if the file is missing, damaged or of another cell or shape.
        """
        path = self._weights_path(cell)
        leaves, treedef = jax.tree_util.tree_flatten_with_path(like)
        try:
            named, words = _read_weights(path.read_bytes())
            if words.get("cell", cell) != cell:
                raise DamagedFileError(f"it holds those of {words['cell']}")
            if words and not self.made.fits(words):
                raise DamagedFileError("it is of other settings or data")
            found = [_fitting(named, name, leaf) for name, leaf in leaves]
        except (OSError, DamagedFileError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise SystemExit(
                f"{path} is missing or damaged ({why}); delete {self._cell_of(cell)}: "
                "its cell is trained again."
            ) from None
        return treedef.unflatten(found)

    def write_json(self, name: str, content: Any) -> None:
        """Write a JSON file of the folder, atomically."""
        write_atomically(
            self.folder / name, json.dumps(content, indent=1, default=str).encode()
        )

    def check_folder(self) -> None:
        """Where somebody removed the folder, write again what is held of it."""
        if (self.folder / SETTINGS).exists():
            return
        print(
            f"\n{self.folder} was removed in the meantime; its settings and "
            f"{len(self._held)} finished cells are written again.",
            file=sys.stderr,
        )
        self._lock.release()
        self._lock = self._locked()
        self._made.save(self.folder)
        for cell, rows in self._held.items():
            write_parquet(self._cells / f"{cell}.parquet", rows, self.made.words)

    def _locked(self) -> Any:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            return lock(self.folder, IN_USE)
        except ValueError as error:
            raise SystemExit(f"--out {error}") from None

    def _cell_of(self, name: str) -> Path:
        """The file of the cell that kept weights under a name."""
        known = [path.stem for path in self._cells.glob("*.parquet")]
        owners = [cell for cell in known if name.startswith(f"{cell}-")]
        return self._cells / f"{max(owners, key=len, default=name)}.parquet"

    def _weights_path(self, cell: str) -> Path:
        return self.folder / "weights" / f"{cell}.safetensors"


def open_store(
    args: Options, data: Mapping[str, str] | None = None, **settings: Any
) -> Store:
    """The folder of a study's command.

    Args:
        args: the study's `Args`.
        data: digests of what was read, by name.
        settings: what decides the results besides.
    """
    command = study_of(type(args))
    settings = {**args.settings(), **settings}
    return Store(args.out, settings, args.resume, command=command, data=data)


def _read_weights(data: bytes) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Arrays and words; there are no words in files of older versions."""
    try:
        return decode(data)
    except DamagedFileError:
        header = data[8 : 8 + int.from_bytes(data[:8], "little")]
        if b"metadata" in header or b"sha256" in header:
            raise
    try:
        return safetensors.numpy.load(data), {}
    except safetensors.SafetensorError as error:
        raise DamagedFileError(str(error)) from None


def _fitting(named: dict[str, np.ndarray], path: Any, like: Any) -> np.ndarray:
    name = jax.tree_util.keystr(path)
    if name not in named or named[name].shape != like.shape:
        raise DamagedFileError(f"it has no {name} of shape {like.shape}")
    return named[name]
