"""The four panels of the scaling study."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.scaling.laws import Law
from benchmarks.shared.figures import plt
from benchmarks.shared.intervals import mean_interval
from benchmarks.shared.tables import Frame

LABELS = {
    "match": "Action match on unseen rows",
    "return": "Mean episode return",
    "cross_entropy": "Cross-entropy (nats)",
    "error": "Error = 1 - match",
    "size": "Training pairs",
    "parameters": "Parameters of the network",
    "flops": "Training FLOPs per run (matmuls)",
}
MARKERS = "osD^vP*X"


def four_panels(
    panels: Sequence[tuple[Any, str, str]],
    labels: dict[str, str],
    laws: dict[str, Law | None],
    title: str,
) -> Any:
    """Draw a 2 x 2 figure of metrics against x, one curve for each method.

    Each panel is a frame with columns method, x, seed, value, and the names of x and of
    the metric. Bands are 95 % intervals of the mean over seeds.
    """
    figure, axes = plt.subplots(2, 2, figsize=(11, 8), layout="constrained")
    for axis, (frame, x, metric) in zip(axes.flat, panels, strict=True):
        for number, (name, label) in enumerate(labels.items()):
            curve = frame[frame.method == name]
            _curve(axis, curve, label, number, laws.get(name), x, metric)
        axis.set_xscale("log")
        axis.set_xlabel(LABELS[x])
        axis.set_ylabel(LABELS[metric])
        axis.grid(alpha=0.3, which="both", linewidth=0.4)
        if metric == "match":
            axis.axhline(1.0, color="red", linestyle="--", linewidth=1)
        if metric == "error":
            axis.set_yscale("log")
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=6, fontsize=9)
    figure.suptitle(title, fontsize=11)
    return figure


def _curve(
    axis: Any,
    curve: Any,
    label: str,
    number: int,
    law: Law | None,
    x: str,
    metric: str,
) -> None:
    if curve.empty:
        return
    means = curve.groupby("x")["value"].apply(lambda v: mean_interval(v.to_numpy()))
    positions = means.index.to_numpy()
    mean, low, high = np.array(means.tolist()).T
    if metric == "error":
        low = np.maximum(low, mean / 10)  # a logarithmic axis has no zero
    color = f"C{number}"
    marker = MARKERS[number % len(MARKERS)]
    few = len(positions) <= 12
    axis.plot(
        positions, mean, color=color, marker=marker if few else None, ms=5, label=label
    )
    axis.fill_between(positions, low, high, color=color, alpha=0.15, linewidth=0)
    if metric == "error" and law is not None and x != "flops":
        dense = np.geomspace(positions[0], positions[-1], 100)
        fitted = law.a * dense**-law.b + law.c
        axis.plot(dense, fitted, color=color, linestyle=":", linewidth=1)


def curves(runs: Frame, metric: str, x: str) -> Frame:
    """Columns method, x, seed, value: a metric along every run."""
    frame = runs[runs.metric == metric].rename(columns={x: "x"})
    return frame[["method", "x", "seed", "value"]]
