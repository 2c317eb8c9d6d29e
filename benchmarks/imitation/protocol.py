"""Which cells the imitation study trains, and for how long."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from benchmarks.imitation.methods import (
    FOLLOWERS,
    GRADIENT,
    GRADIENT_BATCH,
    NINE,
    PUBLISHED_SCALE,
    Options,
    method,
    network_of,
)
from benchmarks.shared.cell import Cell, Plan, Subsets
from benchmarks.shared.store import Row
from benchmarks.shared.trained import best_scale
from neurojax.data import (
    Dataset,
    Split,
    Transitions,
    by_episode,
    by_transition,
    subset,
)

Budget = Literal["published", "updates", "samples", "flops", "seconds"]

SPLIT_SEED = 42
TUNING_SIZE = 1000
# With five scales times seeds, tuning shares the program of ten seeds of the study.
TUNING_SEEDS = 2
FIRST_TUNING_SEED = 1000  # apart from the seeds of the study
FIRST_SAMPLES, SAMPLES_RATIO = 3200, 1.6  # where all methods are measured alike
NUM_EVALUATIONS = 100  # points of the reference's figure

# The reference ran until it was killed; its lengths follow from its curves. All runs
# of gradient descent fit one wall time if a step costs 0.0106 evaluations.
EVALUATIONS_OF_TIME = 170_000
STEP_COST = 0.0106
MOST_EPOCHS = 60_000  # beyond, rewriting its growing result file took the time
GENERATIONS = {"small": 70_000, "large": 85_000, "f1": 13_000}
LONG_STEPS = 15_600_000


class Amounts(NamedTuple):
    """The budgets of one run; `budget` names the one that ends it."""

    budget: Budget
    updates: int
    samples: float
    flops: float
    seconds: float
    length: float  # share of the published length


@dataclass(frozen=True)
class Protocol:
    """Cells of one data set under one set of options.

    Run `s` trains every method on the same pairs, and smaller sets lie inside larger.
    """

    dataset: Dataset
    split: Split
    options: Options
    amounts: Amounts
    seeds: int
    longest: int  # rows to which subsets are padded where they share a program

    @staticmethod
    def of(
        dataset: Dataset,
        options: Options,
        amounts: Amounts,
        seeds: int,
        sizes: list[int],
    ) -> "Protocol":
        """Split the data set: a tenth is held out, in the fair protocol half of it for
        validation."""
        split = split_of(dataset, options)
        longest = max(*sizes, min(TUNING_SIZE, len(split.train)))
        return Protocol(dataset, split, options, amounts, seeds, longest)

    def cell(self, name: str, size: int, scale: float | None) -> Cell:
        """One method at one size, all seeds."""
        runs = [(scale, seed) for seed in range(self.seeds)]
        return self._cell(f"{name}-n{size}", name, size, runs)

    def tuning_cells(self, name: str) -> list[Cell]:
        """All scales of a method: side by side, unless each is its own program."""
        size = min(TUNING_SIZE, len(self.split.train))
        scales = method(name, self.options, size).scales
        if self.options.scales == "published":
            return []
        seeds = range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + TUNING_SEEDS)
        if name in FOLLOWERS:
            return [
                self._cell(f"tune-{name}-{s:g}", name, size, [(s, r) for r in seeds])
                for s in scales
            ]
        runs = [(scale, seed) for scale in scales for seed in seeds]
        return [self._cell(f"tune-{name}", name, size, runs)] if runs else []

    def scale(self, name: str, tuning: list[Row]) -> float | None:
        """The number a method runs with: tuned on validation, or as published."""
        if not tuning:
            is_ours = name in GRADIENT or name in NINE
            return PUBLISHED_SCALE if is_ours else None
        return best_scale(tuning, "validation_macro_f1")

    def plan(self, cell: Cell) -> Plan:
        """Where the cell is measured, and how long it trains."""
        if self.amounts.budget == "seconds":
            first = cell.generations_for(FIRST_SAMPLES, cell.samples)
            return Plan((first,), self.amounts.seconds)
        last = self._last(cell)
        if self.options.cadence == "evaluations":
            return Plan(_evenly(last, _per_evaluation(cell)))
        points, samples = {last}, FIRST_SAMPLES
        while (point := cell.generations_for(samples, cell.samples)) < last:
            points.add(point)
            samples = round(samples * SAMPLES_RATIO)
        return Plan(tuple(sorted(points)))

    def tuning_plan(self, cell: Cell) -> Plan:
        """Measured once, at the end."""
        if self.amounts.budget == "seconds":
            return self.plan(cell)
        return Plan((self._last(cell),))

    def _cell(
        self, cell: str, name: str, size: int, runs: Sequence[tuple[float | None, int]]
    ) -> Cell:
        inputs = int(np.prod(self.dataset.observation_shape))
        chosen = method(name, self.options, size, runs[0][0])
        is_whole = chosen.batch_size is None or size <= chosen.batch_size
        subsets = [self._subset(size, seed) for _, seed in runs]
        return Cell(
            cell,
            chosen,
            network_of(name, inputs, self.dataset.num_actions, self.options),
            Subsets(subsets, size if is_whole else self.longest),
            [seed for _, seed in runs],
            [scale for scale, _ in runs],
        )

    def _subset(self, size: int, seed: int) -> Transitions:
        return self.dataset.take(subset(self.split.train, size, seed))

    def _last(self, cell: Cell) -> int:
        amounts = self.amounts
        if amounts.budget == "published":
            return max(1, round(published_length(cell) * amounts.length))
        if amounts.budget == "updates":
            return amounts.updates
        spent: dict[str, Callable[[int], float]] = {
            "samples": cell.samples,
            "flops": cell.flops,
        }
        amount = getattr(amounts, amounts.budget)
        return cell.generations_for(amount, spent[amounts.budget])


def published_length(cell: Cell) -> int:
    """Generations or steps of the reference's run, as far as its curves tell."""
    name, size = cell.method.name, cell.size
    if name == "sgd_long":
        return LONG_STEPS
    if name in GRADIENT:
        steps = _per_evaluation(cell)
        epochs = min(MOST_EPOCHS, EVALUATIONS_OF_TIME / (1 + STEP_COST * steps))
        return round(epochs) * steps
    if name.endswith("_f1"):
        return GENERATIONS["f1"]
    return GENERATIONS["small" if size <= 3200 else "large"]


def split_of(dataset: Dataset, options: Options) -> Split:
    """Train, validation and test rows."""
    if options.split == "transition":
        return by_transition(dataset, 0.1, SPLIT_SEED)
    return by_episode(dataset, 0.05, SPLIT_SEED, validation_fraction=0.05)


def _per_evaluation(cell: Cell) -> int:
    """Updates between two evaluations of the reference: an epoch, or a generation."""
    if cell.method.uses_gradient:
        return -(-cell.size // GRADIENT_BATCH)
    return 1


def _evenly(last: int, step: int) -> tuple[int, ...]:
    """Up to `NUM_EVALUATIONS` multiples of `step`, evenly, and the end."""
    count = max(1, last // step)
    chosen = np.unique(np.linspace(1, count, NUM_EVALUATIONS).round().astype(int))
    return tuple(sorted({*(int(n) * step for n in chosen if n * step < last), last}))
