"""What the study of F1's signal leaves in its folder: rows, table, record."""

import pandas as pd

from benchmarks.f1_signal.noise import ESTIMATORS
from benchmarks.f1_signal.study import Study
from benchmarks.shared.intervals import mean_interval
from benchmarks.shared.report import write_results
from benchmarks.shared.store import Row
from benchmarks.shared.tables import Frame, Table

SUMMARY = ("steps", "batch", "fitness", "signal / noise", "rank correlation")


def write_report(study: Study, rows: list[Row], wall_seconds: float) -> None:
    """Write every file of the folder and print the table."""
    measured = table(pd.DataFrame(rows))
    write_results(
        study.store,
        study.args,
        rows,
        [measured],
        wall_seconds,
        shown=[measured.only(*SUMMARY)],
        about={"data": study.dataset.source},
    )


def table(frame: Frame) -> Table:
    """Each cell a mean and its 95 % interval over seeds."""
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
        cells = [
            f"{mean_interval(group[column].to_numpy()):{form}}"
            for column, (_, form) in columns.items()
        ]
        rows.append([steps, batch_size, ESTIMATORS[name], *cells])
    headings = [heading for heading, _ in columns.values()]
    header = ["steps", "batch", "fitness", *headings]
    return Table("signal and noise after steps of Adam", header, rows)
