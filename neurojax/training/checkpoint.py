"""Checkpoints while a run goes: when killed, it goes on from the last, bit for bit."""

import json
import os
import time
import warnings
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neurojax.checks import is_integer, is_number
from neurojax.parallel.hosts import is_first_host
from neurojax.storage.damaged import DamagedFileError
from neurojax.storage.lock import lock
from neurojax.storage.paths import free_path, user_folder
from neurojax.training.callbacks import Chunk, Run
from neurojax.training.fingerprint import differences, fingerprint
from neurojax.training.loop import copy_state
from neurojax.training.state_file import PATTERN, as_json, read, write
from neurojax.training.track import Track


@dataclass
class Checkpoint:
    """Saves a run while it goes, and once more when it ends, fails or is interrupted.

    Put a `Track` before it in `callbacks`, so that no kill can fall between a
    checkpoint and the rows that lead to it. Of many hosts host 0 writes; all restore,
    so that the directory must be one that all see.

    A checkpoint says what its run was: the key, the params and all that the system's
    fields reach, data included. A run that goes on from it with others is refused, and
    so is a second run on a directory that one is writing.

    Attributes:
        directory: made if missing; holds `generation_0000001234.safetensors` files.
        every_seconds: least time between two checkpoints; 0 saves after every call.
        keep: how many of the newest stay.
        config: what the run is besides, as JSON values; `restore` compares it.
    """

    directory: str | os.PathLike[str]
    every_seconds: float = 30.0
    keep: int = 2
    config: dict[str, Any] | None = None
    _unsaved: Chunk | None = field(default=None, init=False, repr=False)
    _saved_at: float = field(default=0.0, init=False, repr=False)
    _run: dict[str, str] = field(default_factory=dict, init=False, repr=False)
    _tracks: list[Track] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        self.directory = user_folder("directory", self.directory)
        if not (is_number(self.every_seconds) and self.every_seconds >= 0):
            raise ValueError(
                f"every_seconds={self.every_seconds!r} must be a number, at least 0; "
                "0 saves after every call."
            )
        if not (is_integer(self.keep) and self.keep >= 1):
            raise ValueError(
                f"keep={self.keep!r} must be an integer, at least 1; 2 survives a "
                "damaged file."
            )
        as_json(self.config)

    def prepare(self, run: Run, held: ExitStack) -> bool:
        """Hold the directory, and refuse it if it is not this run's.

        Raises:
            ValueError: if another run is writing there, it holds a whole checkpoint of
                a later generation, or the one of this run's generation was saved with
                another key, other params, data or another system.
        """
        self._run, self._tracks = {}, []
        if not is_first_host():
            return False
        directory = self._made()
        remedy = "wait until its run has ended, or choose another directory."
        held.callback(lock(directory, remedy).release)
        for path in self._beyond(run.generation):
            _refuse_unless_damaged(path, run.generation)
        self._tracks = [c for c in run.callbacks if isinstance(c, Track)]
        now, saved = fingerprint(run), self._saved_run(run.generation)
        if odd := differences(saved, now):
            more = f"; and {len(odd) - 4} more" if len(odd) > 4 else ""
            raise ValueError(
                f"{directory / _file_name(run.generation)} was saved by another run: "
                f"{'; '.join(odd[:4])}{more}. Go on with what was saved, or give the "
                "changed run a Checkpoint with another directory."
            )
        self._run = now | saved
        return False

    def open(self, num_generations: int, generation: int) -> None:
        """Set aside damaged checkpoints of later generations, as `*.damaged`.

        Raises:
            ValueError: if the directory holds a whole checkpoint of a later generation,
                which this run would else throw away.
        """
        self._unsaved, self._saved_at = None, time.monotonic()
        if not is_first_host():
            return
        directory = self._made()
        for litter in directory.glob(
            f".{PATTERN}.*.tmp"
        ):  # of a process killed writing
            litter.unlink(missing_ok=True)
        for path in self._beyond(generation):
            _refuse_unless_damaged(path, generation)
            path.rename(_damaged(path))

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
        if not directory.is_dir():
            warnings.warn(
                f"directory={str(directory)!r} was removed while a run saves there; it "
                "is made again, without the earlier checkpoints.",
                stacklevel=2,
            )
        path = directory / _file_name(chunk.generation)
        try:
            for track in self._tracks:  # else a power cut could take the rows alone
                track.sync()
            write(path, chunk.state, chunk.history(), self.config, self._run)
        except Exception:
            self._unsaved = None  # or `close` would fail once more on the same
            raise
        self._unsaved, self._saved_at = None, time.monotonic()
        for old in sorted(directory.glob(PATTERN))[: -self.keep]:
            old.unlink(missing_ok=True)

    def _made(self) -> Path:
        directory = Path(self.directory)
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OSError(
                error.errno,
                f"could not make the directory ({error.strerror}); choose another "
                "place",
                str(directory),
            ) from error
        return directory

    def _beyond(self, generation: int) -> list[Path]:
        paths = sorted(Path(self.directory).glob(PATTERN))
        return [path for path in paths if path.name > _file_name(generation)]

    def _saved_run(self, generation: int) -> dict[str, str]:
        """The fingerprint in the checkpoint of a generation; {} where there is none."""
        try:
            _, words = read(Path(self.directory) / _file_name(generation))
        except (FileNotFoundError, DamagedFileError):
            return {}
        return json.loads(words.get("run", "{}"))


def _file_name(generation: int) -> str:
    return f"generation_{generation:010d}.safetensors"


def _damaged(path: Path) -> Path:
    name = path.with_suffix(".damaged")
    return free_path(name, "") if os.path.lexists(name) else name


def _refuse_unless_damaged(path: Path, generation: int) -> None:
    try:
        read(path)
    except (DamagedFileError, FileNotFoundError):
        return
    raise ValueError(
        f"directory={str(path.parent)!r} holds {path.name}, beyond this run's "
        f"generation {generation}; restore from it, delete it, or choose another "
        "directory."
    )
