"""The study of F1's signal: parents trained from stage to stage, mutants of each."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import jax
import numpy as np
import optax

from benchmarks.f1_signal.args import Args
from benchmarks.f1_signal.noise import compare, mutants
from benchmarks.shared.digests import data_digests, load_data
from benchmarks.shared.runner import Job, Show, run_jobs
from benchmarks.shared.store import Row, Store, open_store
from neurojax.data import Dataset, by_episode, subset
from neurojax.networks import MLP
from neurojax.problems import Imitation
from neurojax.strategies import GradientDescent
from neurojax.systems import Evolution, Replicas
from neurojax.training import train
from neurojax.tree import take
from neurojax.types import Population

HIDDEN = 50
KEY = 0
RATE, BATCH_SIZE = 1e-3, 64  # of Adam, who trains the parents


@dataclass
class Study:
    """A command's stages, one after the other and kept in a store."""

    args: Args
    dataset: Dataset
    problem: Imitation
    store: Store

    @staticmethod
    def of(args: Args) -> "Study":
        """Load the data and open the folder.

        Raises:
            ValueError, ImportError, OSError: if an argument cannot be met, with the
                remedy.
        """
        dataset = load_data(args.data, args.task)
        split = by_episode(dataset, 0.1, seed=0, validation_fraction=0.1)
        if args.pairs > len(split.train):
            raise ValueError(
                f"--pairs {args.pairs} must be at most {len(split.train)}, the "
                f"training rows of {args.data}; lower it."
            )
        problem = _problem(dataset, subset(split.train, args.pairs, seed=0))
        store = open_store(args, data_digests(args.data, dataset))
        return Study(args, dataset, problem, store)

    def run(self) -> list[Row]:
        """Measure the stages that are not finished; the rows of all."""
        return run_jobs(self.store, self._jobs(), len(set(self.args.steps)))

    def _jobs(self) -> Iterator[Job]:
        parents = Parents(self.problem, self.args)
        for steps in sorted(set(self.args.steps)):
            run = partial(self._stage, parents, steps)
            yield Job(f"steps{steps}", run, lambda rows: f"{len(rows)} estimates")

    def _stage(self, parents: "Parents", steps: int, show: Show) -> list[Row]:
        """A row for each seed, batch size and estimator after so many steps."""
        args, measured = self.args, []
        population = parents.after(steps)
        key = jax.random.fold_in(jax.random.split(jax.random.key(KEY))[1], steps)
        for seed, key_seed in enumerate(jax.random.split(key, args.seeds)):
            key_mutants, key_batches = jax.random.split(key_seed)
            parent = take(population, seed)
            members = mutants(key_mutants, parent, args.members, args.mutation_std)
            found = compare(
                self.problem, key_batches, members, args.batch_sizes, args.repeats
            )
            measured += [{"steps": steps, "seed": seed, **row} for row in found]
            show((seed + 1) / args.seeds)
        return measured


class Parents:
    """Networks of several seeds that Adam trains on, from stage to stage."""

    def __init__(self, problem: Imitation, args: Args) -> None:
        self._learner = Evolution(
            GradientDescent(optax.adam(RATE)),
            replace(problem, metrics=(), batch_size=min(BATCH_SIZE, args.pairs)),
            problem.network.init,
        )
        self._system = Replicas(self._learner, args.seeds)
        self._state, self._history = None, None

    def after(self, steps: int) -> Population:
        """The parents after so many steps, at least as many as before."""
        key = jax.random.split(jax.random.key(KEY))[0]
        self._state, self._history = train(
            self._system, key, steps, state=self._state, history=self._history
        )
        return jax.vmap(self._learner.best)(self._state.replicas)


def _problem(dataset: Dataset, rows: np.ndarray) -> Imitation:
    """All metrics of a network with one hidden layer on these rows."""
    inputs = int(np.prod(dataset.observation_shape))
    network = MLP((inputs, HIDDEN, dataset.num_actions))
    metrics = ("cross_entropy", "macro_f1", "sampled_macro_f1")
    return Imitation(network, *dataset.take(rows), metrics=metrics)
