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
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from neurojax import checks
from neurojax.storage.paths import user_file, user_folder
from neurojax.training.log_file import HEADER, LogFile
from neurojax.training.track import Row

STEP = "generation"  # the column of the step


@dataclass
class _FileTracker:
    """What both kinds of text file have."""

    path: str | os.PathLike[str]
    _log: LogFile | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self.path = user_file("path", self.path)

    def check_there(self) -> None:
        """If somebody has deleted or replaced the file, write it again, and say so."""
        _opened(self._log).check_there()

    def sync(self) -> None:
        """Force the rows to disk."""
        _opened(self._log).sync()

    def close(self) -> None:
        """Close the file."""
        _opened(self._log).close()
        self._log = None


@dataclass
class JSONLTracker(_FileTracker):
    """One JSON object on each line: {"generation": 1, "fitness": 0.5}.

    A number that is not finite becomes null, as JSON has no word for it. Rows that are
    there already are compared with those to be logged, and never cut without a word; a
    run from the beginning refuses those of another run.
    """

    def prepare(
        self, steps: range, row_of: Callable[[int], Row | None], held: ExitStack
    ) -> None:
        """Hold the file; refuse one whose rows are another run's."""
        self._log = LogFile(user_file("path", self.path), _json_row)
        self._log.hold(held)
        self._log.compare(steps, partial(_line_of, self._line, row_of))

    def open(self, step: int) -> None:
        """Append after `step`, once the rows beyond it are met again."""
        self._log = self._log or LogFile(user_file("path", self.path), _json_row)
        self._log.open(step)

    def log(self, step: int, metrics: Row) -> None:
        """Append one row."""
        _opened(self._log).write(self._line(step, metrics))

    def _line(self, step: int, metrics: Row) -> bytes:
        _check_names(metrics)
        finite = {n: v if math.isfinite(v) else None for n, v in metrics.items()}
        return json.dumps({STEP: step, **finite}).encode() + b"\n"


@dataclass
class CSVTracker(_FileTracker):
    """A table with a header; the first row logged names its columns.

    Rows that are there already are treated as `JSONLTracker` treats them.
    """

    _columns: list[str] = field(default_factory=list, init=False, repr=False)

    def prepare(
        self, steps: range, row_of: Callable[[int], Row | None], held: ExitStack
    ) -> None:
        """Hold the file; refuse one whose rows are another run's."""
        self._log = LogFile(user_file("path", self.path), _csv_row)
        self._log.hold(held)
        self._columns = _columns_of(self._log)
        first = next((row for row in map(row_of, steps) if row is not None), None)
        if first is not None and not self._columns:
            self._columns = [STEP, *first]
        self._log.compare(steps, partial(_line_of, self._line, row_of))

    def open(self, step: int) -> None:
        """Append after `step`, once the rows beyond it are met again."""
        self._log = self._log or LogFile(user_file("path", self.path), _csv_row)
        self._log.open(step, _csv_line(self._columns) if self._columns else b"")
        self._columns = _columns_of(self._log)

    def log(self, step: int, metrics: Row) -> None:
        """Append one row, with a header before the first."""
        _check_names(metrics)
        if not self._columns:
            columns = [STEP, *metrics]
            _opened(self._log).write(_csv_line(columns))
            self._columns = columns
        _opened(self._log).write(self._line(step, metrics))

    def _line(self, step: int, metrics: Row) -> bytes:
        if set(self._columns) != {STEP, *metrics}:
            raise ValueError(
                f"metrics={sorted(metrics)} are not the columns {self._columns} of "
                f"{self.path}; choose another file."
            )
        row = {STEP: step, **metrics}
        return _csv_line([row[name] for name in self._columns])


@dataclass
class TensorBoardTracker:
    """Event files for TensorBoard; needs `pip install neurojax[tensorboard]`."""

    directory: str | os.PathLike[str]
    _writer: Any = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self.directory = user_folder("directory", self.directory)

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

    def log(self, step: int, metrics: Row) -> None:
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

    def __post_init__(self) -> None:
        checks.text("project", self.project, "my-project")
        if self.run_id is not None:
            checks.text("run_id", self.run_id, "my-run")

    def open(self, step: int) -> None:
        """Begin the run, or go on with it."""
        try:
            import wandb  # pyright: ignore[reportMissingImports] (an extra)
        except ImportError as error:
            raise ImportError(
                "WandbTracker needs wandb: pip install neurojax[wandb]"
            ) from error
        self._run = wandb.init(project=self.project, id=self.run_id, resume="allow")

    def log(self, step: int, metrics: Row) -> None:
        """Log one step."""
        self._run.log(metrics, step=step)

    def close(self) -> None:
        """Send what is buffered and finish the run."""
        self._run.finish()


def _json_row(line: bytes) -> tuple[int, Any]:
    row = json.loads(line)
    return _step(row[STEP]), row


def _csv_row(line: bytes) -> tuple[int, Any]:
    cells = next(csv.reader([line.decode()]))
    return HEADER if cells[0] == STEP else _step(int(cells[0])), cells


def _step(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{STEP} {value!r} is no number of generations")
    return value


def _csv_line(cells: list[Any]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue().encode()


def _columns_of(log: LogFile) -> list[str]:
    """The cells of the header; none if there is no whole line."""
    first = next(iter(log.lines()), None)
    if first is None:
        return []
    if first[0] != HEADER:
        raise ValueError(
            f"line 1 of {log.path} is not the header of a table, which is {STEP!r} and "
            "the names of metrics; repair it, or choose another file."
        )
    return _csv_row(first[1])[1]


def _line_of(
    line: Callable[[int, Row], bytes], row_of: Callable[[int], Row | None], step: int
) -> bytes | None:
    row = row_of(step)
    return None if row is None else line(step, row)


def _opened(log: LogFile | None) -> LogFile:
    if log is None:
        raise ValueError("the tracker is not open; call open(step) first.")
    return log


def _check_names(metrics: Row) -> None:
    if STEP in metrics:
        raise ValueError(
            f"metric {STEP!r} is the name of the step's column; rename it."
        )
