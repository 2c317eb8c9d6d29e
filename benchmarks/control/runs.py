"""One run of a method on a task: trained, timed, tested along the way."""

import time
from dataclasses import dataclass, field
from functools import cache

import jax
import numpy as np

from benchmarks.control.args import Args
from benchmarks.control.methods import Start, strategy_of
from benchmarks.control.peers.loop import TEST_EVERY
from benchmarks.control.tasks import Task
from benchmarks.shared.runner import Show
from benchmarks.shared.store import Row
from neurojax.parallel import member_mesh
from neurojax.systems import Evolution
from neurojax.training import Chunk, History, train


@dataclass
class Clock:
    """Notes the wall and CPU seconds after each call, and ends a run that is done."""

    targets: tuple[float, ...]
    to_target: bool
    score: str
    show: Show
    reached: float = -np.inf
    wall: dict[int, float] = field(default_factory=dict)
    cpu: dict[int, float] = field(default_factory=dict)
    length: int = 0

    def open(self, num_generations: int, generation: int) -> None:
        """Begin; called before the program is compiled."""
        self.length = num_generations

    def update(self, chunk: Chunk) -> bool:
        """Note the times; True when the last target is reached and that is enough."""
        self.wall[chunk.generation] = chunk.run_seconds
        self.cpu[chunk.generation] = time.process_time()
        self.show(chunk.generation / self.length)
        scores = chunk.metrics[f"test_{self.score}"]
        if not np.all(np.isnan(scores)):
            self.reached = max(self.reached, float(np.nanmax(scores)))
        return self.to_target and self.reached >= self.targets[-1]

    def close(self) -> None:
        """Nothing is held."""


def run(args: Args, task: Task, method: str, seed: int, show: Show) -> list[Row]:
    """Train one seed; a row for each test. Seeds share one compiled program."""
    clock = Clock(task.targets, args.to_target, task.score, show)
    _, history = train(
        system_of(task, method),
        jax.random.key(seed),
        args.generations or task.generations,
        callbacks=[clock],
        chunk=TEST_EVERY,
    )
    return _rows(task, method, seed, history, clock)


@cache  # optimisers are compared by identity: another would compile anew
def system_of(task: Task, method: str) -> Evolution:
    """The method on the task, its members spread over all devices."""
    strategy, std = strategy_of(method, task.name)
    return Evolution(
        strategy,
        task.train,
        Start(task.network, std),
        mesh=member_mesh(),
        test=task.test,
        test_every=TEST_EVERY,
    )


def _rows(
    task: Task, method: str, seed: int, history: History, clock: Clock
) -> list[Row]:
    """A row for each generation that was tested, with the time until then."""
    scores = history.metrics[f"test_{task.score}"]
    first_cpu = min(clock.cpu.values())
    rows = []
    for index in np.flatnonzero(~np.isnan(scores)):
        generation = int(history.generation[index])
        call = min(at for at in clock.wall if at >= generation)
        rows.append(
            {
                "task": task.name,
                "method": method,
                "seed": seed,
                "generation": generation,
                "score": float(scores[index]),
                "seconds": clock.wall[call],
                # The first call's own is unknown: compiling came before it.
                "cpu_seconds": clock.cpu[call] - first_cpu,
                "compile_seconds": history.compile_seconds,
            }
        )
    return rows
