"""Runs of the control benchmark: trained, timed, tested along the way."""

import time
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks._control_methods import Start, strategy_of
from benchmarks._control_peers import run_peers
from benchmarks._control_tasks import Task
from benchmarks._store import Store
from benchmarks.peers._control_loop import TEST_EVERY
from neurojax.parallel import member_mesh
from neurojax.systems import Evolution
from neurojax.training import Chunk, History, train

if TYPE_CHECKING:
    from benchmarks.control import Args

Row = dict[str, Any]


@dataclass
class Clock:
    """Notes the wall and CPU seconds after each call, and ends a run that is done."""

    targets: tuple[float, ...]
    to_target: bool
    score: str
    reached: float = -np.inf
    wall: dict[int, float] = field(default_factory=dict)
    cpu: dict[int, float] = field(default_factory=dict)
    began: float = 0.0

    def open(self, num_generations: int, generation: int) -> None:
        """Begin; called before the program is compiled."""

    def update(self, chunk: Chunk) -> bool:
        """Note the times; True when the last target is reached and that is enough."""
        self.wall[chunk.generation] = chunk.run_seconds
        self.cpu[chunk.generation] = time.process_time()
        scores = chunk.metrics[f"test_{self.score}"]
        if not np.all(np.isnan(scores)):
            self.reached = max(self.reached, float(np.nanmax(scores)))
        return self.to_target and self.reached >= self.targets[-1]

    def close(self) -> None:
        """Nothing is held."""


def run_all(args: "Args", store: Store, tasks: list[Task]) -> list[Row]:
    """The rows of all runs; one that the store has is not repeated."""
    jobs = [
        (task, method, seed)
        for task in tasks
        for method in args.methods
        for seed in range(args.seeds)
    ]
    console, rows = Console(), []
    bar = Progress(console=console, disable=not console.is_terminal)
    with bar:
        for number, (task, method, seed) in enumerate(
            bar.track(jobs, description="runs"), 1
        ):
            cell = f"{task.name}-{method}-{seed}"
            found = store.finished(cell)
            if found is None:
                generations = args.generations or task.generations
                found = run_cell(task, method, seed, generations, args.to_target)
                store.finish(cell, found)
                line = f"[{number}/{len(jobs)}] {cell:20s} {_in_words(found[-1])}"
                bar.console.print(line, highlight=False, markup=False)
            rows += [{**row, "by": "neurojax"} for row in found]
    return rows + run_peers(args, store, tasks)


def _in_words(row: Row) -> str:
    return (
        f"score {row['score']:.4g} after {row['generation']} generations and "
        f"{row['seconds']:.1f} s"
    )


def run_cell(
    task: Task, method: str, seed: int, generations: int, to_target: bool
) -> list[Row]:
    """Train one seed; a row for each test. Seeds share one compiled program."""
    clock = Clock(task.targets, to_target, task.score)
    _, history = train(
        system_of(task, method),
        jax.random.key(seed),
        generations,
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
