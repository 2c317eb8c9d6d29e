"""The continual study's figures, one set for each task and subject."""

from typing import Any

import numpy as np
from matplotlib.patches import Patch

from benchmarks.continual.measures import (
    METHODS,
    Returns,
    label,
    mark,
    percent_difference,
)
from benchmarks.shared.figures import plt
from benchmarks.shared.intervals import Interval, mean_interval
from benchmarks.shared.tables import Frame

COLORS = {
    "plain": "tab:red",
    "info": "tab:blue",
    "shuffled": "tab:gray",
    "previous": "tab:olive",
    "recurrent": "tab:purple",
}
WORDS = {
    "plain": "without session and run",
    "info": "with session and run",
    "shuffled": "with those of another episode",
    "previous": "with the last action",
    "recurrent": "with a memory",
}
LARGEST_LINEAR = 1000.0
PERCENT = "mean return against the subject's mean (%)"


def aggregate(rows: Frame, title: str) -> Any:
    """Bars of the difference in %, the nearest to the subject first."""
    rows = rows.iloc[np.argsort(rows.share.abs().to_numpy(), kind="stable")]
    figure, axis = plt.subplots(
        figsize=(max(8, 2.5 + 0.9 * len(rows)), 5), layout="constrained"
    )
    for position, row in enumerate(rows.itertuples()):
        spread = [[row.share - row.share_low], [row.share_high - row.share]]
        axis.bar(position, row.share, yerr=spread, color=COLORS[row.inputs], capsize=3)
        text = f"{row.share:+.0f} % {mark(row.p_unpaired)}".strip()
        _at_end(axis, position, row, text)
    axis.set_xticks(
        range(len(rows)),
        [label(row.method, row.inputs) for row in rows.itertuples()],
        rotation=25,
        ha="right",
    )
    shown = [name for name in COLORS if name in set(rows.inputs)]
    title = f"{title}\nMann-Whitney: ** p < .005, *** p < .001"
    _finish(figure, axis, shown, title)
    return figure


def _at_end(axis: Any, x: float, row: Any, text: str) -> None:
    """Write beyond the bar, away from 0."""
    is_up = row.share >= 0
    y = max(row.share_high, 0) if is_up else min(row.share_low, 0)
    axis.annotate(
        text,
        (x, y),
        (0, 4 if is_up else -12),
        textcoords="offset points",
        ha="center",
        fontsize=8,
    )


def _finish(figure: Any, axis: Any, inputs: list[str], title: str) -> None:
    """The line of no difference, the vertical scale, the legend below and the title."""
    axis.axhline(0, color="green", linestyle="--", linewidth=1.2)
    axis.set_ylabel(PERCENT)
    axis.use_sticky_edges = False
    axis.margins(y=0.15)
    if max(map(abs, axis.dataLim.intervaly)) > LARGEST_LINEAR:
        # One episode with a return near 0 makes a percentage of thousands.
        axis.set_yscale("symlog", linthresh=100)
    handles = [Patch(color=COLORS[name]) for name in inputs]
    names = [WORDS[name] for name in inputs]
    figure.legend(handles, names, loc="outside lower center", ncols=3, fontsize=8)
    axis.set_title(title, fontsize=10)


def impact_bars(rows: Frame, changes: dict[str, Interval], title: str) -> Any:
    """Each method without and with session and run, and what that changes.

    `changes` are points of % that they come away from the subject, below 0 nearer.
    """
    wide = rows[rows.inputs.isin(["plain", "info"])].set_index(["method", "inputs"])
    methods = [m for m in METHODS if {(m, "plain"), (m, "info")} <= set(wide.index)]
    figure, axis = plt.subplots(
        figsize=(max(8, 2.5 + 2.2 * len(methods)), 5), layout="constrained"
    )
    for position, name in enumerate(methods):
        pair = [wide.loc[(name, inputs)] for inputs in ("plain", "info")]
        for offset, inputs, row in zip(
            (-0.2, 0.2), ("plain", "info"), pair, strict=True
        ):
            spread = [[row.share - row.share_low], [row.share_high - row.share]]
            axis.bar(
                position + offset,
                row.share,
                0.36,
                yerr=spread,
                color=COLORS[inputs],
                hatch="//" if inputs == "info" else None,
                edgecolor="white",
                capsize=3,
            )
            _at_end(axis, position + offset, row, f"{row.share:+.0f}")
        plain, info = (row.share for row in pair)
        _arrow(axis, position, plain, info, changes[name])
    axis.set_xticks(range(len(methods)), [METHODS[name] for name in methods])
    above = "Above: points of % further away with session and run (below 0: nearer)"
    words = f"{title}\n{above}, marked if not by chance"
    _finish(figure, axis, ["plain", "info"], words)
    return figure


