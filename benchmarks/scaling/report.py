"""What the scaling study leaves in its folder: runs, figure, table, fits, record."""

import dataclasses
from typing import Any

import pandas as pd

from benchmarks.scaling.protocols import PUBLISHED, SIZES, Seed
from benchmarks.scaling.study import Study
from benchmarks.shared.figures import four_panels, save_figure
from benchmarks.shared.record import record
from benchmarks.shared.store import Row, write_parquet
from benchmarks.shared.tables import (
    BUDGET_COLUMNS,
    Frame,
    at_end,
    curves,
    error_of,
    laws_of,
    laws_table,
    markdown,
    values_table,
)
from neurojax.atomic import write_atomically

DIGITS = {"match": 4, "cross_entropy": 3, "macro_f1": 4, "return": 1}


def write_report(study: Study, rows: list[Row], wall_seconds: float) -> None:
    """Write every file of the folder and print the table."""
    folder = study.args.out
    common = {
        "protocol": study.args.protocol,
        "axis": study.args.axis,
        "task": study.dataset.name,
    }
    write_parquet(folder / "runs.parquet", [{**common, **row} for row in rows])
    runs: Any = pd.DataFrame(rows)
    runs = runs[~runs.cell.str.startswith("tune-")]
    x = {"dataset-size": "size", "width": "parameters", "compute": "flops"}
    laws = _write_figure(study, runs, x[study.args.axis])
    table = _table(study, runs, laws, x[study.args.axis])
    write_atomically(folder / "table.md", table.encode())
    study.store.write_json("fits.json", _as_json(laws))
    study.store.write_json(
        "run.json",
        {
            **record(),
            "settings": dataclasses.asdict(study.args),
            "data": study.dataset.source,
            "seeds": sorted(int(seed) for seed in runs.seed.unique()),
            "scales": _scales(rows),
            "wall_seconds": round(wall_seconds, 1),
            "compile_seconds": _seconds(rows, "compile_seconds"),
            "run_core_seconds": _seconds(rows, "seconds", per_run=True),
        },
    )
    print("\n" + table)
    print(
        f"Wrote {folder}/figure.png, figure.svg, table.md, fits.json, run.json and "
        f"runs.parquet in {wall_seconds:.0f} s."
    )


def _budget(study: Study, name: str | None = None) -> tuple[str, float] | None:
    """The column and the number of a budget; None for the seed protocol."""
    if isinstance(study.protocol, Seed):
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
        along = _against_flops(runs, x, isinstance(study.protocol, Seed))
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
    if isinstance(study.protocol, Seed):
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


def _table(study: Study, runs: Frame, laws: dict[str, Any], x: str) -> str:
    parts = []
    budgets = [None] if isinstance(study.protocol, Seed) else list(BUDGET_COLUMNS)
    position = "size" if x == "flops" else x
    for name in budgets:
        budget = _budget(study, name) if name else None
        for metric in ("match", "return"):
            if not (runs.metric == metric).any():
                continue
            frame = at_end(runs, metric, position, budget)
            amount = f" at {budget[1]:g} {name}" if budget and name else ""
            heading = f"{metric}{amount}, by {position}"
            parts.append(values_table(frame, study.labels, DIGITS[metric], heading))
    if any(laws.values()):
        parts.append(laws_table(laws, study.labels, x))
    if isinstance(study.protocol, Seed):
        parts += [_flops_table(study, runs), _published_table(study, runs)]
    else:
        parts.append(f"Tuned scales: {_scales(runs.to_dict('records'))}\n")
    return "\n".join(parts)


def _flops_table(study: Study, runs: Frame) -> str:
    ends = runs[runs.metric == "match"].groupby(["method", "size", "seed"]).last()
    frame = ends.reset_index()
    frame = frame.assign(value=frame.flops / 1e9, x=frame["size"])
    return values_table(frame, study.labels, 5, "GFLOPs, by size")


def _published_table(study: Study, runs: Frame) -> str:
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
    return markdown(header, rows)


def _scales(rows: list[Row]) -> dict[str, float | None]:
    return {
        row["method"]: row["scale"]
        for row in rows
        if not row.get("cell", "").startswith("tune-")
    }


def _seconds(rows: list[Row], column: str, per_run: bool = False) -> float:
    frame: Any = pd.DataFrame(rows)
    runs = ["cell", "seed", "scale"] if per_run else ["cell"]
    return round(float(frame.groupby(runs, dropna=False)[column].max().sum()), 1)


def _as_json(laws: dict[str, Any]) -> dict[str, Any]:
    return {name: law and law._asdict() for name, law in laws.items()}
