"""What the accelerator study leaves in its folder: tables, figure, record."""

from typing import Any

import pandas as pd

from benchmarks.accelerator.figures import rates_figure
from benchmarks.accelerator.study import TARGET, Study
from benchmarks.accelerator.works import IMITATION, IMITATION_BATCH, floor
from benchmarks.shared.figures import save_figure
from benchmarks.shared.record import describe_device
from benchmarks.shared.report import write_results
from benchmarks.shared.store import Row
from benchmarks.shared.tables import Frame, Table

HEADER = (
    "work",
    "members",
    "by",
    "wall ms",
    "M per s",
    "% of products",
    "% of copying",
    "kB per member",
    "launches per step",
    "compile s",
)
# What a row may have; a column is there even if none has it.
MEASURED = (
    "population",
    "steps",
    "rate",
    "of_products",
    "of_copying",
    "bytes_per_member",
    "launches_per_step",
)


def write_report(study: Study, rows: list[Row], wall_seconds: float) -> None:
    """Write every file of the folder and print the tables."""
    runs = with_rates(pd.DataFrame(rows))
    save_figure(rates_figure(runs, describe_device()), study.args.out, "figure")
    card, rates = card_table(runs), rates_table(runs)
    # Of a card's one line a column, which a terminal has room for.
    (_, device), *facts = zip(card.header, card.rows[0], strict=True)
    upright = Table(f"{device}: {card.title}", ["", "measured"], facts)
    write_results(
        study.store,
        study.args,
        rows,
        [card, rates],
        wall_seconds,
        shown=[upright, rates],
        also=("figure.png", "figure.svg"),
    )
    if study.waiting:
        print(
            f"{len(study.waiting)} rows had no time, the next {study.waiting[0]}; the "
            "same command goes on with them."
        )


def with_rates(runs: Frame) -> Frame:
    """Timed rows with `rate` (millions a second) and shares of the measured peaks.

    The rate is of environment steps, or of pairs seen by a network. Steps are counted
    by neurojax, and are the same work for all.
    """
    runs = runs.reindex(columns=[*dict.fromkeys([*runs, *MEASURED])])
    peaks = runs[runs.work == "peaks"].iloc[0]
    timed = runs[runs.population.notna()].copy()
    keys = ["work", "population"]
    ours = timed[timed.by == "neurojax"].set_index(keys)
    for index, row in timed.iterrows():
        work, population = row.work, int(row.population)
        if work == IMITATION:
            units = population * IMITATION_BATCH
        elif (work, row.population) in ours.index:
            units = ours.loc[(work, row.population), "steps"]
        else:
            continue
        least, seconds = floor(work, population, units), row.wall_ms / 1e3
        timed.loc[index, "rate"] = units / seconds / 1e6
        timed.loc[index, "of_products"] = (
            100 * least.flops / seconds / 1e12 / peaks.f32_tflop_s
        )
        timed.loc[index, "of_copying"] = (
            100 * least.bytes_read / seconds / 1e9 / peaks.copy_gb_s
        )
    runs.loc[timed.index] = timed
    return runs


def card_table(runs: Frame) -> Table:
    """One line for the device: its peaks, and our best rate of each work."""
    peaks = runs[runs.work == "peaks"].iloc[0]
    timed = runs[(runs.by == "neurojax") & runs.rate.notna()]
    header = ["device", "copy GB/s", "f32 TFLOP/s", "bf16 TFLOP/s"]
    line = [
        describe_device(),
        f"{peaks.copy_gb_s:.4g}",
        f"{peaks.f32_tflop_s:.3g}",
        f"{peaks.bf16_tflop_s:.3g}",
    ]
    for work, of_work in timed.groupby("work", sort=False):
        best = of_work.loc[of_work.rate.idxmax()]
        header.append(f"{work}, M per s")
        line.append(f"{best.rate:.3g} ({int(best.population)})")
    target = runs[runs.work == TARGET]
    if len(target):
        row = target.iloc[0]
        header.append("swing-up solved, s")
        line.append(f"{row.seconds:.1f} (score {row.score:.4g})")
    return Table("peaks, and the best rate of each work (members)", header, [line])


def rates_table(runs: Frame) -> Table:
    """A line for every timed row."""
    rows = []
    timed = runs[runs.population.notna()]
    for row in timed.sort_values(["work", "population"], kind="stable").itertuples():
        rows.append(
            [
                row.work,
                int(row.population),
                row.by,
                f"{row.wall_ms:.4g}",
                _number(row, "rate", "3g"),
                _number(row, "of_products", "2g"),
                _number(row, "of_copying", "2g"),
                _number(row, "bytes_per_member", "3g", 1e-3),
                _number(row, "launches_per_step", "3g"),
                f"{row.compile_s:.1f}",
            ]
        )
    return Table("evaluations of whole populations", HEADER, rows)


def _number(row: Any, name: str, digits: str, factor: float = 1.0) -> str:
    value = getattr(row, name)
    return "" if pd.isna(value) else f"{value * factor:.{digits}}"
