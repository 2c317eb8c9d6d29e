"""End a run that has reached its target or no longer improves."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from neurojax.checks import integer_between, is_number
from neurojax.metrics import is_maximized
from neurojax.training.callbacks import Chunk, Run, metric_of
from neurojax.tree import without_data


@dataclass
class EarlyStop:
    """Ends the run when `metric` has reached `target`, or has stopped improving.

    Fitness and losses improve downwards and reach a target from above, returns,
    accuracies and F1 scores upwards from below (`metrics.is_maximized`).

    Looked at between compiled calls: the run ends with the call in which it came true,
    up to `chunk` generations later, and where exactly depends on the machine's speed.
    `train(..., chunk=1)` ends at the very generation. A resumed run counts on from its
    history, and one that had ended stays ended. NaN is no improvement and reaches no
    target.

    Attributes:
        target: of the metric; None for no target.
        patience: generations without a new best value; None for any number.
        metric: the name of a metric with one number for each generation.
        maximize: whether more is better; None where the name tells.

    Raises:
        ValueError: for bad arguments; and, as it has nothing to wait for, by the run
            whose first generation has reached the target by the population's mean (or
            by the metric, where there is no `METRIC_mean`).
    """

    target: float | None = None
    patience: int | None = None
    metric: str = "fitness"
    maximize: bool | None = None
    _lowest: float = field(default=np.inf, init=False, repr=False)
    _lowest_at: int = field(default=0, init=False, repr=False)
    _fresh: bool = field(default=True, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.target is None and self.patience is None:
            raise ValueError(
                "target=None and patience=None never end a run; give one of them."
            )
        if self.target is not None and not (
            is_number(self.target) and np.isfinite(self.target)
        ):
            raise ValueError(f"target={self.target!r} must be a finite number.")
        if self.patience is not None:
            integer_between("patience", self.patience, 1)
        is_maximized(self.metric, self.maximize)

    def prepare(self, run: Run, held: ExitStack) -> bool:
        """Refuse a metric that the system lacks; return whether the run had ended."""
        if not len(run.history.generation):
            if run.system.jittable:
                step = without_data(run.system).step
                _, shapes = jax.eval_shape(step, run.key, run.state)
                self._check(metric_of(shapes, self.metric).shape)
            return False
        self.open(run.num_generations, run.generation)
        self._begin(run.history.metrics, run.history.generation)
        return self._has_ended(run.generation)

    def open(self, num_generations: int, generation: int) -> None:
        """Forget the last run."""
        self._lowest, self._lowest_at, self._fresh = np.inf, generation, True

    def update(self, chunk: Chunk) -> bool:
        """Return True if the target is reached or patience has run out."""
        if self._fresh:  # the first look takes in what was done before a resume
            history = chunk.history()
            self._begin(history.metrics, history.generation)
            self._fresh = False
        else:
            length = len(next(iter(chunk.metrics.values())))
            generation = np.arange(chunk.generation - length, chunk.generation) + 1
            self._look(chunk.metrics, generation)
        return self._has_ended(chunk.generation)

    def close(self) -> None:
        """Nothing is held open."""

    def _has_ended(self, generation: int) -> bool:
        patience = np.inf if self.patience is None else self.patience
        reached = self.target is not None and self._reaches(self._sign * self._lowest)
        return bool(reached or generation - self._lowest_at >= patience)

    @property
    def _sign(self) -> int:
        return -1 if is_maximized(self.metric, self.maximize) else 1

    def _reaches(self, value: float) -> bool:
        return self.target is not None and (
            self._sign * value <= self._sign * self.target
        )

    def _begin(self, metrics: dict[str, Any], generation: np.ndarray) -> None:
        """Look from the run's beginning on; refuse a target that was never far."""
        self._lowest_at = int(generation[0]) - 1
        self._look(metrics, generation)
        first = float(metrics[self.metric][0])
        mean = float(metrics.get(f"{self.metric}_mean", metrics[self.metric])[0])
        if generation[0] == 1 and self._reaches(first) and self._reaches(mean):
            bound, way = ("at most", "minimised")
            if self._sign < 0:
                bound, way = ("at least", "maximised")
            raise ValueError(
                f"target={self.target} is reached by the whole first generation "
                f"({self.metric} {first:.6g}): {self.metric} is {way}, and {bound} the "
                f"target ends the run. Choose a target to be reached by learning, "
                f"another metric, or maximize={self._sign > 0}."
            )

    def _look(self, metrics: dict[str, Any], generation: np.ndarray) -> None:
        values = metric_of(metrics, self.metric)
        self._check(values.shape[1:])
        values = np.where(np.isnan(values), np.inf, self._sign * values)
        index = int(np.argmin(values))  # the first of equals
        if values[index] < self._lowest:
            self._lowest, self._lowest_at = float(values[index]), int(generation[index])

    def _check(self, shape: tuple[int, ...]) -> None:
        if shape:
            raise ValueError(
                f"metric={self.metric!r} has shape {shape} in each generation; "
                "EarlyStop needs one number: choose another metric."
            )
