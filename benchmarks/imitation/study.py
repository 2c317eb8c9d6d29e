"""The imitation study: its cells in order."""

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from benchmarks.imitation import hybrid
from benchmarks.imitation.args import Args
from benchmarks.imitation.hybrid import SHOWN, Measures
from benchmarks.imitation.methods import (
    FAIR,
    FAIR_METHODS,
    NINE,
    REFERENCE,
    Options,
    method,
    network_of,
)
from benchmarks.imitation.protocol import Amounts, Budget, Protocol
from benchmarks.shared.digests import data_digests, load_data
from benchmarks.shared.measures import (
    METRICS,
    at_play,
    both,
    on_rows,
)
from benchmarks.shared.runner import Job, run_jobs
from benchmarks.shared.store import Row, Store, open_store
from benchmarks.shared.trained import cell_job
from neurojax.data import Dataset
from neurojax.data.tasks import EXPERT_TASKS
from neurojax.names import unknown_name
from neurojax.networks import MLP

HYBRID = "hybrid"


@dataclass
class Study:
    """A command's cells, run one after the other and kept in a store."""

    args: Args
    methods: tuple[str, ...]
    sizes: tuple[int, ...]
    protocol: Protocol
    store: Store
    _measured: dict[MLP, Any] = field(default_factory=dict)

    @staticmethod
    def of(args: Args) -> "Study":
        """Load the data and open the folder.

        Raises:
            ValueError, ImportError, OSError: if an argument cannot be met, with the
                remedy.
        """
        usual = {"fair": FAIR_METHODS, "reference": NINE}[args.protocol]
        methods = args.methods or usual
        options = options_of(args)
        for name in methods:
            if name != HYBRID:
                method(name, options, 1)
        if args.task not in EXPERT_TASKS:  # a file would say nothing of its simulator
            raise unknown_name("--task", args.task, EXPERT_TASKS)
        dataset = load_data(args.data, args.task)
        sizes = sizes_of(args.sizes, dataset.num_transitions)
        amounts = _amounts(args)
        protocol = Protocol.of(dataset, options, amounts, args.seeds, list(sizes))
        sizes = _fitting(protocol, args.sizes, sizes)
        if HYBRID in methods:
            _check_hybrid(protocol)
        if args.ea_batch and args.ea_batch > max(sizes):
            print(
                f"--ea-batch {args.ea_batch} is more than the largest set: "
                f"generations see the whole set, at most {max(sizes)} pairs.",
                file=sys.stderr,
            )
        store = open_store(args, data_digests(args.data, dataset))
        return Study(args, tuple(methods), sizes, protocol, store)

    @property
    def dataset(self) -> Dataset:
        """The expert's transitions."""
        return self.protocol.dataset

    @property
    def labels(self) -> dict[str, str]:
        """The methods in order, with their names for a reader."""
        options = self.protocol.options
        labels = {
            name: method(name, options, 1).label
            for name in self.methods
            if name != HYBRID
        }
        if HYBRID not in self.methods:
            return labels
        adam = method("adam", options, 1).label
        return {"adam": adam, **labels, **hybrid.LABELS}

    def run(self) -> list[Row]:
        """Train what is not finished; return the rows of all cells."""
        return run_jobs(self.store, self._jobs(), self._num_jobs())

    @property
    def _plain(self) -> list[str]:
        return [name for name in self.labels if name not in hybrid.LABELS]

    def _num_jobs(self) -> int:
        number = sum(len(self.protocol.tuning_cells(name)) for name in self._plain)
        number += len(self._plain) * len(self.sizes)
        if HYBRID in self.methods:
            number += hybrid.num_jobs(self.protocol, len(self.sizes))
        return number

    def _jobs(self) -> Iterator[Job]:
        measures = self._measures(self._network)
        scales = {}
        for name in self._plain:
            tuning = []
            for cell in self.protocol.tuning_cells(name):
                plan = self.protocol.tuning_plan(cell)
                yield cell_job(self.store, cell, plan, measures.validation, SHOWN)
                tuning += self.store.finished(cell.name) or []
            scales[name] = self.protocol.scale(name, tuning)
            for size in sorted(self.sizes):
                cell = self.protocol.cell(name, size, scales[name])
                plan = self.protocol.plan(cell)
                yield cell_job(
                    self.store, cell, plan, measures.test, SHOWN, measures.play
                )
        if HYBRID in self.methods:
            yield from hybrid.jobs(
                self.protocol, self.sizes, scales["adam"], self.store, self._measures
            )

    @property
    def _network(self) -> MLP:
        """Networks of all methods differ in their first weights alone."""
        shape = self.dataset.observation_shape
        return network_of("sgd", shape[0], self.dataset.num_actions, FAIR)

    def _measures(self, network: MLP) -> Measures:
        """How a network is measured, each measure compiled once."""
        if network not in self._measured:
            split, options = self.protocol.split, self.protocol.options
            metrics = METRICS
            if options.f1_fitness == "sampled":
                metrics += ("sampled_macro_f1",)
            test = on_rows(network, self.dataset.take(split.test), metrics=metrics)
            validation = test
            if len(split.validation):
                rows = self.dataset.take(split.validation)
                validation = on_rows(network, rows, prefix="validation_")
                test = both(test, validation)
            play = at_play(network, self.dataset.name, self.args.episodes)
            measures = Measures(test, validation, play)
            self._measured[network] = measures
        return self._measured[network]


