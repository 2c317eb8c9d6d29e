"""What the study of F1's signal leaves in its folder: rows, table, record."""

import dataclasses

import pandas as pd

from benchmarks.f1_signal.noise import ESTIMATORS, Array
from benchmarks.f1_signal.study import Study
from benchmarks.shared.intervals import mean_interval
from benchmarks.shared.record import record
from benchmarks.shared.store import Row, write_parquet
from benchmarks.shared.tables import Frame, markdown
from neurojax.atomic import write_atomically


def write_report(study: Study, rows: list[Row], wall_seconds: float) -> None:
    """Write every file of the folder and print the table."""
    folder = study.args.out
    write_parquet(folder / "runs.parquet", rows)
    text = table(pd.DataFrame(rows))
    write_atomically(folder / "table.md", text.encode())
    study.store.write_json(
        "run.json",
        {
            **record(),
            "settings": dataclasses.asdict(study.args),
            "data": study.dataset.source,
            "wall_seconds": round(wall_seconds, 1),
        },
    )
    print("\n" + text)
    print(
        f"Wrote {folder}/table.md, run.json and runs.parquet in {wall_seconds:.0f} s."
    )


def table(frame: Frame) -> str:
    """In markdown; cells are a mean and its 95 % interval over seeds."""
    frame = frame.assign(
        ratio=frame.signal / frame.noise, total_ratio=frame.signal / frame.total_noise
    )
    columns = {
        "signal": ("signal", ".2g"),
        "noise": ("noise", ".2g"),
        "ratio": ("signal / noise", ".2g"),
        "total_noise": ("noise with the common part", ".2g"),
        "total_ratio": ("signal / it", ".2g"),
        "rank_correlation": ("rank correlation", ".3f"),
    }
    by = ["steps", "batch_size", "estimator"]
    rows = []
    for (steps, batch_size, name), group in frame.groupby(by, sort=False):
        cells = [_cell(group[c].to_numpy(), form) for c, (_, form) in columns.items()]
        rows.append([steps, batch_size, ESTIMATORS[name], *cells])
    headings = [heading for heading, _ in columns.values()]
    return markdown(["Adam steps", "batch", "fitness", *headings], rows)


def _cell(values: Array, form: str) -> str:
    mean, low, high = mean_interval(values)
    return f"{mean:{form}} [{low:{form}}, {high:{form}}]"
