"""What the imitation study leaves in its folder: runs, figure, tables, record."""

import dataclasses
from typing import Any

import pandas as pd

from benchmarks.imitation.figures import draw
from benchmarks.imitation.study import Study
from benchmarks.imitation.tables import (
    COLUMNS,
    final,
    published_table,
    spent_table,
    statistics,
    table,
    with_percent,
)
from benchmarks.shared.figures import save_figure
from benchmarks.shared.record import record
from benchmarks.shared.store import Row, write_parquet
from neurojax.atomic import write_atomically


def write_report(study: Study, rows: list[Row], wall_seconds: float) -> None:
    """Write every file of the folder and print the tables."""
    folder, args = study.args.out, study.args
    common = {"protocol": args.protocol, "task": study.dataset.name}
    write_parquet(folder / "runs.parquet", [{**common, **row} for row in rows])
    runs: Any = pd.DataFrame(rows)
    runs = with_percent(runs[~runs.cell.str.startswith("tune-")])
    labels = {name: study.labels[name] for name in runs.method.unique()}
    budget = study.protocol.amounts.budget
    ends = (COLUMNS["seconds"], args.seconds) if budget == "seconds" else None
    default = "percent" if budget == "published" else budget
    x = args.x or default
    title = _title(study, runs)
    figure = draw(runs, labels, x, ends, title, final(runs, "return"))
    save_figure(figure, folder, "figure")
    parts = [table(runs, labels, ends, COLUMNS[default])]
    parts += [statistics(runs, labels, ends), spent_table(runs, labels)]
    if args.protocol == "seed":
        parts.append(published_table(runs, labels, study.dataset.name))
    text = "\n".join(parts)
    write_atomically(folder / "table.md", text.encode())
    study.store.write_json("run.json", _record(study, rows, wall_seconds))
    print("\n" + text)
    print(
        f"Wrote {folder}/figure.png, figure.svg, table.md, run.json and runs.parquet "
        f"in {wall_seconds:.0f} s."
    )


def _record(study: Study, rows: list[Row], wall_seconds: float) -> dict[str, Any]:
    frame: Any = pd.DataFrame(rows)
    of_run = ["cell", "seed", "scale"]
    sums = {
        "compile_seconds": frame.groupby("cell").compile_seconds.max().sum(),
        "evaluation_seconds": frame.groupby("cell").evaluation_seconds.max().sum(),
        "run_core_seconds": frame.groupby(of_run, dropna=False).seconds.max().sum(),
    }
    return {
        **record(),
        "settings": dataclasses.asdict(study.args),
        "options": study.protocol.options._asdict(),
        "budgets": study.protocol.amounts._asdict(),
        "data": study.dataset.source,
        "seeds": sorted(int(seed) for seed in frame.seed.unique()),
        "wall_seconds": round(wall_seconds, 1),
        **{name: round(float(value), 1) for name, value in sums.items()},
    }


def _title(study: Study, runs: Any) -> str:
    args, amounts = study.args, study.protocol.amounts
    lengths = {
        "published": f"{100 * amounts.length:g} % of the published length",
        "updates": f"{amounts.updates} updates",
        "samples": f"{amounts.samples:.3g} training rows drawn",
        "flops": f"{amounts.flops:.3g} FLOPs",
        "seconds": f"{amounts.seconds:g} s",
    }
    return (
        f"{study.dataset.name}, {args.protocol} protocol, {lengths[amounts.budget]} "
        f"per run, {runs.seed.nunique()} seeds; mean and 95 % interval"
    )
