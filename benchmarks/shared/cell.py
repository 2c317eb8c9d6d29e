"""One cell of a study: a method at one size and one width, all its seeds at once."""

import json
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from benchmarks.shared.intervals import mean_interval
from benchmarks.shared.method import Method
from benchmarks.shared.runner import Job, Show
from benchmarks.shared.store import Row, Store
from neurojax.atomic import write_atomically
from neurojax.data import Transitions
from neurojax.parallel import member_mesh
from neurojax.problems import Imitation
from neurojax.systems import Evolution, Replicas
from neurojax.training import History, restore, save, train
from neurojax.tree import num_parameters
from neurojax.types import Key, Problem

SECONDS_BETWEEN_CHECKPOINTS = 10.0
CHUNK = 100_000  # most generations in one compiled call
FIRST_STOP = 64  # generations whose time tells how many fit between checkpoints
STUDY_KEY = 0
Measure = Callable[[Any], dict[str, np.ndarray]]


class Plan(NamedTuple):
    """How long a cell trains and where it is measured.

    Attributes:
        points: generations at which the networks are measured, ascending.
        seconds: core-seconds per run that the last point must reach; later points are
            added, each half as far again, until it does.
    """

    points: tuple[int, ...]
    seconds: float = 0.0


@dataclass(frozen=True)
class Cell:
    """What is trained: `subsets[i]` is the training set of run i.

    Subsets are padded to `length` rows, so that cells that differ in size alone share a
    compiled program.
    """

    name: str
    method: Method
    network: Any  # what has an MLP's `sizes`, `init` and `matmul_flops`
    subsets: Sequence[Transitions]
    seeds: Sequence[int]
    scales: Sequence[float | None]
    length: int
    flops_before: int = 0  # of what a run builds on

    @property
    def size(self) -> int:
        """Training rows of each run."""
        return len(self.subsets[0].actions)

    @property
    def steps(self) -> int:
        """Pairs in a training row: more than one if rows are sequences."""
        return int(np.prod(np.shape(self.subsets[0].actions)[1:]))

    def samples(self, generations: int) -> int:
        """Training rows that one run has seen; a row counts each time."""
        batch = min(self.method.batch_size or self.size, self.size)
        if self.method.sampling != "epoch":
            return generations * batch
        per_epoch = -(-self.size // batch)
        epochs, steps = divmod(generations, per_epoch)
        return epochs * self.size + min(steps * batch, self.size)

    def flops(self, generations: int) -> int:
        """Matmul operations of one run so far (evaluation not counted)."""
        per_sample = self.method.flops_per_sample(self.network.matmul_flops)
        return self.flops_before + self.samples(generations) * self.steps * per_sample

    def generations_for(self, amount: float, spent: Callable[[int], float]) -> int:
        """The first generation at which a run has spent the amount.

        `spent` is `samples` or `flops`: at least 1 in every generation.
        """
        return bisect_left(range(int(amount) + 2), amount, lo=1, key=spent)

    def start(self, key: Key) -> tuple[Replicas, Any]:
        """The runs as one system, each with its own training set."""
        batch_size = self.method.batch_size
        pool = max(self.subsets, key=lambda subset: len(subset.actions))
        filler = np.resize(np.arange(len(pool.actions)), self.length)
        problem = Imitation(
            self.network,
            pool.observations[filler],
            pool.actions[filler],
            objective=self.method.objective,
            batch_size=batch_size and min(batch_size, self.length),
            sampling=self.method.sampling,
            shared_draws=self.method.shared_draws,
        )
        system, state = replicas_of(self, problem, key)
        return system, system.place(_with_subsets(state, self))


def cell_job(
    store: Store,
    cell: Cell,
    plan: Plan,
    measure: Measure,
    shown: dict[str, int],
    at_end: Measure | None = None,
) -> Job:
    """The job that trains a cell.

    Args:
        store: keeps its checkpoints.
        cell: what is trained.
        plan: where it is measured.
        measure: by what.
        shown: metrics of the finished cell's line, with their digits.
        at_end: measures the last networks besides.
    """
    folder, key = store.checkpoint_folder(cell.name), jax.random.key(STUDY_KEY)

    def run(show: Show) -> list[Row]:
        return run_cell(cell, plan, measure, key, folder, at_end, show)

    return Job(cell.name, run, partial(_line, shown))


def _line(shown: dict[str, int], rows: list[Row]) -> str:
    """A finished cell in words."""
    frame: Any = pd.DataFrame(rows)
    last = frame[frame.generation == frame.generation.max()]
    parts = []
    for metric, digits in shown.items():
        values = last[last.metric == metric].value
        if len(values):
            interval = mean_interval(values.to_numpy())
            parts.append(f"{metric} {interval:.{digits}f}")
    return "  ".join(parts)


def run_cell(
    cell: Cell,
    plan: Plan,
    measure: Measure,
    key: Key,
    folder: Path,
    at_end: Measure | None = None,
    show: Show = lambda share: None,
) -> list[Row]:
    """Train every run of the cell; one row per run, point and metric.

    `at_end` measures the last networks besides; `show` is told the share of the cell
    that is done. A killed cell goes on from its last checkpoint in `folder`, bit for
    bit.
    """
    system, state = cell.start(key)
    rows, history = [], None
    if folder.exists() and (found := restore(folder, state, _config(cell))):
        state, history = found
        state = system.place(state)
        rows = _read_rows(folder, int(state.generation))
    saved_at, points = time.monotonic(), list(plan.points)
    while points:
        point = points.pop(0)
        while point > int(state.generation):
            stop = _next_stop(state, history, point)
            state, history = train(
                system, key, stop, state=state, history=history, chunk=CHUNK
            )
            history = _last_of(history)
            show(stop / (points[-1] if points else point))
            if stop == point:
                rows += _measured(cell, system, state, history, measure, rows)
            if time.monotonic() - saved_at > SECONDS_BETWEEN_CHECKPOINTS:
                _save(folder, cell, state, history, rows)
                saved_at = time.monotonic()
        if not points and _core_seconds(system, history) < plan.seconds:
            points.append(point + -(-point // 2))
    if at_end is not None and history is not None:
        rows += _measured(cell, system, state, history, at_end, rows)
    return rows


def _next_stop(state: Any, history: History | None, point: int) -> int:
    """The point, or a generation before it that is due for a checkpoint."""
    generation = int(state.generation)
    if history is None or history.run_seconds == 0:
        return point if generation else min(point, FIRST_STOP)
    per_second = generation / history.run_seconds
    due = generation + int(per_second * SECONDS_BETWEEN_CHECKPOINTS) + 1
    return min(point, due)


def _last_of(history: History) -> History:
    """The last generation of a history: all of millions would fill the memory."""
    metrics = {name: rows[-1:].copy() for name, rows in history.metrics.items()}
    return history._replace(metrics=metrics, generation=history.generation[-1:])


def replicas_of(cell: Cell, problem: Problem, key: Key) -> tuple[Replicas, Any]:
    """The cell's runs as one system, not yet placed: its data are the problem's own."""
    runs = len(cell.seeds)
    devices = max(n for n in range(1, jax.device_count() + 1) if runs % n == 0)
    system = Replicas(
        Evolution(cell.method.strategy, problem, cell.network.init),
        runs,
        member_mesh(devices) if devices > 1 else None,
    )
    params = [cell.method.params(scale) for scale in cell.scales]
    params = jax.tree.map(lambda *leaves: jnp.stack(leaves), *params)
    return system, system.init(jax.random.split(key)[0], params)


def _with_subsets(state: Any, cell: Cell) -> Any:
    """The replicas' state with each one's own training set, padded to one length."""

    def padded(array: np.ndarray, filler: int) -> np.ndarray:
        padding = [(0, cell.length - len(array))] + [(0, 0)] * (array.ndim - 1)
        return np.pad(array, padding, constant_values=filler)

    observations = [padded(subset.observations, 0) for subset in cell.subsets]
    labels = [padded(subset.actions, -1) for subset in cell.subsets]
    problem = state.replicas.problem._replace(
        observations=jnp.asarray(np.stack(observations)),
        labels=jnp.asarray(np.stack(labels)),
        size=jnp.asarray([len(subset.actions) for subset in cell.subsets], jnp.int32),
    )
    return state._replace(replicas=state.replicas._replace(problem=problem))


def _core_seconds(system: Replicas, history: History | None) -> float:
    """Seconds that one run kept one device busy, without compiling or measuring."""
    if history is None:
        return 0.0
    devices = 1 if system.mesh is None else system.mesh.size
    return history.run_seconds * devices / system.num_replicas


def _measured(
    cell: Cell,
    system: Replicas,
    state: Any,
    history: History,
    measure: Measure,
    earlier: list[Row],
) -> list[Row]:
    began = time.perf_counter()
    reported = cell.method.reported or cell.method.strategy.best
    values = measure(_reported(reported, state.replicas.strategy))
    evaluation = time.perf_counter() - began
    if earlier:
        evaluation += earlier[-1]["evaluation_seconds"]
    generation = int(state.generation)
    shapes = jax.eval_shape(cell.network.init, jax.random.key(0))
    spent = {
        "generation": generation,
        "samples": cell.samples(generation),
        "flops": float(cell.flops(generation)),
        "seconds": _core_seconds(system, history),
        "compile_seconds": history.compile_seconds,
        "evaluation_seconds": evaluation,
    }
    return [
        {
            "method": cell.method.name,
            "size": cell.size,
            "hidden": "-".join(map(str, cell.network.sizes[1:-1])),
            "parameters": num_parameters(shapes),
            "seed": int(seed),
            "scale": scale,
            **spent,
            "metric": name,
            "value": float(run_values[run]),
        }
        for run, (seed, scale) in enumerate(zip(cell.seeds, cell.scales, strict=True))
        for name, run_values in values.items()
    ]


@partial(jax.jit, static_argnums=0)
def _reported(reported: Callable[[Any], Any], states: Any) -> Any:
    """The reported genotype of each run's strategy."""
    return jax.vmap(reported)(states)


def best_scale(rows: list[Row], metric: str) -> float:
    """The scale whose runs end with the highest mean of a metric."""
    ends: dict[tuple[float, int], Row] = {}
    for row in rows:
        if row["metric"] == metric:
            ends[row["scale"], row["seed"]] = row
    values: dict[float, list[float]] = {}
    for (scale, _), row in ends.items():
        values.setdefault(scale, []).append(row["value"])
    return max(values, key=lambda scale: float(np.mean(values[scale])))


def _config(cell: Cell) -> dict[str, Any]:
    return {"cell": cell.name, "length": cell.length, "seeds": list(cell.seeds)}


def _save(
    folder: Path, cell: Cell, state: Any, history: History, rows: list[Row]
) -> None:
    """Rows first: a kill in between leaves more rows than the checkpoint needs."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "rows.json", json.dumps(rows).encode())
    generation = int(state.generation)
    path = folder / f"generation_{generation:010d}.safetensors"
    save(path, state, history, _config(cell))
    for old in sorted(folder.glob("generation_*.safetensors"))[:-2]:
        old.unlink()


def _read_rows(folder: Path, generation: int) -> list[Row]:
    rows = json.loads((folder / "rows.json").read_text())
    return [row for row in rows if row["generation"] <= generation]