def _arrow(
    axis: Any, position: float, plain: float, info: float, change: Interval
) -> None:
    """From one bar to the other; a tick or a cross if the change is beyond chance."""
    axis.annotate(
        "",
        (position + 0.2, info),
        (position - 0.2, plain),
        arrowprops={"arrowstyle": "->", "linewidth": 1.4},
    )
    if change.low <= 0 <= change.high:
        sign, color = "", "dimgray"
    else:
        sign, color = ("✓ ", "green") if change.mean < 0 else ("✗ ", "red")
    axis.text(
        position,
        0.985,
        f"{sign}{change.mean:+.0f} points\n[{change.low:+.0f}, {change.high:+.0f}]",
        color=color,
        transform=axis.get_xaxis_transform(),
        ha="center",
        va="top",
        fontsize=9,
    )


def violins(returns: dict[tuple[str, str], Returns], title: str) -> Any:
    """Distributions of returns: the subject's, and each model's over all rollouts."""
    person = next(iter(returns.values())).human
    names = ["Subject", *(label(*key) for key in returns)]
    figure, axis = plt.subplots(
        figsize=(max(8, 2.5 + 0.9 * len(names)), 5), layout="constrained"
    )
    axis.scatter(np.zeros(len(person)), person, color="black", s=18, zorder=3)
    axis.plot([-0.3, 0.3], [np.median(person)] * 2, color="black", linewidth=1.5)
    for position, (key, values) in enumerate(returns.items(), 1):
        body: Any = axis.violinplot(
            values.models.reshape(-1), [position], widths=0.8, showmedians=True
        )
        for part in (*body["bodies"], *(body[n] for n in body if n != "bodies")):
            part.set_color(COLORS[key[1]])
    axis.set_xticks(range(len(names)), names, rotation=25, ha="right")
    axis.set_ylabel("return of an episode")
    axis.grid(axis="y", alpha=0.3, linewidth=0.4)
    axis.set_title(f"{title}\nlines: medians", fontsize=10)
    return figure


def progress(runs: Frame, human: float, title: str) -> Any:
    """Return in %, cross-entropy and macro-F1 along training, over seeds."""
    panels = {
        "return": PERCENT,
        "cross_entropy": "test cross-entropy (nats)",
        "macro_f1": "test macro-F1",
    }
    figure, axes = plt.subplots(1, 3, figsize=(15, 4.6), layout="constrained")
    for axis, (metric, name) in zip(axes, panels.items(), strict=True):
        for (method, inputs), group in runs[runs.metric == metric].groupby(
            ["method", "inputs"], sort=False
        ):
            _curve(axis, group, str(method), str(inputs), human, metric)
        axis.set_xscale("log")
        if metric == "cross_entropy":  # a network that overfits would flatten the rest
            axis.set_yscale("log")
        axis.set_xlabel("training FLOPs (matmuls)")
        axis.set_ylabel(name)
        axis.grid(alpha=0.3, which="both", linewidth=0.4)
    axes[0].axhline(0, color="green", linestyle="--", linewidth=1.2)
    handles, names = axes[1].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=5, fontsize=9)
    figure.suptitle(f"{title}; mean and 95 % interval over trainings", fontsize=11)
    return figure


def _curve(
    axis: Any, group: Any, method: str, inputs: str, human: float, metric: str
) -> None:
    # The parts of a chain are averaged within a training.
    curves = group.groupby(["flops", "seed"]).value.mean().unstack("seed")
    values = curves.to_numpy()
    if metric == "return":
        values = percent_difference(values, np.array(human))
    means = np.array([mean_interval(row) for row in values])
    style = {"sgd": "-", "simple_ga_adaptive": "--", "adam": ":"}[method]
    x = curves.index.to_numpy()
    axis.plot(
        x, means[:, 0], style, color=COLORS[inputs], label=label(method, inputs), lw=1.6
    )
    axis.fill_between(
        x, means[:, 1], means[:, 2], color=COLORS[inputs], alpha=0.12, linewidth=0
    )
