"""Trackers: JSON lines, CSV, TensorBoard, Weights & Biases.

The two text formats write each row through to the operating system at once, so a killed
process loses none, and a resumed run finds each generation once.
"""

import csv
import io
import json
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from neurojax.storage.atomic import write_atomically

STEP = "generation"  # the column of the step


@dataclass
class JSONLTracker:
    """One JSON object on each line: {"generation": 1, "fitness": 0.5}.

    A number that is not finite becomes null, as JSON has no word for it.
    """

    path: str | os.PathLike[str]
    _file: TextIO | None = field(default=None, init=False, repr=False)

    def open(self, step: int) -> None:
        """Drop the rows beyond `step` and a torn last line, then append."""
        _drop_beyond(Path(self.path), step, lambda line: json.loads(line)[STEP])
        self._file = _open_to_append(self.path)

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Append one row."""
        _check_names(metrics)
        finite = {n: v if math.isfinite(v) else None for n, v in metrics.items()}
        _opened(self._file).write(json.dumps({STEP: step, **finite}) + "\n")

    def close(self) -> None:
        """Close the file."""
        _opened(self._file).close()


@dataclass
class CSVTracker:
    """A table with a header; the first row logged names its columns."""

    path: str | os.PathLike[str]
    _file: TextIO | None = field(default=None, init=False, repr=False)
    _columns: list[str] = field(default_factory=list, init=False, repr=False)

    def open(self, step: int) -> None:
        """Drop the rows beyond `step` and a torn last line, then append."""
        path = Path(self.path)
        _drop_beyond(path, step, _csv_step)
        self._file = _open_to_append(path)
        with path.open(newline="") as file:
            self._columns = next(csv.reader(file), [])

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Append one row, with a header before the first."""
        _check_names(metrics)
        if not self._columns:
            self._columns = [STEP, *metrics]
            self._write(self._columns)
        if set(self._columns) != {STEP, *metrics}:
            raise ValueError(
                f"metrics={sorted(metrics)} are not the columns {self._columns} of "
                f"{self.path}; choose another file."
            )
        row = {STEP: step, **metrics}
        self._write([row[name] for name in self._columns])

    def close(self) -> None:
        """Close the file."""
        _opened(self._file).close()

    def _write(self, cells: list[Any]) -> None:
        # Through a buffer: the file must see each row whole, as one write.
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(cells)
        _opened(self._file).write(line.getvalue())


@dataclass
class TensorBoardTracker:
    """Event files for TensorBoard; needs `pip install neurojax[tensorboard]`."""

    directory: str | os.PathLike[str]
    _writer: Any = field(default=None, init=False, repr=False)

    def open(self, step: int) -> None:
        """Begin an event file that tells TensorBoard to hide all beyond `step`."""
        try:
            from tensorboardX import SummaryWriter
        except ImportError as error:
            raise ImportError(
                "TensorBoardTracker needs tensorboardX: "
                "pip install neurojax[tensorboard]"
            ) from error
        self._writer = SummaryWriter(str(self.directory), purge_step=step + 1)

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Add one scalar for each metric."""
        for name, value in metrics.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Write what is buffered and close the file."""
        self._writer.close()


@dataclass
class WandbTracker:
    """A Weights & Biases run; needs `pip install neurojax[wandb]`.

    Attributes:
        project: the project's name.
        run_id: the run to create, or to go on with if it exists; None makes a new one.
            Rows it already has are kept: wandb refuses steps that do not rise.
    """

    project: str
    run_id: str | None = None
    _run: Any = field(default=None, init=False, repr=False)

    def open(self, step: int) -> None:
        """Begin the run, or go on with it."""
        try:
            import wandb  # pyright: ignore[reportMissingImports] (an extra)
        except ImportError as error:
            raise ImportError(
                "WandbTracker needs wandb: pip install neurojax[wandb]"
            ) from error
        self._run = wandb.init(project=self.project, id=self.run_id, resume="allow")

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Log one step."""
        self._run.log(metrics, step=step)

    def close(self) -> None:
        """Send what is buffered and finish the run."""
        self._run.finish()


def _drop_beyond(path: Path, step: int, step_of: Callable[[bytes], int]) -> None:
    """Keep the rows up to `step`; drop a last line that a crash has torn."""
    if not path.exists():
        return
    lines = path.read_bytes().splitlines(keepends=True)
    kept = []
    for number, line in enumerate(lines, start=1):
        try:
            if not line.endswith(b"\n"):
                raise ValueError("no end of line")
            if step_of(line) <= step:
                kept.append(line)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            if number < len(lines):
                raise ValueError(
                    f"line {number} of {path} is not a row of this tracker ({error}); "
                    "repair or delete it, or choose another file."
                ) from error
    if kept != lines:
        write_atomically(path, b"".join(kept))


def _csv_step(line: bytes) -> int:
    first = next(csv.reader([line.decode()]))[0]
    return -1 if first == STEP else int(first)  # the header is before every step


def _open_to_append(path: str | os.PathLike[str]) -> TextIO:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return open(path, "a", buffering=1, newline="")


def _opened(file: TextIO | None) -> TextIO:
    if file is None:
        raise ValueError("the tracker is not open; call open(step) first.")
    return file


def _check_names(metrics: dict[str, float]) -> None:
    if STEP in metrics:
        raise ValueError(
            f"metric {STEP!r} is the name of the step's column; rename it."
        )
