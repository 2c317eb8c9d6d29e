"""The scaling study: its cells in order, and the report of what they found."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.scaling.args import Args
from benchmarks.scaling.methods import method
from benchmarks.scaling.protocols import Budgets, Fair, Reference, network_of
from benchmarks.shared.digests import data_digests, load_data
from benchmarks.shared.measures import at_play, both, on_rows
from benchmarks.shared.runner import Job, run_jobs
from benchmarks.shared.store import Row, Store, open_store
from benchmarks.shared.trained import best_scale, cell_job
from neurojax.data import Dataset
from neurojax.data.tasks import EXPERT_TASKS

HIDDEN = (64, 32)
SHOWN = {"match": 4, "validation_match": 4, "return": 1}


@dataclass
class Study:
    """A command's cells, run one after the other and kept in a store."""

    args: Args
    dataset: Dataset
    protocol: Fair | Reference
    store: Store

    @staticmethod
    def of(args: Args) -> "Study":
        """Load the data and open the folder.

        Raises:
            ValueError, ImportError, OSError: if an argument cannot be met, with the
                remedy.
        """
        if args.protocol == "fair":
            [method(name) for name in args.methods]
        dataset = load_data(args.data, args.task)
        longest = max(args.sizes) if args.axis == "dataset-size" else args.size
        protocol = _protocol(args, dataset, longest)
        store = open_store(args, data_digests(args.data, dataset))
        return Study(args, dataset, protocol, store)

    @property
    def labels(self) -> dict[str, str]:
        """The methods in order, with their names for a reader."""
        if isinstance(self.protocol, Reference):
            return {"adam": "Adam", "tournament_ga": "Tournament GA"}
        return {name: method(name).label for name in self.args.methods}

    def run(self) -> list[Row]:
        """Train what is not finished; return the rows of all cells."""
        return run_jobs(self.store, self._jobs(), self._num_jobs())

    def _num_jobs(self) -> int:
        per_method = len(self._grid())
        if isinstance(self.protocol, Reference):
            return per_method * len(Reference.METHODS)
        tuned = sum(bool(method(name).scales) for name in self.args.methods)
        return per_method * len(self.args.methods) + tuned

    def _jobs(self) -> Iterator[Job]:
        """Small cells first, so that results come early."""
        measures, scales = {}, {}
        for hidden, size in self._grid():
            network = network_of(self.dataset, hidden)
            if network not in measures:
                measures[network] = self._measure(network)
            for name in self.labels:
                if isinstance(self.protocol, Reference):
                    cell = self.protocol.cell(name, network, size)
                else:
                    if name not in scales:
                        scales[name] = yield from self._tuned(name)
                    cell = self.protocol.cell(name, network, size, scales[name])
                plan = self.protocol.plan(cell)
                yield cell_job(self.store, cell, plan, measures[network], SHOWN)

    def _grid(self) -> list[tuple[tuple[int, ...], int]]:
        args = self.args
        if args.axis == "width":
            return [((width, max(2, width // 2)), args.size) for width in args.widths]
        if args.axis == "compute":
            return [(HIDDEN, args.size)]
        return [(HIDDEN, size) for size in sorted(args.sizes)]

    def _tuned(self, name: str) -> Any:
        """Yield the cell that tunes the method; return the scale that it finds best.

        Tuned once, at the study's network.
        """
        assert isinstance(self.protocol, Fair)
        network = network_of(self.dataset, HIDDEN)
        cell = self.protocol.tuning_cell(name, network)
        if cell is None:
            return None
        rows = self.dataset.take(self.protocol.split.validation)
        measure = on_rows(network, rows, prefix="validation_")
        plan = self.protocol.tuning_plan(cell)
        yield cell_job(self.store, cell, plan, measure, SHOWN)
        return best_scale(self.store.finished(cell.name) or [], "validation_match")

    def _measure(self, network: Any) -> Any:
        rows = on_rows(network, self.dataset.take(self.protocol.split.test))
        task = self.dataset.name
        if task not in EXPERT_TASKS:  # a file says nothing of its simulator
            return rows
        return both(rows, at_play(network, task, self.args.episodes))


def _protocol(args: Args, dataset: Dataset, longest: int) -> Fair | Reference:
    if args.protocol == "reference":
        protocol = Reference.of(dataset, args.seeds)
    else:
        budgets = Budgets(args.updates, args.flops, args.seconds)
        protocol = Fair.of(dataset, args.seeds, budgets, longest)
    available = len(protocol.split.train)
    if longest > available:
        raise ValueError(
            f"{longest} training pairs are asked for, but the data set has {available} "
            "training rows; lower --sizes or --size."
        )
    return protocol
