"""One cell of a study: a method at one size and one width, all its seeds at once."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.shared.method import Method
from neurojax.data import Transitions
from neurojax.parallel import member_mesh
from neurojax.problems import Imitation
from neurojax.systems import Evolution, Replicas
from neurojax.types import Key, Params, Problem, State


class Plan(NamedTuple):
    """How long a cell trains and where it is measured.

    Attributes:
        points: generations at which the networks are measured, ascending.
        seconds: core-seconds per run that the last point must reach; later points are
            added, each half as far again, until it does.
    """

    points: tuple[int, ...]
    seconds: float = 0.0


class Source(Protocol):
    """What the runs of a cell get their fitness from, each its own."""

    @property
    def size(self) -> int:
        """Training rows of each run."""
        ...

    @property
    def length(self) -> int:
        """Rows to which they are padded."""
        ...

    def samples(self, method: Method, generations: int) -> int:
        """How much one run has seen; at least 1 in every generation."""
        ...

    def flops_per_sample(self, method: Method, network: Any) -> int:
        """Matmul operations that it costs."""
        ...

    def problem(self, method: Method, network: Any) -> Problem:
        """What members are measured by; the data of runs travel in its state."""
        ...

    def own(self, state: State) -> State:
        """The problem's states of all runs with each one's own data."""
        ...


@dataclass(frozen=True)
class Subsets:
    """Training sets: that of run i is `subsets[i]`.

    They are padded to `length` rows, so that cells that differ in size alone share a
    compiled program.
    """

    subsets: Sequence[Transitions]
    length: int

    @property
    def size(self) -> int:
        """Training rows of each run."""
        return len(self.subsets[0].actions)

    @property
    def steps(self) -> int:
        """Pairs in a training row: more than one if rows are sequences."""
        return int(np.prod(np.shape(self.subsets[0].actions)[1:]))

    def samples(self, method: Method, generations: int) -> int:
        """Training rows that one run has seen; a row counts each time."""
        batch = min(method.batch_size or self.size, self.size)
        if method.sampling != "epoch":
            return generations * batch
        per_epoch = -(-self.size // batch)
        epochs, steps = divmod(generations, per_epoch)
        return epochs * self.size + min(steps * batch, self.size)

    def flops_per_sample(self, method: Method, network: Any) -> int:
        """Matmul operations of a training row."""
        return self.steps * method.flops_per_sample(network.matmul_flops)

    def problem(self, method: Method, network: Any) -> Problem:
        """Imitation of rows that fill the padded length."""
        pool = max(self.subsets, key=lambda subset: len(subset.actions))
        filler = np.resize(np.arange(len(pool.actions)), self.length)
        return Imitation(
            network,
            pool.observations[filler],
            pool.actions[filler],
            objective=method.objective,
            batch_size=method.batch_size and min(method.batch_size, self.length),
            sampling=method.sampling,
            shared_draws=method.shared_draws,
        )

    def own(self, state: State) -> State:
        """The states with each run's own training set, padded to one length."""
        observations = [self._padded(rows.observations, 0) for rows in self.subsets]
        labels = [self._padded(rows.actions, -1) for rows in self.subsets]
        return state._replace(
            observations=jnp.asarray(np.stack(observations)),
            labels=jnp.asarray(np.stack(labels)),
            size=jnp.asarray([len(rows.actions) for rows in self.subsets], jnp.int32),
        )

    def _padded(self, array: np.ndarray, filler: int) -> np.ndarray:
        padding = [(0, self.length - len(array))] + [(0, 0)] * (array.ndim - 1)
        return np.pad(array, padding, constant_values=filler)


@dataclass(frozen=True)
class Cell:
    """What is trained; run i has the seed `seeds[i]` and the scale `scales[i]`."""

    name: str
    method: Method
    network: Any  # what has an MLP's `sizes`, `init` and `matmul_flops`
    source: Source
    seeds: Sequence[int]
    scales: Sequence[float | None]
    flops_before: int = 0  # of what a run builds on

    @property
    def size(self) -> int:
        """Training rows of each run."""
        return self.source.size

    def samples(self, generations: int) -> int:
        """How much one run has seen: training rows, or environment steps."""
        return self.source.samples(self.method, generations)

    def flops(self, generations: int) -> int:
        """Matmul operations of one run so far (evaluation not counted)."""
        per_sample = self.source.flops_per_sample(self.method, self.network)
        return self.flops_before + self.samples(generations) * per_sample

    def generations_for(self, amount: float, spent: Callable[[int], float]) -> int:
        """The first generation at which a run has spent the amount.

        `spent` is `samples` or `flops`: at least 1 in every generation.
        """
        return bisect_left(range(int(amount) + 2), amount, lo=1, key=spent)

    @property
    def params(self) -> Params:
        """Each run's own, one after the other."""
        params = [self.method.params(scale) for scale in self.scales]
        return jax.tree.map(lambda *leaves: jnp.stack(leaves), *params)

    def start(self, key: Key) -> tuple[Replicas, Any]:
        """The runs as one system, each with its own data."""
        runs = len(self.seeds)
        devices = max(n for n in range(1, jax.device_count() + 1) if runs % n == 0)
        problem = self.source.problem(self.method, self.network)
        system = Replicas(
            Evolution(self.method.strategy, problem, self.network.init),
            runs,
            member_mesh(devices) if devices > 1 else None,
        )
        state = system.init(jax.random.split(key)[0], self.params)
        own = self.source.own(state.replicas.problem)
        replicas = state.replicas._replace(problem=own)
        return system, system.place(state._replace(replicas=replicas))
