"""Where the metrics of a run are written as it goes."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np

from neurojax.checks import integer_between, short
from neurojax.parallel.hosts import is_first_host
from neurojax.training.callbacks import Chunk, Run

Row: TypeAlias = dict[str, float]


@runtime_checkable
class Tracker(Protocol):
    """Keeps numbers by step, where one step is one generation."""

    def open(self, step: int) -> None:
        """Begin after `step`; rows beyond it, of a killed run, are to come again."""
        ...

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Keep the numbers of one step."""
        ...

    def close(self) -> None:
        """Finish."""
        ...


@runtime_checkable
class FileTracker(Tracker, Protocol):
    """A tracker that reads what an earlier run wrote before it is opened."""

    def prepare(
        self, steps: range, row_of: Callable[[int], Row | None], held: ExitStack
    ) -> None:
        """Refuse what is another run's, changing nothing; keep other writers out.

        `steps` are those that should be there, `row_of` their rows as the run's history
        has them, and `held` lets go of locks in the end.
        """
        ...

    def check_there(self) -> None:
        """Look whether the file is still there."""
        ...

    def sync(self) -> None:
        """Force what was logged to disk."""
        ...


@dataclass
class Track:
    """Logs every metric that is one number for each generation; others are left out.

    Put it before a `Checkpoint` in `callbacks`: then no kill can fall between a
    checkpoint and the rows that lead to it. Rows that a file lacks when a run goes on
    are written again from its history, with a warning. Of many hosts, host 0 logs.

    Attributes:
        tracker: where to.
        every: generations between two rows; those that `every` divides are logged.
    """

    tracker: Tracker
    every: int = 1
    _is_open: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.tracker, type) or not isinstance(self.tracker, Tracker):
            raise ValueError(
                f"tracker={short(self.tracker)} must be a tracker, such as "
                "JSONLTracker(path)."
            )
        integer_between("every", self.every, 1)

    def prepare(self, run: Run, held: ExitStack) -> bool:
        """Refuse a log whose rows are not this run's; never ends the run."""
        if not (is_first_host() and isinstance(self.tracker, FileTracker)):
            return False
        columns = _columns(run.history.metrics)
        place = {int(g): index for index, g in enumerate(run.history.generation)}

        def row_of(step: int) -> Row | None:
            if step not in place:
                return None
            return {name: rows[place[step]].item() for name, rows in columns.items()}

        steps = range(self.every, run.generation + 1, self.every)
        self.tracker.prepare(steps, row_of, held)
        return False

    def open(self, num_generations: int, generation: int) -> None:
        """Begin after `generation`."""
        if is_first_host():
            self.tracker.open(generation)
            self._is_open = True

    def update(self, chunk: Chunk) -> bool:
        """Log the chunk; never ends the run."""
        if not is_first_host():
            return False
        columns = {n: rows.tolist() for n, rows in _columns(chunk.metrics).items()}
        length = max((len(rows) for rows in chunk.metrics.values()), default=0)
        first = chunk.generation - length + 1
        for step in range(
            first + -first % self.every, chunk.generation + 1, self.every
        ):
            row = {name: values[step - first] for name, values in columns.items()}
            self.tracker.log(step, row)
        if isinstance(self.tracker, FileTracker):
            self.tracker.check_there()
        return False

    def sync(self) -> None:
        """Force to disk what a file holds; `Checkpoint` asks for it before it saves."""
        if self._is_open and isinstance(self.tracker, FileTracker):
            self.tracker.sync()

    def close(self) -> None:
        """Finish the tracker."""
        if is_first_host():
            self._is_open = False
            self.tracker.close()


def _columns(metrics: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The metrics with one number for each generation, by name."""
    return {name: metrics[name] for name in sorted(metrics) if metrics[name].ndim == 1}
