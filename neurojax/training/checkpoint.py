"""Checkpoints while a run goes: when killed, it goes on from the last, bit for bit."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neurojax.parallel.hosts import is_first_host
from neurojax.storage.tensors import DamagedFileError
from neurojax.training.callbacks import Chunk
from neurojax.training.loop import copy_state
from neurojax.training.state_file import PATTERN, as_json, read, save


@dataclass
class Checkpoint:
    """Saves a run while it goes, and once more when it ends, fails or is interrupted.

    Put a `Track` before it in `callbacks`, so that no kill can fall between a
    checkpoint and the rows that lead to it. Of many hosts host 0 writes; all restore,
    so that the directory must be one that all see.

    Attributes:
        directory: made if missing; holds `generation_0000001234.safetensors` files.
        every_seconds: least time between two checkpoints; 0 saves after every call.
        keep: how many of the newest stay.
        config: what the run is, as JSON values; `restore` compares it.
    """

    directory: str | os.PathLike[str]
    every_seconds: float = 30.0
    keep: int = 2
    config: dict[str, Any] | None = None
    _unsaved: Chunk | None = field(default=None, init=False, repr=False)
    _saved_at: float = field(default=0.0, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.every_seconds >= 0:
            raise ValueError(
                f"every_seconds={self.every_seconds} must be at least 0; "
                "0 saves after every call."
            )
        if self.keep < 1:
            raise ValueError(
                f"keep={self.keep} must be at least 1; 2 survives a damaged file."
            )
        as_json(self.config)

    def open(self, num_generations: int, generation: int) -> None:
        """Refuse a directory whose checkpoints this run did not begin from.

        Raises:
            ValueError: if it holds a whole checkpoint of a later generation, which this
                run would else throw away. Damaged ones are set aside as `*.damaged`.
        """
        self._unsaved, self._saved_at = None, time.monotonic()
        if not is_first_host():
            return
        directory = Path(self.directory)
        directory.mkdir(parents=True, exist_ok=True)
        for litter in directory.glob(
            f".{PATTERN}.*.tmp"
        ):  # of a process killed writing
            litter.unlink()
        for path in directory.glob(PATTERN):
            if path.name > _file_name(generation):
                _refuse_or_set_aside(path, generation)

    def update(self, chunk: Chunk) -> bool:
        """Save if `every_seconds` have passed, else keep a copy; never ends the run."""
        if not is_first_host():
            return False
        if time.monotonic() - self._saved_at >= self.every_seconds:
            self._unsaved = chunk
            self._save(chunk)
        else:
            self._unsaved = chunk._replace(state=copy_state(chunk.state))
        return False

    def close(self) -> None:
        """Save the last chunk if it is not saved."""
        if self._unsaved is not None:
            self._save(self._unsaved)

    def _save(self, chunk: Chunk) -> None:
        directory = Path(self.directory)
        path = directory / _file_name(chunk.generation)
        try:
            save(path, chunk.state, chunk.history(), self.config)
        except Exception:
            self._unsaved = None  # or `close` would fail once more on the same
            raise
        self._unsaved, self._saved_at = None, time.monotonic()
        for old in sorted(directory.glob(PATTERN))[: -self.keep]:
            old.unlink()


def _file_name(generation: int) -> str:
    return f"generation_{generation:010d}.safetensors"


def _refuse_or_set_aside(path: Path, generation: int) -> None:
    try:
        read(path)
    except DamagedFileError:
        path.rename(path.with_suffix(".damaged"))
        return
    raise ValueError(
        f"directory={str(path.parent)!r} holds {path.name}, beyond this run's "
        f"generation {generation}; restore from it, delete it, or choose another "
        "directory."
    )
