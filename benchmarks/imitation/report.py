"""What the imitation study leaves in its folder: runs, figure, tables, record."""

from typing import Any

import pandas as pd

from benchmarks.imitation.figures import draw
from benchmarks.imitation.published import published_table
from benchmarks.imitation.study import Study
from benchmarks.imitation.tables import (
    COLUMNS,
    spent_table,
    statistics,
    value_tables,
    with_percent,
)
from benchmarks.shared.figures import save_figure
from benchmarks.shared.report import spent_by, write_results
from benchmarks.shared.store import Row
from benchmarks.shared.tables import at_end

FINAL = 2  # tables: macro-F1 and return


def write_report(study: Study, rows: list[Row], wall_seconds: float) -> None:
    """Write every file of the folder; print final values and comparisons."""
    args = study.args
    runs: Any = pd.DataFrame(rows)
    runs = with_percent(runs[~runs.cell.str.startswith("tune-")])
    labels = {name: study.labels[name] for name in runs.method.unique()}
    budget = study.protocol.amounts.budget
    ends = (COLUMNS["seconds"], args.seconds) if budget == "seconds" else None
    default = "percent" if budget == "published" else budget
    returns = at_end(runs, "return", "size")
    title = _title(study, runs)
    figure = draw(runs, labels, args.x or default, ends, title, returns)
    save_figure(figure, args.out, "figure")
    values = value_tables(runs, labels, ends, COLUMNS[default])
    compared = statistics(runs, labels, ends)
    tables = [*values, *compared, spent_table(runs, labels)]
    if args.protocol == "reference":
        tables.append(published_table(runs, labels, study.dataset.name))
    common = {"protocol": args.protocol, "task": study.dataset.name}
    write_results(
        study.store,
        args,
        [{**common, **row} for row in rows],
        tables,
        wall_seconds,
        shown=[*values[:FINAL], *compared],
        about=_about(study, rows),
        also=("figure.png", "figure.svg"),
    )


def _about(study: Study, rows: list[Row]) -> dict[str, Any]:
    """What the record tells besides."""
    return {
        "options": study.protocol.options._asdict(),
        "budgets": study.protocol.amounts._asdict(),
        "data": study.dataset.source,
        **spent_by(rows),
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
