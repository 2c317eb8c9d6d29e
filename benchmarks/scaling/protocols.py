"""The two protocols of the scaling study: which cells are trained, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jax
import numpy as np
import optax

from benchmarks.scaling.methods import method
from benchmarks.shared.cell import Cell, Plan, Subsets
from benchmarks.shared.method import Method
from neurojax.data import Dataset, Split, by_episode, first_rows, subset
from neurojax.encodings import Gaussian
from neurojax.networks import MLP
from neurojax.strategies import GradientDescent, SimpleGA

POINT_RATIO = 1.6  # of consecutive points at which a run is measured
FIRST_POINT = 8
SIZES = (100, 300, 1000, 3000, 10000, 30000)  # of the published study
TUNING_SIZE = 1000
# With ten scales times seeds, tuning shares the program of ten seeds of the study.
TUNING_SEEDS = 2
FIRST_TUNING_SEED = 1000  # apart from the seeds of the study
REFERENCE_EPOCHS = 150
REFERENCE_GENERATIONS = 100


class Budgets(NamedTuple):
    """What every run of the fair protocol is allowed, read off its one curve."""

    updates: int
    flops: float
    seconds: float


@dataclass(frozen=True)
class Fair:
    """Same network, subsets, seeds and budgets for all; scales tuned on validation.

    Whole episodes are split into train (80 %), validation (10 %) and test (10 %). Run
    `s` trains every method on the same subset, and smaller subsets lie inside larger.
    """

    dataset: Dataset
    split: Split
    seeds: int
    budgets: Budgets
    longest: int  # rows to which every subset is padded

    @staticmethod
    def of(dataset: Dataset, seeds: int, budgets: Budgets, longest: int) -> "Fair":
        """Split the data set."""
        split = by_episode(dataset, 0.1, seed=0, validation_fraction=0.1)
        return Fair(dataset, split, seeds, budgets, longest)

    def tuning_cell(self, name: str, network: MLP) -> Cell | None:
        """All scales of a method side by side; None if it has nothing to tune."""
        chosen = method(name)
        if not chosen.scales:
            return None
        seeds = range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + TUNING_SEEDS)
        runs = [(scale, seed) for scale in chosen.scales for seed in seeds]
        size = min(TUNING_SIZE, self.longest)
        return Cell(
            f"tune-{name}",
            chosen,
            network,
            self._source(size, [seed for _, seed in runs]),
            [seed for _, seed in runs],
            [scale for scale, _ in runs],
        )

    def cell(self, name: str, network: MLP, size: int, scale: float | None) -> Cell:
        """One method at one size, all seeds."""
        hidden = "-".join(map(str, network.sizes[1:-1]))
        seeds = range(self.seeds)
        return Cell(
            f"{name}-h{hidden}-n{size}",
            method(name),
            network,
            self._source(size, seeds),
            seeds,
            [scale] * self.seeds,
        )

    def plan(self, cell: Cell) -> Plan:
        """Measured at a geometric grid and exactly at the budgets."""
        at_flops = cell.generations_for(self.budgets.flops, cell.flops)
        last = max(at_flops, self.budgets.updates)
        grid = {at_flops, self.budgets.updates}
        point = FIRST_POINT
        while point < last:
            grid.add(point)
            point = int(np.ceil(point * POINT_RATIO))
        return Plan(tuple(sorted(grid)), self.budgets.seconds)

    def tuning_plan(self, cell: Cell) -> Plan:
        """Measured once, at the FLOP budget."""
        return Plan((cell.generations_for(self.budgets.flops, cell.flops),))

    def _source(self, size: int, seeds: Sequence[int]) -> Subsets:
        rows = [subset(self.split.train, size, seed) for seed in seeds]
        return Subsets([self.dataset.take(which) for which in rows], self.longest)


@dataclass(frozen=True)
class Reference:
    """The reference study: Adam for 150 epochs against a tournament GA for 100
    generations, on the first 5000 rows as the test set.

    As in its program the two methods draw different subsets, the GA's fitness is
    accuracy on the whole subset, and both start from PyTorch's initial weights. Unlike
    it, there are several seeds, and the episodes played are seeded.
    """

    dataset: Dataset
    split: Split
    seeds: int

    METHODS = ("adam", "tournament_ga")

    @staticmethod
    def of(dataset: Dataset, seeds: int, num_test: int = 5000) -> "Reference":
        """Take the first rows as the test set."""
        return Reference(dataset, first_rows(dataset, num_test), seeds)

    def cell(self, name: str, network: MLP, size: int) -> Cell:
        """One method at one size, all seeds."""
        is_adam = name == "adam"
        chosen = _REFERENCE_METHODS[name]
        seeds = range(self.seeds)
        # Different subsets for the two methods, as in the reference program.
        subsets = [
            self.dataset.take(subset(self.split.train, size, 2 * seed + is_adam))
            for seed in seeds
        ]
        return Cell(
            f"{name}-n{size}",
            chosen,
            network,
            Subsets(subsets, size),
            seeds,
            [None] * self.seeds,
        )

    def plan(self, cell: Cell) -> Plan:
        """Measured at a geometric grid and at the end."""
        last = REFERENCE_GENERATIONS + 1
        if cell.method.uses_gradient:
            last = REFERENCE_EPOCHS * -(-cell.size // 64)
        grid, point = {last}, FIRST_POINT
        while point < last:
            grid.add(point)
            point *= 2
        return Plan(tuple(sorted(grid)))


_REFERENCE_METHODS = {
    "adam": Method(
        "adam",
        "Adam",
        GradientDescent(optax.adam(1e-3)),
        64,
        "epoch",
        None,
        (),
    ),
    "tournament_ga": Method(
        "tournament_ga",
        "Tournament GA",
        SimpleGA(
            100,
            num_elites=1,
            selection="tournament",
            variation=Gaussian(0.01),
        ),
        None,
        "epoch",
        None,
        (),
        objective="accuracy",
    ),
}


# The study's published points, one run each: match and return by training pairs.
PUBLISHED = {
    "adam": {
        "match": (0.8208, 0.8292, 0.9518, 0.9850, 0.9928, 0.9914),
        "return": (67.60, 288.62, 500.0, 500.0, 500.0, 500.0),
    },
    "tournament_ga": {
        "match": (0.8216, 0.7892, 0.8210, 0.8392, 0.8298, 0.8436),
        "return": (103.88, 101.82, 46.04, 44.64, 293.14, 190.08),
    },
}


def network_of(dataset: Dataset, hidden: Sequence[int]) -> MLP:
    """The study's network: ReLU layers between observations and actions."""
    inputs = int(np.prod(dataset.observation_shape))
    return MLP((inputs, *hidden, dataset.num_actions), jax.nn.relu)
