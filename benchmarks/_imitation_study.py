"""The imitation study: its cells in order."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from benchmarks._cells import Row
from benchmarks._imitation_methods import (
    FAIR,
    FAIR_METHODS,
    NINE,
    SEED,
    Options,
    method,
    network_of,
)
from benchmarks._imitation_protocol import Amounts, Budget, Protocol
from benchmarks._measures import METRICS, Measure, at_play, both, on_rows
from benchmarks._runner import Job, run_jobs
from benchmarks._store import Store
from neurojax.data import Dataset, load

if TYPE_CHECKING:
    from benchmarks.imitation import Args

HYBRID = "hybrid"
SHOWN = {"macro_f1": 4, "validation_macro_f1": 4, "return": 1}


@dataclass
class Study:
    """A command's cells, run one after the other and kept in a store."""

    args: "Args"
    methods: tuple[str, ...]
    sizes: tuple[int, ...]
    protocol: Protocol
    store: Store

    @staticmethod
    def of(args: "Args") -> "Study":
        """Check the arguments, load the data, open the folder.

        Raises:
            SystemExit: if an argument cannot be met, with the remedy.
        """
        from benchmarks.imitation import check, settings_of

        check(args)
        methods = args.methods or {"fair": FAIR_METHODS, "seed": NINE}[args.protocol]
        options = options_of(args)
        try:
            for name in methods:
                if name != HYBRID:
                    method(name, options, 1)
            dataset = load(args.data, args.task)
            sizes = sizes_of(args.sizes, dataset.num_transitions)
            amounts = _amounts(args)
            protocol = Protocol.of(dataset, options, amounts, args.seeds, list(sizes))
            sizes = _fitting(protocol, args.sizes, sizes)
        except (ValueError, ImportError, OSError) as error:
            raise SystemExit(str(error)) from None
        store = Store(args.out, settings_of(args), args.resume)
        return Study(args, tuple(methods), sizes, protocol, store)

    @property
    def dataset(self) -> Dataset:
        """The expert's transitions."""
        return self.protocol.dataset

    @property
    def labels(self) -> dict[str, str]:
        """The methods in order, with their names for a reader."""
        options = self.protocol.options
        return {
            name: method(name, options, 1).label
            for name in self.methods
            if name != HYBRID
        }

    def run(self) -> list[Row]:
        """Train what is not finished; return the rows of all cells."""
        return run_jobs(self.store, self._jobs(), self._num_jobs(), SHOWN)

    def _num_jobs(self) -> int:
        tuned = sum(self.protocol.tuning_cell(name) is not None for name in self.labels)
        return len(self.labels) * len(self.sizes) + tuned

    def _jobs(self) -> Iterator[Job]:
        for name in self.labels:
            tuning = []
            cell = self.protocol.tuning_cell(name)
            if cell is not None:
                plan = self.protocol.tuning_plan(cell)
                yield Job(cell, plan, self._validation)
                tuning = self.store.finished(cell.name) or []
            scale = self.protocol.scale(name, tuning)
            for size in sorted(self.sizes):
                cell = self.protocol.cell(name, size, scale)
                plan = self.protocol.plan(cell)
                yield Job(cell, plan, self._measure, self._play)

    @cached_property
    def _network(self) -> Any:
        """Networks of all methods differ in their first weights alone."""
        shape = self.dataset.observation_shape
        return network_of("sgd", shape[0], self.dataset.num_actions, FAIR)

    @cached_property
    def _validation(self) -> Measure:
        rows = self.dataset.take(self.protocol.split.validation)
        return on_rows(self._network, rows, prefix="validation_")

    @cached_property
    def _measure(self) -> Measure:
        metrics = METRICS
        if self.protocol.options.f1_fitness == "sampled":
            metrics += ("sampled_macro_f1",)
        rows = self.dataset.take(self.protocol.split.test)
        on_test = on_rows(self._network, rows, metrics=metrics)
        has_validation = len(self.protocol.split.validation) > 0
        return both(on_test, self._validation) if has_validation else on_test

    @cached_property
    def _play(self) -> Measure:
        if self.dataset.name == "CartPole-v1":
            return at_play(self._network, self.dataset.name, self.args.episodes)
        from benchmarks._gymnasium import at_host_play

        return at_host_play(self.dataset.name, self.args.episodes)


def options_of(args: "Args") -> Options:
    """The protocol's options, replaced where the command line gives one.

    Raises:
        SystemExit: if two of them exclude each other.
    """
    options = {"fair": FAIR, "seed": SEED}[args.protocol]
    given = {name: getattr(args, name) for name in options._fields}
    options = options._replace(**{n: v for n, v in given.items() if v is not None})
    if options.scales == "tuned" and options.split == "transition":
        raise SystemExit(
            "--scales tuned needs validation rows, which --split transition does not "
            "set apart; use --split episode or --scales published."
        )
    return options


def _amounts(args: "Args") -> Amounts:
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
        size = round(share / 100 * num_pairs if is_share else share) if share > 0 else 0
        if size < 1 or (not is_share and size != share) or (is_share and share > 90):
            raise ValueError(
                f"--sizes {word!r} must be a whole number of pairs, at least 1, or per "
                "cent of all pairs up to 90%, such as 1000 or 30%."
            )
        sizes.append(size)
    return tuple(sizes)


def _fitting(
    protocol: Protocol, words: tuple[str, ...], sizes: tuple[int, ...]
) -> tuple[int, ...]:
    """The sizes, a 90 % that rounding puts above the training rows cut to them."""
    available = len(protocol.split.train)
    fitting = []
    for word, size in zip(words, sizes, strict=True):
        is_rounded = word.endswith("%") and size <= 1.03 * available
        if size > available and not is_rounded:
            raise ValueError(
                f"--sizes {word}: the data set has {available} training rows; ask for "
                "fewer."
            )
        fitting.append(min(size, available))
    return tuple(fitting)
