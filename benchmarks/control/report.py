"""What the control benchmark leaves in its folder: tables, figure, runs, record."""

import dataclasses
from typing import Any

import pandas as pd

from benchmarks.control.figures import score_figure
from benchmarks.control.methods import LABELS
from benchmarks.control.study import Study
from benchmarks.control.tasks import Task
from benchmarks.shared.figures import save_figure
from benchmarks.shared.intervals import mean_interval
from benchmarks.shared.record import record
from benchmarks.shared.store import Row, write_parquet
from benchmarks.shared.tables import Frame, markdown
from neurojax.atomic import write_atomically


def write_report(study: Study, rows: list[Row], wall_seconds: float) -> None:
    """Write every file of the folder and print the tables."""
    args, store, tasks = study.args, study.store, study.tasks
    folder = args.out
    write_parquet(folder / "runs.parquet", rows)
    everyone: Any = pd.DataFrame(rows)
    runs = everyone[everyone.by == "neurojax"]
    text = scores_table(runs, tasks) + "\n\n" + targets_table(everyone, tasks) + "\n"
    write_atomically(folder / "table.md", text.encode())
    save_figure(score_figure(runs, tasks), folder, "figure")
    store.write_json(
        "run.json",
        {
            **record(),
            "settings": dataclasses.asdict(args),
            "wall_seconds": round(wall_seconds, 1),
        },
    )
    print("\n" + text)
    print(
        f"Wrote {folder}/table.md, figure.png, figure.svg, run.json and runs.parquet "
        f"in {wall_seconds:.0f} s."
    )


def scores_table(runs: Frame, tasks: list[Task]) -> str:
    """Last and best scores of each method, beside EvoJAX's."""
    rows = []
    for task in tasks:
        for method, of_method in _methods(runs, task):
            last = of_method.sort_values("generation").groupby("seed").last()
            best = of_method.groupby("seed").score.max()
            published = task.published.get(method)
            rows.append(
                [
                    task.title,
                    LABELS[method],
                    int(last.generation.max()),
                    _interval(last.score),
                    _interval(best),
                    "" if published is None else f"{published:.4g}",
                    f"{last.compile_seconds.max():.1f}",
                ]
            )
    header = [
        *("task", "method", "generations", "last score", "best score of a run"),
        *("EvoJAX's", "compile s"),
    ]
    return markdown(header, rows)


def targets_table(runs: Frame, tasks: list[Task]) -> str:
    """How soon each target was reached: medians over the seeds that did."""
    rows = []
    for task in tasks:
        for target in task.targets:
            for method, of_method in _methods(runs, task):
                for by, found in of_method.groupby("by", sort=False):
                    hits = found[found.score >= target]
                    first = hits.sort_values("generation").groupby("seed").first()
                    rows.append(
                        [
                            *(task.title, f"{target:g}", LABELS[method], by),
                            f"{len(first)} of {found.seed.nunique()}",
                            _median(first.generation, 0),
                            _median(first.seconds, 1),
                            _median(first.cpu_seconds, 1),
                        ]
                    )
    header = [
        *("task", "target", "method", "by", "reached", "generations"),
        *("seconds", "CPU seconds"),
    ]
    return markdown(header, rows)


def _methods(runs: Frame, task: Task) -> list[tuple[str, Frame]]:
    of_task = runs[runs.task == task.name]
    return [
        (method, of_task[of_task.method == method])
        for method in LABELS
        if (of_task.method == method).any()
    ]


def _interval(values: Frame) -> str:
    mean, low, high = mean_interval(values.to_numpy())
    return f"{mean:.4g} [{low:.4g}, {high:.4g}]"


def _median(values: Frame, digits: int) -> str:
    """The median and the range."""
    if not len(values):
        return "-"
    parts = [values.median(), values.min(), values.max()]
    middle, low, high = (f"{part:.{digits}f}" for part in parts)
    return f"{middle} [{low}, {high}]"
