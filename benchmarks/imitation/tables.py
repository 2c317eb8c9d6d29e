"""The imitation study's numbers: final values, comparisons, the published table."""

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.shared.intervals import at_budget, mean_interval
from benchmarks.shared.paired import comparisons, comparisons_table
from benchmarks.shared.tables import Frame, markdown, values_table

COLUMNS = {
    "percent": "percent",
    "updates": "generation",
    "samples": "samples",
    "flops": "flops",
    "seconds": "seconds",
}
DIGITS = {"macro_f1": 4, "cross_entropy": 4, "match": 4, "return": 1}
NAMES = {
    "macro_f1": "macro-F1",
    "cross_entropy": "cross-entropy",
    "match": "match",
    "return": "return",
}
RUN = ["method", "size", "seed"]

# Final macro-F1 errors of the reference study, one run each, read off its bars, by
# training pairs.
PUBLISHED_SIZES = (100_000, 10_000, 1_000, 100)
PUBLISHED = {
    "CartPole-v1": {
        "sgd": (0.0299, 0.0355, 0.177, 0.204),
        "simple_ga_fixed": (0.0595, 0.0566, 0.0441, 0.0794),
        "simple_ga_adaptive": (0.0190, 0.0204, 0.00510, 0.0525),
        "simple_es_fixed": (0.164, 0.156, 0.105, 0.108),
        "simple_es_adaptive": (0.133, 0.134, 0.0944, 0.0881),
        "simple_ga_fixed_f1": (0.183, 0.184, 0.188, 0.201),
        "simple_ga_adaptive_f1": (0.0828, 0.178, 0.177, 0.202),
        "simple_es_fixed_f1": (0.442, 0.429, 0.457, 0.489),
        "simple_es_adaptive_f1": (0.419, 0.420, 0.449, 0.483),
    },
    "LunarLander-v3": {
        "sgd": (0.0537, 0.0664, 0.199, 0.571),
        "simple_ga_fixed": (0.169, 0.159, 0.132, 0.292),
        "simple_ga_adaptive": (0.206, 0.176, 0.0663, 0.302),
        "simple_es_fixed": (0.322, 0.295, 0.180, 0.239),
        "simple_es_adaptive": (0.304, 0.285, 0.146, 0.264),
        "simple_ga_fixed_f1": (0.575, 0.576, 0.587, 0.625),
        "simple_ga_adaptive_f1": (0.345, 0.507, 0.544, 0.616),
        "simple_es_fixed_f1": (0.750, 0.748, 0.756, 0.769),
        "simple_es_adaptive_f1": (0.748, 0.746, 0.756, 0.768),
    },
}


def with_percent(runs: Frame) -> Frame:
    """The frame with a column percent: the share of its own run that a row ends."""
    last = runs.groupby(RUN)["generation"].transform("max")
    return runs.assign(percent=100.0 * runs.generation / last)


def final(runs: Frame, metric: str, budget: tuple[str, float] | None = None) -> Frame:
    """Columns method, x (the size), seed, value: a metric at the budget or the end."""
    frame = runs[runs.metric == metric].sort_values("generation")
    if budget is None:
        ends = frame.groupby(RUN).value.last(skipna=False)
    else:
        column, amount = budget
        ends = frame.groupby(RUN)[[column, "value"]].apply(
            lambda run: at_budget(run[column], run.value, amount)
        )
    ends = ends.rename("value").reset_index()
    return ends.rename(columns={"size": "x"})[["method", "x", "seed", "value"]]


def at_best_validation(runs: Frame) -> Frame:
    """Test macro-F1 where the run's validation macro-F1 is highest."""
    wide = _wide(runs, ["macro_f1", "validation_macro_f1"])
    best = wide.loc[wide.groupby(RUN).validation_macro_f1.idxmax()]
    return _values(best, best.macro_f1)


def area_under_curve(runs: Frame, column: str) -> Frame:
    """Mean test macro-F1 along the run, by trapezoids over `column`."""
    frame = runs[runs.metric == "macro_f1"].sort_values("generation")

    def area(run: Frame) -> float:
        x, y = run[column].to_numpy(float), run.value.to_numpy(float)
        return float(np.trapezoid(y, x) / (x[-1] - x[0])) if len(x) > 1 else y[0]

    areas = frame.groupby(RUN)[[column, "value"]].apply(area)
    return areas.rename("value").reset_index().rename(columns={"size": "x"})


