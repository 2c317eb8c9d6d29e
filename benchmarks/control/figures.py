"""The figure of the control benchmark: score against time, a panel for each task."""

from typing import Any

import numpy as np

from benchmarks.control.methods import LABELS
from benchmarks.control.tasks import Task
from benchmarks.shared.figures import plt
from benchmarks.shared.tables import Frame


def score_figure(runs: Frame, tasks: list[Task]) -> Any:
    """Draw the mean score of the seeds, and their range, against CPU seconds."""
    figure, axes = plt.subplots(
        1, len(tasks), figsize=(4.6 * len(tasks), 4), layout="constrained"
    )
    for axis, task in zip(np.atleast_1d(axes), tasks, strict=True):
        for number, (method, label) in enumerate(LABELS.items()):
            found = runs[(runs.task == task.name) & (runs.method == method)]
            if len(found):
                _curve(axis, found, label, f"C{number}")
        for target in task.targets:
            axis.axhline(target, color="0.5", linestyle=":", linewidth=1)
        axis.set_title(task.title, fontsize=10)
        axis.set_xlabel("CPU seconds, without compiling")
        axis.set_ylabel("accuracy" if task.score == "accuracy" else "return")
        axis.grid(alpha=0.3, linewidth=0.4)
    handles, names = np.atleast_1d(axes)[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4, fontsize=9)
    seeds = runs.seed.nunique()
    figure.suptitle(
        f"Score on test episodes or images: mean and range of {seeds} seeds; dotted: "
        "EvoJAX's targets",
        fontsize=10,
    )
    return figure


def _curve(axis: Any, runs: Frame, label: str, color: str) -> None:
    """Seeds are met at the same generations; one that has ended keeps its score."""
    scores = runs.pivot(index="generation", columns="seed", values="score").ffill()
    seconds = runs.pivot(index="generation", columns="seed", values="cpu_seconds")
    x = seconds.mean(axis=1)
    marker = "o" if len(x) == 1 else None  # a line of one point is not seen
    means = scores.mean(axis=1)
    axis.plot(x, means, color=color, label=label, linewidth=1.5, marker=marker)
    axis.fill_between(
        x, scores.min(axis=1), scores.max(axis=1), color=color, alpha=0.15, linewidth=0
    )
