"""A folder of results: finished cells, weights, and the settings they are of."""

import json
import shutil
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import safetensors.numpy

from neurojax.storage.atomic import write_atomically

Row = dict[str, Any]
OLD_REFERENCE = "seed"  # what a folder of version 0.1 calls it


class Store:
    """Results under one folder; a finished cell is a parquet file of its own.

    Args:
        folder: made if missing.
        settings: what decides the results; a folder made with others is refused.
        resume: False forgets the cells of the folder, finished or not.

    Raises:
        SystemExit: if the folder holds results of other settings.
    """

    def __init__(self, folder: Path, settings: dict[str, Any], resume: bool) -> None:
        self.folder = folder
        self._cells = folder / "cells"
        settings = json.loads(json.dumps(settings, default=str))
        path = folder / "settings.json"
        if path.exists() and resume:
            _refuse_other_settings(folder, json.loads(path.read_text()), settings)
        if not resume:
            for stale in ("cells", "checkpoints", "weights"):
                shutil.rmtree(folder / stale, ignore_errors=True)
        self._cells.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(settings, indent=1).encode())

    def checkpoint_folder(self, cell: str) -> Path:
        """Where a cell that is being trained keeps its checkpoints."""
        return self.folder / "checkpoints" / cell

    def finished(self, cell: str) -> list[Row] | None:
        """The rows of a finished cell, or None."""
        path = self._cells / f"{cell}.parquet"
        if not path.exists():
            return None
        try:
            return pq.read_table(path).to_pylist()
        except (pa.ArrowException, OSError) as error:
            raise SystemExit(
                f"{path} is damaged ({error}); delete it: its cell is trained again."
            ) from None

    def finish(self, cell: str, rows: list[Row]) -> None:
        """Keep the rows of a finished cell and drop its checkpoints."""
        write_parquet(self._cells / f"{cell}.parquet", rows)
        folder = self.checkpoint_folder(cell)
        if folder.exists():
            for file in folder.iterdir():
                file.unlink()
            folder.rmdir()

    def keep_weights(self, cell: str, weights: Any) -> None:
        """Keep a cell's last networks, a pytree of arrays, as safetensors."""
        folder = self.folder / "weights"
        folder.mkdir(exist_ok=True)
        leaves = jax.tree_util.tree_leaves_with_path(weights)
        named = {jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in leaves}
        write_atomically(folder / f"{cell}.safetensors", safetensors.numpy.save(named))

    def has_weights(self, cell: str) -> bool:
        """Whether networks were kept under this name."""
        return (self.folder / "weights" / f"{cell}.safetensors").exists()

    def weights(self, cell: str, like: Any) -> Any:
        """The networks kept of a cell, in the structure of `like`.

        Raises:
            SystemExit: if the file is missing, damaged or of another shape.
        """
        path = self.folder / "weights" / f"{cell}.safetensors"
        leaves, treedef = jax.tree_util.tree_flatten_with_path(like)
        try:
            named = safetensors.numpy.load(path.read_bytes())
            found = [named[jax.tree_util.keystr(name)] for name, _ in leaves]
        except (OSError, KeyError, safetensors.SafetensorError) as error:
            raise SystemExit(
                f"{path} is missing or damaged ({error}); delete "
                f"{self._cells / cell}.parquet: its cell is trained again."
            ) from None
        return treedef.unflatten(found)

    def write_json(self, name: str, content: Any) -> None:
        """Write a JSON file of the folder, atomically."""
        write_atomically(
            self.folder / name, json.dumps(content, indent=1, default=str).encode()
        )


def write_parquet(path: Path, rows: list[Row]) -> None:
    """Write rows as one parquet file, atomically; what a row lacks is null."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = [pa.array([row.get(name) for row in rows]) for name in names]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns, names), sink, compression="zstd")
    write_atomically(path, sink.getvalue().to_pybytes())


def _refuse_other_settings(
    folder: Path, found: dict[str, Any], wanted: dict[str, Any]
) -> None:
    for name in ("protocol", "split"):
        if found.get(name) == OLD_REFERENCE:
            found[name] = "reference"
    differing = [
        f"{name}: {found.get(name)!r} there, {wanted.get(name)!r} now"
        for name in sorted(found.keys() | wanted.keys())
        if found.get(name) != wanted.get(name)
    ]
    if differing:
        raise SystemExit(
            f"--out {folder} holds results of other settings ({'; '.join(differing)}). "
            "Choose another --out, or --no-resume to overwrite them."
        )
