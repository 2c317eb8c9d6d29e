"""A progress bar on the terminal."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from neurojax.checks import is_integer
from neurojax.metrics import is_maximized
from neurojax.parallel.hosts import is_first_host
from neurojax.training.callbacks import Chunk

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar


@dataclass
class Progress:
    """Shows generations, evaluations, the best fitness so far and the time left.

    Best is the lowest of fitness and losses, the highest of returns, accuracies and F1
    scores (`metrics.is_maximized`).

    Draws on stderr, and nothing at all where that is not a terminal (nor a notebook).
    Of many hosts, host 0 draws.

    Attributes:
        evaluations_per_generation: the strategy's population size (times the seeds run
            together); None shows no evaluations.
        metric: its best value so far is shown, over all axes; none if it is absent.
        console: where to draw instead of stderr.
        maximize: whether more of the metric is better; None where its name tells.
    """

    evaluations_per_generation: int | None = None
    metric: str = "fitness"
    console: "Console | None" = None
    maximize: bool | None = None
    _bar: "Bar | None" = field(default=None, init=False, repr=False)
    _lowest: float = field(default=np.inf, init=False, repr=False)
    _fresh: bool = field(default=True, init=False, repr=False)

    def __post_init__(self) -> None:
        count = self.evaluations_per_generation
        if count is not None and not (is_integer(count) and count >= 1):
            raise ValueError(
                f"evaluations_per_generation={count!r} must be an integer, at least 1; "
                "use strategy.population_size."
            )
        is_maximized(self.metric, self.maximize)

    def open(self, num_generations: int, generation: int) -> None:
        """Draw the bar with `generation` of `num_generations` done."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as Bar

        console = self.console or Console(stderr=True)
        self._lowest, self._fresh = np.inf, True
        if not (console.is_terminal or console.is_jupyter) or not is_first_host():
            return
        self._bar = Bar(
            TextColumn("generation"),
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.fields[shown]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            refresh_per_second=2,  # the numbers change about once a second
        )
        self._bar.add_task("", total=num_generations, completed=generation, shown="")
        self._bar.start()

    def update(self, chunk: Chunk) -> bool:
        """Redraw with the chunk's numbers; never ends the run."""
        if self._bar is None:
            return False
        # The first look takes in what was done before a resume.
        metrics = chunk.history().metrics if self._fresh else chunk.metrics
        self._fresh = False
        values = metrics.get(self.metric, np.zeros(0))
        finite = self._sign * values[np.isfinite(values)]
        self._lowest = min(self._lowest, float(np.min(finite, initial=np.inf)))
        self._bar.update(
            self._bar.task_ids[0],
            completed=chunk.generation,
            shown=self._describe(chunk.generation),
        )
        return False

    def close(self) -> None:
        """Leave the last numbers on the terminal."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _describe(self, generation: int) -> str:
        words = []
        if self.evaluations_per_generation is not None:
            count = generation * self.evaluations_per_generation
            words.append(f"evaluations {count:,}")
        if np.isfinite(self._lowest):
            words.append(f"best {self.metric} {self._sign * self._lowest:.6g}")
        return "  ".join(words)

    @property
    def _sign(self) -> int:
        return -1 if is_maximized(self.metric, self.maximize) else 1
