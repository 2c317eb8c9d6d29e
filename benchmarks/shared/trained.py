"""A cell trained: measured on the way, saved on the way, its rows at the end."""

import math
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pandas as pd

from benchmarks.shared.cell import Cell, Plan
from benchmarks.shared.half_done import HalfDone
from benchmarks.shared.measures import Measure
from benchmarks.shared.ownership import Made
from benchmarks.shared.runner import Job, Show
from benchmarks.shared.store import Row, Store
from neurojax.metrics import is_maximized
from neurojax.storage.damaged import DamagedFileError
from neurojax.systems import Replicas
from neurojax.training import History, train
from neurojax.tree import num_parameters
from neurojax.types import Key

SECONDS_BETWEEN_CHECKPOINTS = 10.0
CHUNK = 100_000  # most generations in one compiled call
FIRST_STOP = 64  # generations whose time tells how many fit between checkpoints
STUDY_KEY = 0


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
        try:
            return run_cell(cell, plan, measure, key, folder, at_end, show, store.made)
        except DamagedFileError as error:
            raise SystemExit(str(error)) from None

    return Job(cell.name, run, partial(_line, shown))


def _line(shown: dict[str, int], rows: list[Row]) -> str:
    """A finished cell in words: means over its runs."""
    frame: Any = pd.DataFrame(rows)
    last = frame[frame.generation == frame.generation.max()]
    parts = []
    for metric, digits in shown.items():
        values = last[last.metric == metric].value
        if len(values):
            parts.append(f"{metric} {values.mean():.{digits}f}")
    return "  ".join(parts)


def run_cell(
    cell: Cell,
    plan: Plan,
    measure: Measure,
    key: Key,
    folder: Path,
    at_end: Measure | None = None,
    show: Show = lambda share: None,
    made: Made | None = None,
) -> list[Row]:
    """Train every run of the cell; one row per run, point and metric.

    `at_end` measures the last networks besides; `show` is told the share of the cell
    that is done. A killed cell goes on from its last checkpoint in `folder`, bit for
    bit, if `made`, which decides it, is still the same.

    Raises:
        DamagedFileError: naming the folder and the remedy, if what is kept in it cannot
            be gone on from.
    """
    system, state = cell.start(key)
    half = HalfDone(folder, _config(cell), made)
    rows, history = [], None
    if found := half.restored(state, plan):
        state, history, rows = found
        state = system.place(state)
    half.open(plan, int(state.generation))
    saved_at, points = time.monotonic(), list(plan.points)
    while points:
        point = points.pop(0)
        while point > int(state.generation):
            stop = _next_stop(state, history, point)
            state, history = train(
                system,
                key,
                stop,
                params=cell.params,
                state=state,
                history=history,
                chunk=CHUNK,
            )
            history = _last_of(history)
            show(stop / (points[-1] if points else point))
            if stop == point:
                rows += _measured(cell, system, state, history, measure, rows)
            if time.monotonic() - saved_at > SECONDS_BETWEEN_CHECKPOINTS:
                half.save(state, history, rows)
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
    """The scale whose runs end with the best mean of a metric; NaN is the worst."""
    ends: dict[tuple[float, int], Row] = {}
    for row in rows:
        if row["metric"] == metric:
            ends[row["scale"], row["seed"]] = row
    values: dict[float, list[float]] = {}
    for (scale, _), row in ends.items():
        values.setdefault(scale, []).append(row["value"])
    sign = 1 if is_maximized(metric) else -1

    def rank(scale: float) -> float:
        mean = sign * float(np.mean(values[scale]))
        return -math.inf if math.isnan(mean) else mean

    return max(values, key=rank)


def _config(cell: Cell) -> dict[str, Any]:
    return {"cell": cell.name, "length": cell.source.length, "seeds": list(cell.seeds)}
