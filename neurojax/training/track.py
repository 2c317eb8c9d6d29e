"""Where the metrics of a run are written as it goes."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from neurojax.parallel.hosts import is_first_host
from neurojax.training.callbacks import Chunk


@runtime_checkable
class Tracker(Protocol):
    """Keeps numbers by step, where one step is one generation."""

    def open(self, step: int) -> None:
        """Begin after `step`; drop what was logged beyond it by a killed run."""
        ...

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Keep the numbers of one step."""
        ...

    def close(self) -> None:
        """Finish."""
        ...


@dataclass
class Track:
    """Logs every metric that is one number for each generation; others are left out.

    Put it before a `Checkpoint` in `callbacks`: then no kill can fall between a
    checkpoint and the rows that lead to it. Of many hosts, host 0 logs.

    Attributes:
        tracker: where to.
        every: generations between two rows; those that `every` divides are logged.
    """

    tracker: Tracker
    every: int = 1

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(f"every={self.every} must be at least 1 generation.")

    def open(self, num_generations: int, generation: int) -> None:
        """Begin after `generation`."""
        if is_first_host():
            self.tracker.open(generation)

    def update(self, chunk: Chunk) -> bool:
        """Log the chunk; never ends the run."""
        if not is_first_host():
            return False
        columns = {
            n: rows.tolist() for n, rows in chunk.metrics.items() if rows.ndim == 1
        }
        length = max((len(rows) for rows in chunk.metrics.values()), default=0)
        first = chunk.generation - length + 1
        for step in range(
            first + -first % self.every, chunk.generation + 1, self.every
        ):
            row = {name: values[step - first] for name, values in columns.items()}
            self.tracker.log(step, row)
        return False

    def close(self) -> None:
        """Finish the tracker."""
        if is_first_host():
            self.tracker.close()