def table(runs: Frame, labels: dict[str, str], ends: Any, column: str) -> str:
    """Everything in markdown; `ends` is the budget to read final values at, or None."""
    parts = []
    for metric in ("macro_f1", "cross_entropy", "match", "return"):
        if (runs.metric == metric).any():
            # The return is measured once, at the end.
            frame = final(runs, metric, None if metric == "return" else ends)
            heading = f"final {NAMES[metric]}, by training pairs"
            parts.append(values_table(frame, labels, DIGITS[metric], heading))
    if (runs.metric == "validation_macro_f1").any():
        heading = "macro-F1 at the best validation, by training pairs"
        parts.append(values_table(at_best_validation(runs), labels, 4, heading))
    heading = "area under the macro-F1 curve, by training pairs"
    parts.append(values_table(area_under_curve(runs, column), labels, 4, heading))
    parts += _at_common_budgets(runs, labels)
    return "\n".join(parts)


def _at_common_budgets(runs: Frame, labels: dict[str, str]) -> list[str]:
    """Macro-F1 at the most updates, samples, ... that all runs reached."""
    parts = []
    for name in ("updates", "samples", "flops", "seconds"):
        column = COLUMNS[name]
        amount = float(runs.groupby(RUN)[column].max().min())
        if amount > 0:
            heading = f"macro-F1 at {amount:.3g} {name}, by training pairs"
            frame = final(runs, "macro_f1", (column, amount))
            parts.append(values_table(frame, labels, 4, heading))
    return parts


def statistics(runs: Frame, labels: dict[str, str], ends: Any) -> str:
    """All methods against the first gradient method there is, paired over seeds."""
    reference = next((n for n in ("adam", "sgd") if n in labels), next(iter(labels)))
    if len(labels) < 2:
        return ""
    frame = comparisons(final(runs, "macro_f1", ends), reference)
    return "macro-F1 minus the reference's, seed by seed:\n\n" + comparisons_table(
        frame, labels, 4
    )


def published_table(runs: Frame, labels: dict[str, str], task: str) -> str:
    """Each published single run beside ours: mean, and range over seeds."""
    ours = final(runs, "macro_f1")
    rows = []
    for name, label in labels.items():
        for size, error in zip(
            PUBLISHED_SIZES, PUBLISHED.get(task, {}).get(name, ()), strict=False
        ):
            errors = 1 - ours[(ours.method == name) & (ours.x == size)].value
            if len(errors):
                spread = f"{errors.min():.4f} to {errors.max():.4f}"
                cell = [label, size, f"{error:.4f}", f"{errors.mean():.4f}", spread]
                rows.append([*cell, f"{errors.mean() / error:.2f}", len(errors)])
    header = [
        "method",
        "pairs",
        "published F1 error",
        "ours",
        "range",
        "ratio",
        "seeds",
    ]
    return markdown(header, rows)


def spent_table(runs: Frame, labels: dict[str, str]) -> str:
    """What one run of each method spent at its largest size."""
    rows = []
    for name, label in labels.items():
        of_method = runs[(runs.method == name) & (runs["size"] == runs["size"].max())]
        if of_method.empty:
            continue
        last = of_method.sort_values("generation").iloc[-1]
        scale = "" if pd.isna(last.scale) else f"{last.scale:g}"
        seconds = mean_interval(of_method.groupby("seed").seconds.max().to_numpy()).mean
        amounts = [f"{last.generation:g}", f"{last.samples:.3g}", f"{last.flops:.3g}"]
        rows.append([label, scale, *amounts, f"{seconds:.2f}"])
    header = ["spent by a run", "rate or std", "updates", "samples", "FLOPs", "seconds"]
    return markdown(header, rows)


def _wide(runs: Frame, metrics: list[str]) -> Frame:
    frame = runs[runs.metric.isin(metrics)]
    index = [*RUN, "generation"]
    wide = frame.pivot_table(index=index, columns="metric", values="value")
    return wide.reset_index()


def _values(frame: Frame, values: Any) -> Frame:
    result = frame[RUN].rename(columns={"size": "x"})
    return result.assign(value=values.to_numpy())
