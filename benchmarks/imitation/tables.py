"""The imitation study's numbers: final values, comparisons, what runs spent."""

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.shared.paired import comparisons, comparisons_table
from benchmarks.shared.tables import Frame, Table, at_end, values_table

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


def with_percent(runs: Frame) -> Frame:
    """The frame with a column percent: the share of its own run that a row ends."""
    last = runs.groupby(RUN)["generation"].transform("max")
    return runs.assign(percent=100.0 * runs.generation / last)


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


def value_tables(
    runs: Frame, labels: dict[str, str], ends: Any, column: str
) -> list[Table]:
    """Final values first; `ends` is the budget to read them at, or None."""
    by = "by training pairs"
    tables = []
    for metric in ("macro_f1", "return", "cross_entropy", "match"):
        if (runs.metric == metric).any():
            # The return is measured once, at the end.
            frame = at_end(runs, metric, "size", None if metric == "return" else ends)
            title = f"final {NAMES[metric]}, {by}"
            tables.append(values_table(frame, labels, DIGITS[metric], title))
    if (runs.metric == "validation_macro_f1").any():
        title = f"macro-F1 at the best validation, {by}"
        tables.append(values_table(at_best_validation(runs), labels, 4, title))
    title = f"area under the macro-F1 curve, {by}"
    tables.append(values_table(area_under_curve(runs, column), labels, 4, title))
    return tables + _at_common_budgets(runs, labels)


def _at_common_budgets(runs: Frame, labels: dict[str, str]) -> list[Table]:
    """Macro-F1 at the most updates, samples, ... that all runs reached."""
    parts = []
    for name in ("updates", "samples", "flops", "seconds"):
        column = COLUMNS[name]
        amount = float(runs.groupby(RUN)[column].max().min())
        if amount > 0:
            title = f"macro-F1 at {amount:.3g} {name}, by training pairs"
            frame = at_end(runs, "macro_f1", "size", (column, amount))
            parts.append(values_table(frame, labels, 4, title))
    return parts


def statistics(runs: Frame, labels: dict[str, str], ends: Any) -> list[Table]:
    """All methods against the first gradient method there is, paired over seeds."""
    if len(labels) < 2:
        return []
    reference = next((n for n in ("adam", "sgd") if n in labels), next(iter(labels)))
    frame = comparisons(at_end(runs, "macro_f1", "size", ends), reference)
    title = f"macro-F1 minus that of {labels[reference]}, seed by seed"
    return [comparisons_table(frame, labels, 4, title)]


def spent_table(runs: Frame, labels: dict[str, str]) -> Table:
    """What one run of each method spent at its largest size."""
    rows = []
    for name, label in labels.items():
        of_method = runs[(runs.method == name) & (runs["size"] == runs["size"].max())]
        if of_method.empty:
            continue
        last = of_method.sort_values("generation").iloc[-1]
        scale = "" if pd.isna(last.scale) else f"{last.scale:g}"
        seconds = of_method.groupby("seed").seconds.max().mean()
        amounts = [f"{last.generation:g}", f"{last.samples:.3g}", f"{last.flops:.3g}"]
        rows.append([label, scale, *amounts, f"{seconds:.2f}"])
    header = ["method", "rate or std", "updates", "samples", "FLOPs", "seconds"]
    return Table("spent by a run", header, rows)


def _wide(runs: Frame, metrics: list[str]) -> Frame:
    frame = runs[runs.metric.isin(metrics)]
    index = [*RUN, "generation"]
    wide = frame.pivot_table(index=index, columns="metric", values="value")
    return wide.reset_index()


def _values(frame: Frame, values: Any) -> Frame:
    result = frame[RUN].rename(columns={"size": "x"})
    return result.assign(value=values.to_numpy())
