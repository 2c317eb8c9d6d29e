"""Rates against populations, a panel for each work."""

from typing import Any

from matplotlib import pyplot as plt
from matplotlib.ticker import NullLocator

from benchmarks.accelerator.works import IMITATION, WORKS
from benchmarks.shared.tables import Frame

COLUMNS = 3
MARKERS = {"neurojax": "o", "evosax": "s", "evojax": "D", "qdax": "^"}


def rates_figure(runs: Frame, device: str) -> Any:
    """Millions of environment steps, or of pairs, a second."""
    works = [work for work in WORKS if (runs.work == work).any()]
    columns = min(COLUMNS, len(works))
    num_rows = -(-len(works) // columns)
    figure, axes = plt.subplots(
        num_rows,
        columns,
        figsize=(3.7 * columns, 3.2 * num_rows + 0.6),
        layout="constrained",
        squeeze=False,
    )
    for axis, work in zip(axes.flat, works, strict=False):
        _panel(axis, runs[runs.work == work], work)
    for axis in axes.flat[len(works) :]:
        axis.set_visible(False)
    by_label = {}
    for axis in axes.flat:
        handles, labels = axis.get_legend_handles_labels()
        by_label |= dict(zip(labels, handles, strict=True))
    figure.legend(
        by_label.values(), by_label.keys(), loc="outside lower center", ncols=4
    )
    figure.suptitle(f"Populations on {device}", fontsize=11)
    return figure


def _panel(axis: Any, runs: Frame, work: str) -> None:
    for number, (by, marker) in enumerate(MARKERS.items()):
        curve = runs[runs.by == by].sort_values("population")
        if len(curve):
            axis.plot(curve.population, curve.rate, f"{marker}-C{number}", label=by)
    unit = "M pairs per second" if work == IMITATION else "M steps per second"
    axis.set(xscale="log", yscale="log", title=work, xlabel="members", ylabel=unit)
    axis.set_xticks(sorted(set(runs.population)), labels=_thousands(runs.population))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.grid(alpha=0.3, which="both", linewidth=0.4)


def _thousands(populations: Any) -> list[str]:
    """Of each population once, such as "256" and "16k"."""
    sizes = sorted({int(size) for size in populations})
    return [f"{size // 1024}k" if size >= 1024 else f"{size}" for size in sizes]
