"""The figure of the imitation study: curves by size, final errors, returns."""

from typing import Any

import numpy as np
from matplotlib.lines import Line2D

from benchmarks.imitation.tables import COLUMNS
from benchmarks.shared.figures import plt
from benchmarks.shared.intervals import mean_interval
from benchmarks.shared.tables import Frame, at_end

X_LABELS = {
    "percent": "Runtime % (of the method's own run)",
    "updates": "Updates (steps or generations)",
    "samples": "Training rows drawn",
    "flops": "Training FLOPs (matmuls)",
    "seconds": "Seconds of optimisation on one device",
}
LEAST = 1e-4  # lower end of a logarithmic axis


def draw(
    runs: Frame, labels: dict[str, str], x: str, ends: Any, title: str, wished: Frame
) -> Any:
    """Draw cross-entropy and F1 error along training, one column a size, then bars.

    Bands and bars show 95 % intervals of the mean over seeds. `wished` holds returns.
    """
    sizes = sorted(runs["size"].unique(), reverse=True)
    colors = _colors(labels)
    figure = plt.figure(figsize=(max(12, 4 * len(sizes)), 17), layout="constrained")
    grid = figure.add_gridspec(4, len(sizes))
    for row, metric in enumerate(("cross_entropy", "macro_f1")):
        first: Any = None
        for column, size in enumerate(sizes):
            axis = figure.add_subplot(grid[row, column], sharey=first)
            first = first or axis
            _curves(axis, runs[runs["size"] == size], metric, x, colors)
            axis.set_title(f"{size} pairs", fontsize=10)
            axis.set_xlabel(X_LABELS[x], fontsize=9)
        names = {"cross_entropy": "Test cross-entropy", "macro_f1": "1 - test macro-F1"}
        first.set_ylabel(names[metric])
    error = at_end(runs, "macro_f1", "size", ends)
    error = error.assign(value=1 - error.value)
    bars = figure.add_subplot(grid[2, :])
    _bars(bars, error, labels, colors, ascending=True)
    bars.set_yscale("log")
    bars.set_ylabel("Final 1 - macro-F1, best first")
    returns = figure.add_subplot(grid[3, :])
    _bars(returns, wished, labels, colors, ascending=False)
    returns.set_ylabel("Return of the final policy, best first")
    handles = [Line2D([], [], color=colors[n], label=labels[n]) for n in labels]
    figure.legend(handles=handles, loc="outside lower center", ncols=6, fontsize=9)
    figure.suptitle(title, fontsize=12)
    return figure


def _colors(labels: dict[str, str]) -> dict[str, Any]:
    colors: Any = plt.get_cmap("tab10" if len(labels) <= 10 else "tab20")
    return {name: colors(i % colors.N) for i, name in enumerate(labels)}


def _curves(axis: Any, runs: Frame, metric: str, x: str, colors: dict) -> None:
    """Mean lines and bands of one metric at one size."""
    frame = runs[runs.metric == metric]
    if metric == "macro_f1":
        frame = frame.assign(value=1 - frame.value)
    for name, color in colors.items():
        # Cross-entropy is drawn of the methods that minimise it.
        if metric == "cross_entropy" and name.endswith("_f1"):
            continue
        curve = frame[frame.method == name]
        if curve.empty:
            continue
        # Seeds share generations; their seconds differ a little.
        points = curve.groupby("generation")
        means = points["value"].apply(lambda v: mean_interval(v.to_numpy()))
        mean, low, high = np.array(means.tolist()).T
        positions = points[COLUMNS[x]].mean().to_numpy()
        axis.plot(positions, mean, color=color, linewidth=1.3)
        axis.fill_between(
            positions, np.maximum(low, LEAST), high, color=color, alpha=0.15, lw=0
        )
    axis.set_yscale("log")
    if x != "percent":
        axis.set_xscale("log")
    axis.grid(alpha=0.3, which="both", linewidth=0.4)


def _bars(
    axis: Any, frame: Frame, labels: dict[str, str], colors: dict, ascending: bool
) -> None:
    """Bars in groups of a method, by size, methods sorted by their best size."""
    if frame.empty:
        axis.set_axis_off()
        return
    means = frame.groupby(["method", "x"])["value"].mean()
    best = means.groupby("method").agg("min" if ascending else "max")
    order = best.sort_values(ascending=ascending).index
    sizes = sorted(frame.x.unique(), reverse=True)
    width = 0.85 / len(sizes)
    for place, name in enumerate(order):
        for number, size in enumerate(sizes):
            values = frame[(frame.method == name) & (frame.x == size)].value
            if values.empty:
                continue
            mean, low, high = mean_interval(values.to_numpy())
            x = place + (number - (len(sizes) - 1) / 2) * width
            spread = [[max(mean - low, 0)], [max(high - mean, 0)]]
            style = {"color": colors[name], "alpha": 1 - 0.75 * number / len(sizes)}
            axis.bar(x, mean, width, yerr=spread, error_kw={"lw": 0.8}, **style)
            text = f"{mean:.3g}"
            axis.annotate(
                text, (x, high), (0, 2), textcoords="offset points", ha="center",
                va="bottom", fontsize=6, rotation=90,
            )  # fmt: skip
    axis.set_xticks(range(len(order)), [labels[n] for n in order], rotation=20)
    axis.margins(y=0.2)
    pairs = ", ".join(str(size) for size in sizes)
    axis.set_title(f"from dark to light: {pairs} training pairs", fontsize=9)
    axis.grid(alpha=0.3, axis="y", linewidth=0.4)