def options_of(args: Args) -> Options:
    """The protocol's options, replaced where the command line gives one.

    Raises:
        ValueError: if two of them exclude each other.
    """
    options = {"fair": FAIR, "reference": REFERENCE}[args.protocol]
    given = {name: getattr(args, name) for name in options._fields}
    options = options._replace(**{n: v for n, v in given.items() if v is not None})
    if options.scales == "tuned" and options.split == "transition":
        raise ValueError(
            "--scales tuned needs validation rows, which --split transition does not "
            "set apart; use --split episode or --scales published."
        )
    return options


def _check_hybrid(protocol: Protocol) -> None:
    """Refuse budgets that cannot be halved, and options without validation."""
    if protocol.amounts.budget != "flops" or protocol.options.scales != "tuned":
        raise ValueError(
            "--methods hybrid splits a budget of FLOPs and tunes its heads: use "
            "--protocol fair, --budget flops and --scales tuned."
        )


def _amounts(args: Args) -> Amounts:
    default: Budget = "flops" if args.protocol == "fair" else "published"
    budget = args.budget or default
    return Amounts(
        budget, args.updates, args.samples, args.flops, args.seconds, args.length
    )


def sizes_of(words: tuple[str, ...], num_pairs: int) -> tuple[int, ...]:
    """Numbers of training pairs from numbers or per cents of all pairs.

    Raises:
        ValueError: naming the word that is neither.
    """
    sizes = []
    for word in words:
        try:
            share = float(word.removesuffix("%"))
        except ValueError:
            share = float("nan")
        is_share = word.endswith("%")
        is_number = 0 < share < math.inf  # NaN is neither
        size = round(share / 100 * num_pairs if is_share else share) if is_number else 0
        if size < 1 or (not is_share and size != share) or (is_share and share > 90):
            raise ValueError(
                f"--sizes {word!r} must be a whole number of pairs, at least 1, or per "
                "cent of all pairs up to 90%, such as 1000 or 30%."
            )
        if size in sizes:
            raise ValueError(f"--sizes {word!r} is {size} pairs, as another one is.")
        sizes.append(size)
    return tuple(sizes)


def _fitting(
    protocol: Protocol, words: tuple[str, ...], sizes: tuple[int, ...]
) -> tuple[int, ...]:
    """The sizes, a 90 % that rounding puts above the training rows cut to them."""
    available = len(protocol.split.train)
    fitting = []
    for word, size in zip(words, sizes, strict=True):
        is_rounded = word.endswith("%") and size <= 1.05 * available
        if size > available and not is_rounded:
            raise ValueError(
                f"--sizes {word}: the data set has {available} training rows; ask for "
                "fewer."
            )
        fitting.append(min(size, available))
    return tuple(fitting)
