"""End a run that has reached its target or no longer improves."""

from dataclasses import dataclass, field

import numpy as np

from neurojax.training.callbacks import Chunk, metric_of


@dataclass
class EarlyStop:
    """Ends the run when `metric` is at most `target`, or has stopped falling.

    Looked at between compiled calls: the run ends with the call in which it came true,
    up to `chunk` generations later, and where exactly depends on the machine's speed.
    `train(..., chunk=1)` ends at the very generation. A resumed run counts on from its
    history. NaN is no improvement and reaches no target.

    Attributes:
        target: of the metric; None for no target.
        patience: generations without a new lowest value; None for any number.
        metric: the name of a metric with one number for each generation.
    """

    target: float | None = None
    patience: int | None = None
    metric: str = "fitness"
    _lowest: float = field(default=np.inf, init=False, repr=False)
    _lowest_at: int = field(default=0, init=False, repr=False)
    _fresh: bool = field(default=True, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.target is None and self.patience is None:
            raise ValueError(
                "target=None and patience=None never end a run; give one of them."
            )
        if self.patience is not None and self.patience < 1:
            raise ValueError(f"patience={self.patience} must be at least 1 generation.")

    def open(self, num_generations: int, generation: int) -> None:
        """Forget the last run."""
        self._lowest, self._lowest_at, self._fresh = np.inf, generation, True

    def update(self, chunk: Chunk) -> bool:
        """Return True if the target is reached or patience has run out."""
        if self._fresh:  # the first look takes in what was done before a resume
            history = chunk.history()
            metrics, generation, self._fresh = (
                history.metrics,
                history.generation,
                False,
            )
            self._lowest_at = int(generation[0]) - 1
        else:
            metrics = chunk.metrics
            length = len(next(iter(metrics.values())))
            generation = np.arange(chunk.generation - length, chunk.generation) + 1
        values = metric_of(metrics, self.metric)
        if values.ndim != 1:
            raise ValueError(
                f"metric={self.metric!r} has shape {values.shape[1:]} in each "
                "generation; EarlyStop needs one number: choose another metric."
            )
        self._look(values, generation)
        patience = np.inf if self.patience is None else self.patience
        reached = self.target is not None and self._lowest <= self.target
        return bool(reached or chunk.generation - self._lowest_at >= patience)

    def close(self) -> None:
        """Nothing is held open."""

    def _look(self, values: np.ndarray, generation: np.ndarray) -> None:
        values = np.where(np.isnan(values), np.inf, values)
        index = int(np.argmin(values))  # the first of equals
        if values[index] < self._lowest:
            self._lowest, self._lowest_at = float(values[index]), int(generation[index])
