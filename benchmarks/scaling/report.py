"""What the scaling study leaves in its folder: runs, figure, table, fits, record."""

from typing import Any

import pandas as pd

from benchmarks.scaling.figures import curves, four_panels
from benchmarks.scaling.laws import (
    BUDGET_COLUMNS,
    error_of,
    laws_of,
    laws_table,
)
from benchmarks.scaling.protocols import PUBLISHED, SIZES, Reference
from benchmarks.scaling.study import Study
from benchmarks.shared.figures import save_figure
from benchmarks.shared.report import spent_by, write_results
from benchmarks.shared.store import Row
from benchmarks.shared.tables import Frame, Table, at_end, values_table

DIGITS = {"match": 4, "cross_entropy": 3, "macro_f1": 4, "return": 1}
X = {"dataset-size": "size", "width": "parameters", "compute": "flops"}


def write_report(study: Study, rows: list[Row], wall_seconds: float) -> None:
    """Write every file of the folder and print what its figure is drawn of."""
    args, x = study.args, X[study.args.axis]
    runs: Any = pd.DataFrame(rows)
    runs = runs[~runs.cell.str.startswith("tune-")]
    laws = _write_figure(study, runs, x)
    study.store.write_json("fits.json", _as_json(laws))
    of_budgets = _of_budgets(study, runs, "size" if x == "flops" else x)
    fitted = [laws_table(laws, study.labels, x)] if any(laws.values()) else []
    tables = [table for tables in of_budgets.values() for table in tables] + fitted
    if isinstance(study.protocol, Reference):
        tables += [_flops_table(study, runs), _published_table(study, runs)]
    else:
        tables.append(_scales_table(study, runs))
    common = {"protocol": args.protocol, "axis": args.axis, "task": study.dataset.name}
    write_results(
        study.store,
        args,
        [{**common, **row} for row in rows],
        tables,
        wall_seconds,
        shown=[*of_budgets.get(args.budget, tables), *fitted],
        about={"data": study.dataset.source, **spent_by(rows)},
        also=("figure.png", "figure.svg", "fits.json"),
    )


def _budget(study: Study, name: str | None = None) -> tuple[str, float] | None:
    """The column and the number of a budget; None for the reference protocol."""
    if isinstance(study.protocol, Reference):
        return None
    name = name or study.args.budget
    return BUDGET_COLUMNS[name], float(getattr(study.args, name))


def _write_figure(study: Study, runs: Frame, x: str) -> dict[str, Any]:
    """Draw the four panels; return the laws fitted to the error."""
    budget = _budget(study)
    metrics = [m for m in ("match", "return") if (runs.metric == m).any()]
    second = metrics[-1] if len(metrics) == 2 else "cross_entropy"
    if x == "flops":
        error = error_of(curves(runs, "match", "flops"))
        laws = laws_of(error)
        panels = [
            (error, "flops", "error"),
            (curves(runs, "match", "flops"), "flops", "match"),
            (curves(runs, second, "flops"), "flops", second),
            (curves(runs, "cross_entropy", "flops"), "flops", "cross_entropy"),
        ]
    else:
        error = error_of(at_end(runs, "match", x, budget))
        laws = laws_of(error)
        along = _against_flops(runs, x, isinstance(study.protocol, Reference))
        panels = [
            (at_end(runs, "match", x, budget), x, "match"),
            (at_end(runs, second, x, budget), x, second),
            (curves(along, "match", "flops"), "flops", "match"),
            (curves(along, second, "flops"), "flops", second),
        ]
    figure = four_panels(panels, study.labels, laws, _title(study, runs, x))
    save_figure(figure, study.args.out, "figure")
    return laws


def _against_flops(runs: Frame, x: str, ends_only: bool) -> Frame:
    """What panels over FLOPs show: every run's end, or the largest cell's course."""
    if ends_only:
        last = runs.groupby(["cell"])["generation"].transform("max")
        return runs[runs.generation == last]
    return runs[runs[x] == runs[x].max()]


def _title(study: Study, runs: Frame, x: str) -> str:
    args, seeds = study.args, runs.seed.nunique()
    protocol = f"{study.dataset.name}, {args.protocol} protocol, {seeds} seeds"
    if isinstance(study.protocol, Reference):
        return f"{protocol}; mean and 95 % interval"
    limit = {
        "flops": f"{args.flops:.2g} FLOPs",
        "updates": f"{args.updates} updates",
        "seconds": f"{args.seconds:g} s",
    }[args.budget]
    if x == "flops":
        return f"{protocol}, {args.size} pairs; mean and 95 % interval"
    which = {"size": "pairs", "parameters": "parameters"}[x]
    return (
        f"{protocol}; above at {limit} per run, below along training at "
        f"{runs[x].max():g} {which}; mean and 95 % interval"
    )


def _of_budgets(study: Study, runs: Frame, x: str) -> dict[str, list[Table]]:
    """Match and return by `x` at each budget; under "" the ends of the reference."""
    found: dict[str, list[Table]] = {}
    for name in [""] if isinstance(study.protocol, Reference) else BUDGET_COLUMNS:
        budget = _budget(study, name)
        for metric in ("match", "return"):
            if not (runs.metric == metric).any():
                continue
            frame = at_end(runs, metric, x, budget)
            amount = f" at {budget[1]:g} {name}" if budget else ""
            title = f"{metric}{amount}, by {x}"
            table = values_table(frame, study.labels, DIGITS[metric], title)
            found.setdefault(name, []).append(table)
    return found


def _flops_table(study: Study, runs: Frame) -> Table:
    ends = runs[runs.metric == "match"].groupby(["method", "size", "seed"]).last()
    frame = ends.reset_index()
    frame = frame.assign(value=frame.flops / 1e9, x=frame["size"])
    return values_table(frame, study.labels, 5, "GFLOPs, by size")


def _published_table(study: Study, runs: Frame) -> Table:
    """Each published single run beside the range of ours over seeds."""
    rows = []
    for name, label in study.labels.items():
        for metric in ("match", "return"):
            frame = at_end(runs, metric, "size", None)
            frame = frame[frame.method == name]
            for size, published in zip(SIZES, PUBLISHED[name][metric], strict=True):
                values = frame[frame.x == size].value
                if len(values):
                    low, high = values.min(), values.max()
                    spread = f"{low:.4g} to {high:.4g}"
                    inside = "yes" if low <= published <= high else "no"
                    rows.append([label, metric, size, published, spread, inside])
    header = ["method", "metric", "size", "published", "ours over seeds", "inside"]
    return Table("each published run beside the range of ours", header, rows)


def _scales_table(study: Study, runs: Frame) -> Table:
    """The learning rates and stds that were tuned."""
    scales = runs.groupby("method").scale.first()
    rows = [
        [label, f"{scales[name]:g}"]
        for name, label in study.labels.items()
        if pd.notna(scales[name])
    ]
    return Table("tuned learning rates and stds", ["method", "scale"], rows)


def _as_json(laws: dict[str, Any]) -> dict[str, Any]:
    return {name: law and law._asdict() for name, law in laws.items()}
