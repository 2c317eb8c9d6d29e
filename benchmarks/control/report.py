"""What the control benchmark leaves in its folder: tables, figure, runs, record."""

from typing import Any

import pandas as pd

from benchmarks.control.figures import score_figure
from benchmarks.control.methods import LABELS
from benchmarks.control.study import Study
from benchmarks.control.tasks import Task
from benchmarks.shared.figures import save_figure
from benchmarks.shared.intervals import Interval, mean_interval
from benchmarks.shared.report import write_results
from benchmarks.shared.store import Row
from benchmarks.shared.tables import Frame, Table

SUMMARY = ("task", "method", "last score", "best score of a run", "EvoJAX's")


def write_report(study: Study, rows: list[Row], wall_seconds: float) -> None:
    """Write every file of the folder and print the tables."""
    everyone: Any = pd.DataFrame(rows)
    ours = everyone[everyone.by == "neurojax"]
    save_figure(score_figure(ours, study.tasks), study.args.out, "figure")
    scores = scores_table(ours, study.tasks)
    targets = targets_table(everyone, study.tasks)
    write_results(
        study.store,
        study.args,
        rows,
        [scores, targets],
        wall_seconds,
        shown=[scores.only(*SUMMARY), targets],
        also=("figure.png", "figure.svg"),
    )


def scores_table(runs: Frame, tasks: list[Task]) -> Table:
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
                    f"{mean_interval(last.score.to_numpy()):.4g}",
                    f"{mean_interval(best.to_numpy()):.4g}",
                    "" if published is None else f"{published:.4g}",
                    f"{last.compile_seconds.max():.1f}",
                ]
            )
    header = [
        *("task", "method", "generations", "last score", "best score of a run"),
        *("EvoJAX's", "compile s"),
    ]
    return Table("scores on test episodes or images", header, rows)


def targets_table(runs: Frame, tasks: list[Task]) -> Table:
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
    title = (
        "how soon targets were reached: median [lowest, highest] of the runs that did"
    )
    return Table(title, header, rows)


def _methods(runs: Frame, task: Task) -> list[tuple[str, Frame]]:
    of_task = runs[runs.task == task.name]
    return [
        (method, of_task[of_task.method == method])
        for method in LABELS
        if (of_task.method == method).any()
    ]


def _median(values: Frame, digits: int) -> str:
    """The median and the range."""
    if not len(values):
        return "-"
    return f"{Interval(values.median(), values.min(), values.max()):.{digits}f}"
