"""Jobs of a study one after the other: kept when finished, shown while they run."""

import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from benchmarks.shared.store import Row, Store

Show = Callable[[float], Any]
"""Is told the share of a job that is done."""


class Job(NamedTuple):
    """What is run once and kept.

    Attributes:
        name: of the cell that is kept; the name of its file.
        run: makes the rows.
        line: finished rows in words.
    """

    name: str
    run: Callable[[Show], list[Row]]
    line: Callable[[list[Row]], str]


class LeftOutError(Exception):
    """A job that cannot be run here, and why; it is named, and not kept."""


def run_jobs(store: Store, jobs: Iterable[Job], num_jobs: int) -> list[Row]:
    """Run what is not finished; return the rows of all jobs, `cell` their job.

    Args:
        store: where finished cells are kept.
        jobs: made one by one, as later ones may depend on the results of earlier.
        num_jobs: how many there are.
    """
    console = Console()
    columns = [TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task, rows, began, done = bar.add_task("", total=num_jobs), [], None, 0
        for number, job in enumerate(jobs, 1):
            place = f"[{number}/{num_jobs}]"
            bar.update(task, description=f"{place} {job.name}")
            found = store.finished(job.name)
            if found is None:
                began, start = began or time.perf_counter(), time.perf_counter()
                found, line = _finished(
                    store, job, partial(_advance, bar, task, number - 1)
                )
                done += 1
                seconds = time.perf_counter() - start
                left = (time.perf_counter() - began) / done * (num_jobs - number)
                text = f"{place} {line} ({seconds:.1f} s; {_left(left)})"
                bar.console.print(text, soft_wrap=True, highlight=False, markup=False)
            rows += [{"cell": job.name, **row} for row in found]
            bar.update(task, completed=number)
    return rows


def _finished(store: Store, job: Job, show: Show) -> tuple[list[Row], str]:
    """A job's rows, kept, and its line."""
    try:
        rows = job.run(show)
    except LeftOutError as error:
        return [], f"{job.name} is left out: {error}"
    store.finish(job.name, [{"cell": job.name, **row} for row in rows])
    return rows, f"{job.name:28s} {job.line(rows)}"


def _advance(bar: Progress, task: TaskID, before: int, share: float) -> None:
    bar.update(task, completed=before + share)


def _left(seconds: float) -> str:
    """The time left, from the mean time of a job so far."""
    minutes = seconds / 60
    return f"about {minutes:.0f} min left" if minutes >= 1 else "under a minute left"
