"""Cells of a study one after the other: kept when finished, shown while they run."""

import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

import jax
import pandas as pd
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from benchmarks._cells import Cell, Plan, Row, run_cell
from benchmarks._measures import Measure
from benchmarks._statistics import mean_interval
from benchmarks._store import Store

STUDY_KEY = 0


class Job(NamedTuple):
    """A cell, where it is measured, by what, and by what besides at its end."""

    cell: Cell
    plan: Plan
    measure: Measure
    at_end: Measure | None = None


def run_jobs(
    store: Store,
    jobs: Iterable[Job],
    num_jobs: int,
    shown: dict[str, int],
) -> list[Row]:
    """Train what is not finished; return the rows of all cells.

    Args:
        store: where finished cells are kept.
        jobs: made one by one, as later ones may depend on the results of earlier.
        num_jobs: how many there are.
        shown: metrics of a finished cell's line, with their digits.
    """
    console = Console()
    columns = [TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task, rows, began, trained = bar.add_task("", total=num_jobs), [], None, 0
        for number, job in enumerate(jobs, 1):
            bar.update(task, description=f"cell {number}/{num_jobs} {job.cell.name}")
            found = store.finished(job.cell.name)
            if found is None:
                began = began or time.perf_counter()
                start = time.perf_counter()
                found = _run(store, job, partial(_advance, bar, task, number - 1))
                trained += 1
                seconds = time.perf_counter() - start
                left = (time.perf_counter() - began) / trained * (num_jobs - number)
                line = _line(job.cell, found, shown)
                text = f"[{number}/{num_jobs}] {line}  ({seconds:.1f} s; {_left(left)})"
                bar.console.print(text, soft_wrap=True, highlight=False, markup=False)
            rows += found
            bar.update(task, completed=number)
    return rows


def _advance(bar: Progress, task: TaskID, before: int, share: float) -> None:
    bar.update(task, completed=before + share)


def _run(store: Store, job: Job, show: Callable[[float], Any]) -> list[Row]:
    name = job.cell.name
    folder = store.checkpoint_folder(name)
    key = jax.random.key(STUDY_KEY)
    rows = run_cell(job.cell, job.plan, job.measure, key, folder, job.at_end, show)
    rows = [{"cell": name, **row} for row in rows]
    store.finish(name, rows)
    return rows


def _left(seconds: float) -> str:
    """The time left, from the mean time of a cell so far."""
    minutes = seconds / 60
    return f"about {minutes:.0f} min left" if minutes >= 1 else "under a minute left"


def _line(cell: Cell, rows: list[Row], shown: dict[str, int]) -> str:
    """One finished cell in words."""
    frame: Any = pd.DataFrame(rows)
    last = frame[frame.generation == frame.generation.max()]
    parts = [f"{cell.name:30s}"]
    for metric, digits in shown.items():
        values = last[last.metric == metric].value
        if len(values):
            mean, low, high = mean_interval(values.to_numpy())
            spread = f"[{low:.{digits}f}, {high:.{digits}f}]"
            parts.append(f"{metric} {mean:.{digits}f} {spread}")
    return "  ".join(parts)
